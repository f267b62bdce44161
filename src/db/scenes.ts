/** What a person chooses for a scene. Every statement is scoped by the owner. */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { MotifWay, Scene } from "../domain/record/record.ts";
import type { OwnedProject } from "../ports/store.ts";
import type { Db } from "./client.ts";
import { lockProject, ownedProject } from "./projects.ts";
import { projects, selectedScenes } from "./schema.ts";

/** Sets how a scene over repeated lyrics is made (null: by the settings). Null for no such scene. */
export async function chooseMotif(
  db: Db,
  whose: OwnedProject & { sceneId: string },
  motif: MotifWay | null,
  now: SQL,
): Promise<{ scene: Scene; fps: number } | null> {
  const mine = db.select({ id: projects.id }).from(projects).where(ownedProject(whose));
  const [, [scene], [project]] = await db.batch([
    lockProject(db, whose),
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
