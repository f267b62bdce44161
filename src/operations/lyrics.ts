import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Project } from "../domain/record/record.ts";
import { hasLyrics } from "../domain/views/views.ts";
import type { Deps } from "../ports/deps.ts";
import { type Actor, notFound } from "./shared.ts";

/** The project, whose song has lyrics; `not_found` also where there are none yet. */
export async function getLyrics(
  deps: Deps,
  { ownerId }: Actor,
  { projectId }: { projectId: string },
): Promise<Result<Project>> {
  const project = await deps.store.findProject({ ownerId, projectId });
  if (!project) return notFound();
  return hasLyrics(project) ? ok(project) : fail("not_found", "The project has no lyrics yet.");
}
