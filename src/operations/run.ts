import { and, isNotNull } from "drizzle-orm";
import { projects } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { fail, ok, type Result } from "../domain/errors.ts";
import type { Project, Stage } from "../domain/record.ts";
import { owned } from "./projects.ts";
import { type Actor, notFound, wake } from "./shared.ts";

/** Asks for everything up to and including `target`. Asking again retries what failed. */
export async function requestRun(
  deps: Deps,
  actor: Actor,
  input: { projectId: string; target: Stage },
): Promise<Result<Project>> {
  const now = deps.now();
  const mine = owned(actor, input.projectId);
  const [[started], [current]] = await deps.db.batch([
    deps.db
      .update(projects)
      .set({ targetStage: input.target, runRequestedAt: now, updatedAt: now })
      .where(and(mine, isNotNull(projects.audio)))
      .returning(),
    deps.db.select({ id: projects.id }).from(projects).where(mine),
  ]);
  if (!current) return notFound();
  if (!started) return fail("audio_missing", "Upload a song and confirm it, then start the run.");
  await wake(deps, input.projectId);
  return ok(started);
}
