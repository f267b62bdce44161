/** Starts and cancels runs, and retries tasks. */

import { fail, ok, type Result } from "../domain/record/errors.ts";
import { isLimitReached } from "../domain/record/limits.ts";
import { type Project, STAGES, type Stage } from "../domain/record/record.ts";
import type { Deps } from "../ports/deps.ts";
import { type Actor, limitReached, notFound, wake } from "./shared.ts";

/** Requests a run up to and including `target`. A new request retries what failed. */
export async function requestRun(
  deps: Deps,
  actor: Actor,
  { projectId, target }: { projectId: string; target: Stage },
): Promise<Result<Project>> {
  const project = await deps.store.requestRun({ ownerId: actor.ownerId, projectId }, target);
  if (!project) return notFound();
  if (isLimitReached(project)) return limitReached(project);
  if (!project.audio) return fail("audio_missing", "Upload a song and confirm it, then start a run.");
  await wake(deps, actor, projectId);
  return ok(project);
}

/**
 * Cancels the stage `from` and all later ones: no new attempts start, and providers are asked to stop theirs.
 * What they deliver nevertheless is kept.
 */
export async function cancelRun(
  deps: Deps,
  actor: Actor,
  { projectId, from }: { projectId: string; from: Stage },
): Promise<Result<Project>> {
  const index = STAGES.indexOf(from);
  const before = STAGES[index - 1] ?? null;
  const project = await deps.store.cancel({ ownerId: actor.ownerId, projectId }, STAGES.slice(index), before);
  if (!project) return notFound();
  await wake(deps, actor, projectId);
  return ok(project);
}

/**
 * Frees one task, or the failed tasks of one job, to be made again. A task whose outcome is unknown may be
 * paid for twice: it is freed only by its id or with `includeUnknown`.
 */
export async function retryTasks(
  deps: Deps,
  actor: Actor,
  {
    projectId,
    ...what
  }: { projectId: string } & ({ taskId: string } | { jobId: string; includeUnknown: boolean }),
): Promise<Result<Project>> {
  const done = await deps.store.retry({ ownerId: actor.ownerId, projectId }, what);
  if (!done) return notFound();
  const { project, retried } = done;
  if (retried.length === 0)
    return "taskId" in what
      ? fail("conflict", "Only a task that failed or was canceled can be retried; this one is neither.")
      : fail(
          "conflict",
          "No task of this job can be retried: none failed or was canceled, or the outcome of those is unknown. Retry tasks of unknown outcome one by one, or set include_unknown.",
        );
  await wake(deps, actor, projectId);
  return ok(project);
}
