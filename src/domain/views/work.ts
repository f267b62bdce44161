/** Jobs and tasks as the API shows them. */
import { JobResult, TaskCounts } from "../controller/change.ts";
import { isOpen, needsDecision } from "../controller/tasks.ts";
import { OTHER, publicCode } from "../record/failures.ts";
import type { Job, ProjectRecord, Task } from "../record/record.ts";
import { failedAttemptView, failureView, iso } from "./common.ts";

const Counts = TaskCounts.catch({ total: 0, succeeded: 0, failed: 0 });

const Result = JobResult.nullable().catch(null);

/** Null also where another version stored a result of another form. */
function jobResultView(stored: Job["result"]) {
  const result = Result.parse(stored);
  if (!result) return null;
  const failed = result.failed.map(({ code, message, ...where }) => ({
    ...where,
    code: code === null ? OTHER : publicCode(code),
    message: message ?? "It failed.",
  }));
  return { failed };
}

export const jobView = (j: Job) => ({
  id: j.id,
  project_id: j.projectId,
  type: j.type,
  status: j.status,
  progress: j.progress,
  result: jobResultView(j.result),
  error: failureView(j.error),
  tasks: Counts.parse(j.payload.tasks),
  created_at: j.createdAt.toISOString(),
  started_at: iso(j.startedAt),
  finished_at: iso(j.finishedAt),
});

/** Whether the task failed and only the person can have it made again, which they have not done yet. */
const isUndecided = (t: Task): boolean => needsDecision(t) && t.retriedAt === null;

/** What the list of tasks and the feed both show. */
const taskShown = (t: Task) => ({
  id: t.id,
  project_id: t.projectId,
  job_id: t.jobId,
  type: t.type,
  scene_id: t.subject === t.projectId ? null : t.subject,
  status: t.status,
  provider: t.provider,
  model: t.model,
  cost_estimated_usd: t.costEstimatedUsd,
  needs_decision: isUndecided(t),
  error: failureView(t.error),
});

export const taskView = (t: Task) => ({
  ...taskShown(t),
  attempt: t.attempt,
  cost_charged_usd: t.costChargedUsd,
  charged: t.charged,
  failed_attempts: t.failedAttempts.map(failedAttemptView),
  created_at: t.createdAt.toISOString(),
  updated_at: t.updatedAt.toISOString(),
});

/**
 * A task as the feed publishes it: without what changes at every attempt or can be long. A poll of an order
 * (running, with an id of the provider) is published as `waiting`, so that polls lead to no events.
 */
export const feedTaskView = (t: Task) => ({
  ...taskShown(t),
  status: t.status === "running" && t.providerRequestId !== null ? "waiting" : t.status,
});

/**
 * The most tasks that the feed publishes of a project. A song of the greatest length, cut into the shortest
 * scenes, has 930 scenes, and a scene has one open task at a time.
 */
export const MAX_FEED_TASKS = 1_000;

/**
 * The tasks that the feed publishes, at most the `MAX_FEED_TASKS` newest: the open ones, those that failed in
 * the current run and were not retried, and those that need a decision. Of a task that succeeded, the feed
 * shows what it made.
 */
export function feedTasks({ project, tasks }: Pick<ProjectRecord, "project" | "tasks">): Task[] {
  const failed = (t: Task) =>
    t.status === "failed" && t.retriedAt === null && t.runNumber === project.runNumber;
  return tasks
    .filter((t) => isOpen(t) || failed(t) || isUndecided(t))
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, MAX_FEED_TASKS);
}
