/** The song of a project. Every statement is scoped by the owner. */
import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { DELETED_AFTER_SECONDS } from "../domain/record/limits.ts";
import type { Audio, Project } from "../domain/record/record.ts";
import type { OwnedProject } from "../ports/store.ts";
import type { Db } from "./client.ts";
import { secondsAfter } from "./clock.ts";
import { ownedProject } from "./projects.ts";
import { objectsToDelete, projects, selectedScenes } from "./schema.ts";
import { storedSettings } from "./settings.ts";

/**
 * Attaches a song; what was measured of other bytes is cleared, and the file that it replaces is deleted later.
 * Null where the owner has no such project.
 * `keepScenes`: the scenes will be moved to the new recording. Until that is done, `retiming` keeps the one
 * that they were cut to, however many recordings are attached in between.
 */
export async function attachAudio(
  db: Db,
  whose: OwnedProject,
  { audio, keepScenes }: { audio: Audio; keepScenes: boolean },
  now: SQL,
): Promise<Project | null> {
  const {
    lyrics,
    lyricsHash,
    transcriptText,
    partialTranscription,
    beat,
    pins,
    proposal,
    coverCertificate,
    retiming,
  } = projects;
  const isSame = sql`(${projects.audio} ->> 'etag' = ${audio.etag})`;
  const ifSame = (column: PgColumn, otherwise: SQL = sql`null`) =>
    sql`case when ${isSame} then ${column} else ${otherwise} end`;
  const followed = sql`case when ${lyrics} is not null and exists (
      select 1 from ${selectedScenes} where ${selectedScenes.projectId} = ${projects.id})
    then jsonb_build_object(
      'frames', greatest(1, round((${projects.audio} ->> 'durationSeconds')::numeric * (${storedSettings} ->> 'fps')::numeric)),
      'lines', ${lyrics} -> 'lines') end`;
  const update = db
    .update(projects)
    .set({
      audio,
      lyrics: ifSame(lyrics),
      lyricsHash: ifSame(lyricsHash),
      transcriptText: ifSame(transcriptText),
      partialTranscription: ifSame(partialTranscription),
      beat: ifSame(beat),
      pins: ifSame(pins, sql`'[]'::jsonb`),
      proposal: ifSame(proposal),
      coverCertificate: ifSame(coverCertificate),
      retiming: ifSame(retiming, keepScenes ? sql`coalesce(${retiming}, ${followed})` : undefined),
      status: sql`case when ${projects.status} = 'draft' then 'ready' else ${projects.status} end`,
      version: sql`${projects.version} + 1`,
      updatedAt: now,
    })
    .where(ownedProject(whose))
    .returning();
  const [, , [attached]] = await db.batch([
    // Of two songs that are attached at once, the second replaces the first.
    db.select({ id: projects.id }).from(projects).where(ownedProject(whose)).for("update"),
    db.execute(sql`
      insert into ${objectsToDelete} (path, owner_id, project_id, bytes, reason, due_at)
      select audio ->> 'key', owner_id, id, (audio ->> 'bytes')::bigint, 'replaced', ${secondsAfter(now, DELETED_AFTER_SECONDS.replaced)}
      from ${projects}
      where ${ownedProject(whose)} and audio ->> 'key' <> ${audio.key}
      on conflict (path) do update set reason = 'replaced', due_at = excluded.due_at`),
    update,
    db.execute(sql`
      delete from ${objectsToDelete} where path = ${audio.key}
        and exists (select 1 from ${projects} where ${ownedProject(whose)} and audio ->> 'key' = ${audio.key})`),
  ]);
  return attached ?? null;
}
