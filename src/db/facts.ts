/** What a step made, as statements: they are committed with their task or not at all. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Fact } from "../domain/settlement.ts";
import type { Db } from "./client.ts";
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
          .set({ lyrics, lyricsHash, transcriptText, version: sql`${projects.version} + 1`, updatedAt: now })
          .where(and(eq(projects.id, projectId), sql`${projects.audio}->>'etag' = ${audioEtag}`)),
      ];
    }
    case "scenes":
      return [
        db.delete(selectedScenes).where(eq(selectedScenes.projectId, projectId)),
        db.insert(selectedScenes).values(fact.scenes),
      ];
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
  }
}
