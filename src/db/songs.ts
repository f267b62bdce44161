/** What a person chooses for a project's song and its scenes. Every statement is scoped by the owner. */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Audio, MotifWay, Project, Scene } from "../domain/record/record.ts";
import type { Db } from "./client.ts";
import { ownedProject } from "./projects.ts";
import { projects, selectedScenes } from "./schema.ts";
import type { OwnedProject } from "./store.ts";

/**
 * Attaches a song; what was measured of other bytes is cleared. Null where the owner has no such project.
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
    settings,
  } = projects;
  const isSame = sql`(${projects.audio} ->> 'etag' = ${audio.etag})`;
  const ifSame = (column: PgColumn, otherwise: SQL = sql`null`) =>
    sql`case when ${isSame} then ${column} else ${otherwise} end`;
  const followed = sql`case when ${lyrics} is not null and exists (
      select 1 from ${selectedScenes} where ${selectedScenes.projectId} = ${projects.id})
    then jsonb_build_object(
      'frames', greatest(1, round((${projects.audio} ->> 'durationSeconds')::numeric * (${settings} ->> 'fps')::numeric)),
      'lines', ${lyrics} -> 'lines') end`;
  const [attached] = await db
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
  return attached ?? null;
}

/** Sets how a scene over repeated lyrics is made (null: by the settings). Null for no such scene. */
export async function chooseMotif(
  db: Db,
  whose: OwnedProject & { sceneId: string },
  motif: MotifWay | null,
  now: SQL,
): Promise<{ scene: Scene; fps: number } | null> {
  const mine = db.select({ id: projects.id }).from(projects).where(ownedProject(whose));
  const [[scene], [project]] = await db.batch([
    db
      .update(selectedScenes)
      .set({ motif, version: sql`${selectedScenes.version} + 1` })
      .where(and(eq(selectedScenes.id, whose.sceneId), inArray(selectedScenes.projectId, mine)))
      .returning(),
    db
      .update(projects)
      .set({ updatedAt: now })
      .where(ownedProject(whose))
      .returning({ settings: projects.settings }),
  ]);
  return scene && project ? { scene, fps: project.settings.fps } : null;
}
