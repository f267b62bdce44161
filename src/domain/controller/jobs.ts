/** Jobs: opened when their stage has units, extended while more come, closed when all tasks have ended. */

import type { Failure, Job, JobStatus, ProjectRecord, Stage, Task } from "../record/record.ts";
import { type Change, type DecisionContext, type JobResult, SUPERSEDED, TaskCounts } from "./change.ts";
import { outputFormOf } from "./model-health.ts";
import type { Unit } from "./stages/policy.ts";
import type { SuppliersFor } from "./suppliers.ts";
import { isOpen } from "./tasks.ts";

interface StageView {
  stage: Stage;
  /** The stage's open job; null if there is none. */
  job: Job | null;
  /** The units to make now. */
  units: Unit[];
  /** Whether an earlier stage has an open job, from which more units may come. */
  openUpstream: boolean;
  record: ProjectRecord;
  suppliersFor: SuppliersFor;
  tasks: Map<string, Task>;
  changes: Change[];
}

/**
 * Opens, extends or closes the job of one stage, and adds the changes for it. Returns whether the job is open
 * afterwards.
 */
export function updateJob(view: StageView, context: DecisionContext): boolean {
  const { stage, units, record, tasks, changes } = view;
  const { now, newId } = context;
  const job = view.job ?? newJob(newId(), record.project.id, stage, now);
  const existing = [...tasks.values()].filter((t) => t.jobId === job.id);
  const created = units
    .filter((u) => !existing.some((t) => t.subject === u.subject && (isOpen(t) || isSame(t, u))))
    .map((u) => newTask(newId(), job, u, view));
  if (!view.job) changes.push({ kind: "job.create", job });
  for (const task of created) {
    tasks.set(task.id, task);
    changes.push({ kind: "task.create", task });
  }

  const every = [...existing, ...created];
  const all = newestOfEach(every);
  const open = every.some(isOpen);
  const closing = !open && !view.openUpstream;
  const counts = countTasks(all);
  const set: Partial<Job> = {};
  // 100 is for a finished job: more subjects may still join this one.
  const ended = all.filter((t) => !isOpen(t)).length;
  const progress = Math.min(99, Math.floor((100 * ended) / Math.max(1, all.length)));
  if (progress !== job.progress && !closing) set.progress = progress;
  const counted = TaskCounts.safeParse(job.payload.tasks);
  if (JSON.stringify(counts) !== JSON.stringify(counted.data))
    set.payload = { ...job.payload, tasks: counts };
  if (job.status === "pending" && all.some((t) => t.status !== "pending")) {
    set.status = "running";
    set.startedAt = startOf(all, now);
  }
  if (closing) Object.assign(set, jobEnd(all, job, now));
  if (Object.keys(set).length > 0) {
    if (view.job) changes.push({ kind: "job.update", id: job.id, from: job.status, set });
    else Object.assign(job, set);
  }
  return !closing;
}

/** A canceled task does not count: its unit is made after all if the edit that canceled it is undone. */
const isSame = (task: Task, unit: Unit): boolean =>
  task.inputHash === unit.inputHash && task.status !== "canceled";

const newJob = (id: string, projectId: string, type: Stage, now: Date): Job => ({
  id,
  projectId,
  type,
  status: "pending",
  progress: 0,
  payload: {},
  result: null,
  error: null,
  createdAt: now,
  startedAt: null,
  finishedAt: null,
});

const newTask = (
  id: string,
  job: Job,
  unit: Unit,
  { record: { project, readAt: now }, suppliersFor }: StageView,
): Task => {
  const suppliers = suppliersFor(unit.stage, unit.subject);
  // If all are ruled out, the first is kept: its attempt fails with the reason.
  const supplierIndex = Math.max(
    0,
    suppliers.findIndex((supplier) => !supplier.skipReason),
  );
  const supplier = suppliers[supplierIndex] ?? suppliers[0];
  return {
    id,
    jobId: job.id,
    projectId: job.projectId,
    type: job.type,
    subject: unit.subject,
    imageId: unit.imageId ?? null,
    outputForm: outputFormOf(job.type, project.settings),
    status: "pending",
    attempt: 1,
    supplierFailures: 0,
    supplierIndex,
    claimId: null,
    runNumber: project.runNumber,
    cancelRequested: false,
    failedAttempts: [],
    retriedAt: null,
    runAfter: now,
    dispatchedAt: null,
    leaseUntil: null,
    claimedAt: null,
    provider: supplier.provider,
    model: supplier.model,
    providerRequestId: null,
    inputHash: unit.inputHash,
    costEstimatedUsd: supplier.estimateUsd,
    costChargedUsd: null,
    charged: "no",
    error: null,
    createdAt: now,
    updatedAt: now,
  };
};

/** The newest task of each subject: earlier ones were for inputs that have changed since. */
function newestOfEach(tasks: Task[]): Task[] {
  const newest = new Map<string, Task>();
  for (const task of tasks.toSorted(inOrder)) newest.set(task.subject, task);
  return [...newest.values()];
}

const inOrder = (a: Task, b: Task): number =>
  a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);

/** A job starts when its first task is claimed, which may be before this plan. */
const startOf = (all: Task[], now: Date): Date =>
  new Date(Math.min(now.getTime(), ...all.flatMap((t) => (t.claimedAt ? [t.claimedAt.getTime()] : []))));

const countTasks = (all: Task[]): TaskCounts => ({
  total: all.length,
  succeeded: all.filter((t) => t.status === "succeeded").length,
  failed: all.filter((t) => t.status === "failed").length,
});

/** Failed tasks that a job's result lists. */
const MAX_LISTED = 100;

function jobEnd(all: Task[], job: Job, now: Date): Partial<Job> {
  const failed = all.filter((t) => t.status === "failed");
  const succeeded = all.filter((t) => t.status === "succeeded").length;
  const status: JobStatus = failed.length > 0 ? "failed" : succeeded > 0 ? "completed" : "canceled";
  const first = failed[0]?.error ?? null;
  const error: Failure | null =
    first && all.length > 1
      ? { ...first, message: `${failed.length} of ${all.length} failed. The first failure: ${first.message}` }
      : first;
  const listed: JobResult["failed"] = failed.slice(0, MAX_LISTED).map(({ id, subject, error: why }) => ({
    task_id: id,
    scene_id: subject === job.projectId ? null : subject,
    code: why?.code ?? null,
    message: why?.message ?? null,
  }));
  return {
    status,
    result: listed.length > 0 ? { failed: listed } : null,
    progress: status === "completed" ? 100 : Math.floor((100 * succeeded) / Math.max(1, all.length)),
    finishedAt: now,
    startedAt: job.startedAt ?? startOf(all, now),
    error: status === "canceled" ? SUPERSEDED : error,
  };
}
