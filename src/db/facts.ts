/** The SQL statements for what a step made: they are committed with their task or not at all. */
import { and, eq, getTableColumns, notInArray, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { noticeKey } from "../domain/controller/model-health.ts";
import type { Fact } from "../domain/controller/settlement.ts";
import type { Scene } from "../domain/record/record.ts";
import type { Db } from "./client.ts";
import { selectRows } from "./rows.ts";
import {
  finalVideos,
  generatedImages,
  projects,
  scenePrompts,
  selectedScenes,
  videoClips,
} from "./schema.ts";

export function factStatements(db: Db, projectId: string, fact: Fact, now: SQL): BatchItem<"pg">[] {
  switch (fact.kind) {
    case "lyrics": {
      const { lyrics, lyricsHash, transcriptText, audioEtag } = fact;
      return [
        db
          .update(projects)
          .set({
            lyrics,
            lyricsHash,
            transcriptText,
            partialTranscription: null,
            version: sql`${projects.version} + 1`,
            updatedAt: now,
          })
          .where(ofSong(projectId, audioEtag)),
      ];
    }
    case "partial_transcription": {
      const { part, audioEtag } = fact;
      const partial = { audioEtag, parts: [part] };
      return [
        db
          .update(projects)
          .set({
            partialTranscription: sql`case when ${projects.partialTranscription}->>'audioEtag' = ${audioEtag}
              then jsonb_set(${projects.partialTranscription}, '{parts}', (${projects.partialTranscription}->'parts') || ${JSON.stringify(part)}::jsonb)
              else ${JSON.stringify(partial)}::jsonb end`,
          })
          .where(ofSong(projectId, audioEtag)),
      ];
    }
    case "scenes":
      return sceneStatements(db, projectId, fact, now);
    case "prompt":
      return [db.insert(scenePrompts).values(fact.prompt)];
    case "image": {
      const { id: _, projectId: __, sceneId: ___, createdAt: ____, ...set } = fact.image;
      return [
        db.insert(generatedImages).values(fact.image).onConflictDoUpdate({ target: generatedImages.id, set }),
      ];
    }
    case "clip": {
      const { id: _, projectId: __, sceneId: ___, createdAt: ____, ...set } = fact.clip;
      return [db.insert(videoClips).values(fact.clip).onConflictDoUpdate({ target: videoClips.id, set })];
    }
    case "film":
      return [db.insert(finalVideos).values(fact.film)];
    case "notice": {
      const others = sql`(select coalesce(jsonb_agg(n.notice order by n.nth), '[]'::jsonb)
        from jsonb_array_elements(${projects.modelNotices}) with ordinality as n(notice, nth)
        where not n.notice @> ${JSON.stringify(noticeKey(fact.notice))}::jsonb)`;
      const modelNotices = sql`${others} || ${JSON.stringify([fact.notice])}::jsonb`;
      return [db.update(projects).set({ modelNotices }).where(eq(projects.id, projectId))];
    }
  }
}

const ofSong = (projectId: string, audioEtag: string) =>
  and(eq(projects.id, projectId), sql`${projects.audio}->>'etag' = ${audioEtag}`);

/** Scenes with a known id keep their rows, and so their prompts, images, clips and approvals. */
function sceneStatements(
  db: Db,
  projectId: string,
  { scenes, proposal, cover: coverCertificate, beat, audioEtag }: Extract<Fact, { kind: "scenes" }>,
  now: SQL,
): BatchItem<"pg">[] {
  const isCurrent = sql`exists (select 1 from ${projects} where ${ofSong(projectId, audioEtag)})`;
  const ids = scenes.map((scene) => scene.id);
  const ours = and(eq(selectedScenes.projectId, projectId), isCurrent);
  const columns = getTableColumns(selectedScenes);
  const names = Object.keys(columns) as (keyof Scene)[];
  return [
    db.delete(selectedScenes).where(and(ours, notInArray(selectedScenes.id, ids))),
    // `order_idx` is unique at every moment: scenes that stay first move to negative places.
    db
      .update(selectedScenes)
      .set({ orderIdx: sql`-1 - ${selectedScenes.orderIdx}` })
      .where(ours),
    db
      .insert(selectedScenes)
      .select(selectRows(selectedScenes, scenes, isCurrent))
      .onConflictDoUpdate({
        target: selectedScenes.id,
        set: Object.fromEntries(
          names
            .filter((name) => name !== "id" && name !== "projectId" && name !== "motif")
            .map((name) => [name, sql`excluded.${sql.identifier(columns[name].name)}`]),
        ),
      }),
    db
      .update(projects)
      .set({
        retiming: null,
        coverCertificate,
        ...(proposal ? { proposal } : {}),
        ...(beat
          ? {
              beat: sql`case when ${projects.beat}->>'source' = 'tapped' then ${projects.beat} else ${JSON.stringify(beat)}::jsonb end`,
            }
          : {}),
        updatedAt: now,
      })
      .where(ofSong(projectId, audioEtag)),
  ];
}
