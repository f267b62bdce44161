/** Jobs and tasks as the API shows them. */
import { z } from "zod";
import { needsDecision } from "../controller/tasks.ts";
import type { Job, Task } from "../record/record.ts";
import { failedAttemptView, failureView, iso } from "./common.ts";

const TaskCounts = z
  .object({ total: z.number(), succeeded: z.number(), failed: z.number() })
  .catch({ total: 0, succeeded: 0, failed: 0 });

export type JobView = ReturnType<typeof jobView>;

export const jobView = (j: Job) => ({
  id: j.id,
  project_id: j.projectId,
  type: j.type,
  status: j.status,
  progress: j.progress,
  result: j.result,
  error: failureView(j.error),
  tasks: TaskCounts.parse(j.payload.tasks),
  created_at: j.createdAt.toISOString(),
  started_at: iso(j.startedAt),
  finished_at: iso(j.finishedAt),
});

export const taskView = (t: Task) => ({
  id: t.id,
  project_id: t.projectId,
  job_id: t.jobId,
  type: t.type,
  scene_id: t.subject === t.projectId ? null : t.subject,
  status: t.status,
  attempt: t.attempt,
  provider: t.provider,
  model: t.model,
  cost_estimated_usd: t.costEstimatedUsd,
  cost_charged_usd: t.costChargedUsd,
  charged: t.charged,
  needs_decision: needsDecision(t) && t.retriedAt === null,
  error: failureView(t.error),
  failed_attempts: t.failedAttempts.map(failedAttemptView),
  created_at: t.createdAt.toISOString(),
  updated_at: t.updatedAt.toISOString(),
});
