/**
 * The controller: given the project's record, what should happen next to get closer to
 * the target, without passing a gate that waits for a person. Pure: no I/O, no clock.
 */
import { type Current, currentOf, type Unit } from "./current.ts";
import { subjectHash } from "./inputs.ts";
import { type Purchase, purchaseFor } from "./purchase.ts";
import {
  type Failure,
  type Job,
  type JobStatus,
  type ProjectRecord,
  type ProjectStatus,
  STAGES,
  type Stage,
  type Task,
  type TaskStatus,
} from "./record.ts";
import { failure, isOpen, isPredicted, nextTry, REDISPATCH_MS, WAIT_LIMIT_MS } from "./tasks.ts";

interface TaskCounts {
  total: number;
  succeeded: number;
  failed: number;
}

/** Each change names what it saw, and is applied only while that still holds. */
export type Change =
  | { kind: "project"; status: ProjectStatus }
  | { kind: "job.create"; job: Job }
  | { kind: "job.update"; id: string; from: JobStatus; set: Partial<Omit<Job, "id">> }
  | { kind: "task.create"; task: Task }
  | {
      kind: "task.update";
      id: string;
      from: { status: TaskStatus; attempt: number };
      set: Partial<Omit<Task, "id">>;
      /** Gives back a reservation: `spent` where the money may be gone, `free` where it is not. */
      release: "spent" | "free" | null;
    }
  | { kind: "approval.void"; id: string; reason: string };

export interface Plan {
  changes: Change[];
  /** Tasks to wake a worker for. */
  dispatch: string[];
  /** When to look again, or null where nothing can happen without somebody acting. */
  wakeAt: Date | null;
}

export interface PlanContext {
  now: Date;
  newId: () => string;
  /** 0 to 1, for back-off. */
  random: () => number;
}

const JOB_OPEN = (job: Job): boolean => job.status === "pending" || job.status === "running";

export function plan(record: ProjectRecord, context: PlanContext): Plan {
  const current = currentOf(record);
  const changes: Change[] = [];
  const target = record.project.targetStage ? STAGES.indexOf(record.project.targetStage) : -1;

  const tasks = new Map(record.tasks.map((t) => [t.id, t]));
  const change = (task: Task, set: Partial<Task>, release: "spent" | "free" | null = null) => {
    changes.push({
      kind: "task.update",
      id: task.id,
      from: { status: task.status, attempt: task.attempt },
      set,
      release,
    });
    tasks.set(task.id, { ...task, ...set });
  };
  for (const task of record.tasks) settleTask(task, current, target, context, change);

  const wanted = current.units.filter((u) => STAGES.indexOf(u.stage) <= target && !blocked(u, record, tasks));
  let openUpstream = false;
  for (const stage of STAGES) {
    const job = record.jobs.find((j) => j.type === stage && JOB_OPEN(j)) ?? null;
    const units = wanted.filter((u) => u.stage === stage);
    if (!job && units.length === 0) continue;
    openUpstream =
      runStage({ stage, job, units, openUpstream, record, tasks, changes }, context) || openUpstream;
  }

  for (const { id, reason } of staleApprovals(record, current))
    changes.push({ kind: "approval.void", id, reason });

  const status = projectStatus(record, current, target, openUpstream, tasks);
  if (status !== record.project.status) changes.push({ kind: "project", status });
  return { changes, ...dispatches(tasks, changes, context) };
}

/** Ends what is over (lost workers, lost predictions) and withdraws what is not wanted any more. */
function settleTask(
  task: Task,
  current: Current,
  target: number,
  { now, random }: PlanContext,
  change: (task: Task, set: Partial<Task>, release?: "spent" | "free" | null) => void,
) {
  if (task.status === "pending") {
    const wanted = current.units.some((u) => isUnitOf(u, task)) && STAGES.indexOf(task.type) <= target;
    if (!wanted) change(task, { status: "canceled", error: SUPERSEDED });
  } else if (task.status === "running" && task.leaseUntil && task.leaseUntil <= now) {
    if (isPredicted(task)) {
      change(task, { status: "waiting", leaseUntil: null, runAfter: now, dispatchedAt: null });
      return;
    }
    // Whether the lost worker's call was paid for can't be known: it counts as spent, and is made anew.
    const charged = task.costEstimatedUsd > 0 ? ({ charged: "unknown" } as const) : {};
    const next = nextTry(task, { retryable: true, throttled: false, afterSeconds: null }, now, random());
    if (next.kind === "again")
      change(
        task,
        {
          status: "pending",
          attempt: task.attempt + 1,
          leaseUntil: null,
          runAfter: next.runAfter,
          dispatchedAt: null,
          ...charged,
        },
        "spent",
      );
    else change(task, { status: "failed", leaseUntil: null, error: WORKER_LOST, ...charged }, "spent");
  } else if (
    task.status === "waiting" &&
    task.claimedAt &&
    now.getTime() - task.claimedAt.getTime() > WAIT_LIMIT_MS
  ) {
    change(task, { status: "failed", error: PROVIDER_SILENT, charged: "unknown" }, "spent");
  }
}

const isUnitOf = (unit: Unit, task: Task): boolean =>
  unit.stage === task.type && unit.subject === task.subject && unit.inputHash === task.inputHash;

/**
 * The same work ended since the person last asked for a run: it waits until they ask again.
 * A success whose artifact is still missing counts too, so that no defect buys the same thing for ever.
 */
function blocked(unit: Unit, record: ProjectRecord, tasks: Map<string, Task>): boolean {
  const since = record.project.runRequestedAt?.getTime() ?? 0;
  return [...tasks.values()].some(
    (t) =>
      (t.status === "failed" || t.status === "succeeded") &&
      isUnitOf(unit, t) &&
      t.updatedAt.getTime() >= since,
  );
}

interface StageView {
  stage: Stage;
  job: Job | null;
  units: Unit[];
  openUpstream: boolean;
  record: ProjectRecord;
  tasks: Map<string, Task>;
  changes: Change[];
}

/** Opens, extends or closes the run of one stage; says whether a run is open afterwards. */
function runStage(view: StageView, context: PlanContext): boolean {
  const { stage, units, record, tasks, changes } = view;
  const { now, newId } = context;
  const job = view.job ?? newJob(newId(), record.project.id, stage, now);
  const own = [...tasks.values()].filter((t) => t.jobId === job.id);
  const fresh = units
    .filter((u) => !own.some((t) => t.subject === u.subject))
    .map((u) => newTask(newId(), job, u, purchaseFor(record, u.stage, u.subject), now));
  if (!view.job) changes.push({ kind: "job.create", job });
  for (const task of fresh) {
    tasks.set(task.id, task);
    changes.push({ kind: "task.create", task });
  }

  const all = [...own.map((t) => tasks.get(t.id) ?? t), ...fresh];
  const open = all.some(isOpen);
  const closing = !open && !view.openUpstream;
  const counts = countTasks(all);
  const set: Partial<Job> = {};
  // 100 is for a run that is over: more subjects may join this one.
  const ended = all.filter((t) => !isOpen(t)).length;
  const progress = Math.min(99, Math.floor((100 * ended) / Math.max(1, all.length)));
  if (progress !== job.progress && !closing) set.progress = progress;
  if (JSON.stringify(counts) !== JSON.stringify(job.payload.tasks))
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

const newTask = (id: string, job: Job, unit: Unit, purchase: Purchase, now: Date): Task => ({
  id,
  jobId: job.id,
  projectId: job.projectId,
  type: job.type,
  subject: unit.subject,
  status: "pending",
  attempt: 1,
  runAfter: now,
  dispatchedAt: null,
  leaseUntil: null,
  claimedAt: null,
  provider: purchase.provider,
  model: purchase.model,
  providerRequestId: null,
  inputHash: unit.inputHash,
  costEstimatedUsd: purchase.estimateUsd,
  costChargedUsd: null,
  charged: "no",
  error: null,
  createdAt: now,
  updatedAt: now,
});

/** A run starts when its first task is claimed, which may be before anybody looks. */
const startOf = (all: Task[], now: Date): Date =>
  new Date(Math.min(now.getTime(), ...all.flatMap((t) => (t.claimedAt ? [t.claimedAt.getTime()] : []))));

const countTasks = (all: Task[]): TaskCounts => ({
  total: all.length,
  succeeded: all.filter((t) => t.status === "succeeded").length,
  failed: all.filter((t) => t.status === "failed").length,
});

function jobEnd(all: Task[], job: Job, now: Date): Partial<Job> {
  const failed = all.filter((t) => t.status === "failed");
  const succeeded = all.filter((t) => t.status === "succeeded").length;
  const status: JobStatus = failed.length > 0 ? "failed" : succeeded > 0 ? "completed" : "canceled";
  const first = failed[0]?.error ?? null;
  const error: Failure | null =
    first && all.length > 1
      ? { ...first, message: `${failed.length} of ${all.length} failed. The first: ${first.message}` }
      : first;
  return {
    status,
    progress: status === "completed" ? 100 : Math.floor((100 * succeeded) / Math.max(1, all.length)),
    finishedAt: now,
    startedAt: job.startedAt ?? startOf(all, now),
    error: status === "canceled" ? SUPERSEDED : error,
  };
}

/** Approvals of what is not the scene's picture or clip any more: they bind nothing. */
function staleApprovals(record: ProjectRecord, current: Current): { id: string; reason: string }[] {
  const live = new Map(
    current.scenes
      .flatMap((s) => [s.image, s.clip])
      .flatMap((a) => (a ? [[a.id, subjectHash(a)] as const] : [])),
  );
  return record.approvals
    .filter((a) => a.approved && !a.voidedAt && live.get(a.imageId ?? a.clipId ?? "") !== a.subjectHash)
    .map((a) => ({
      id: a.id,
      reason: a.imageId
        ? "The image is not the one of its scene any more."
        : "The clip is not the one of its scene any more.",
    }));
}

function projectStatus(
  record: ProjectRecord,
  current: Current,
  target: number,
  open: boolean,
  tasks: Map<string, Task>,
): ProjectStatus {
  if (!record.project.audio) return "draft";
  if (open) return "running";
  if (target < 0) return "ready";
  if (STAGES.every((stage, i) => i > target || current.done[stage])) return "completed";
  if (current.units.some((u) => STAGES.indexOf(u.stage) <= target && blocked(u, record, tasks)))
    return "failed";
  return "awaiting_approval";
}

/** Which tasks to send to the queue now, marked as sent; and when to look again. */
function dispatches(
  tasks: Map<string, Task>,
  changes: Change[],
  { now }: PlanContext,
): Pick<Plan, "dispatch" | "wakeAt"> {
  const dispatch: string[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;
  for (const task of tasks.values()) {
    if (task.status === "running")
      wakeAt = Math.min(wakeAt, (task.leaseUntil?.getTime() ?? now.getTime()) + 1);
    if (task.status !== "pending" && task.status !== "waiting") continue;
    const sent = task.dispatchedAt ? task.dispatchedAt.getTime() + REDISPATCH_MS : 0;
    const due = Math.max(task.runAfter.getTime(), sent);
    if (due > now.getTime()) {
      wakeAt = Math.min(wakeAt, due);
      continue;
    }
    dispatch.push(task.id);
    markSent(task, changes, now);
    wakeAt = Math.min(wakeAt, now.getTime() + REDISPATCH_MS);
  }
  return { dispatch, wakeAt: Number.isFinite(wakeAt) ? new Date(Math.max(wakeAt, now.getTime() + 1)) : null };
}

function markSent(task: Task, changes: Change[], now: Date) {
  for (const c of changes) {
    if (c.kind === "task.create" && c.task.id === task.id) {
      c.task.dispatchedAt = now;
      return;
    }
    if (c.kind === "task.update" && c.id === task.id) {
      c.set = { ...c.set, dispatchedAt: now };
      return;
    }
  }
  changes.push({
    kind: "task.update",
    id: task.id,
    from: { status: task.status, attempt: task.attempt },
    set: { dispatchedAt: now },
    release: null,
  });
}

const SUPERSEDED = failure("superseded", "What it would have made is not wanted any more.");
const WORKER_LOST = failure("worker_lost", "The work was interrupted too often.", {
  retryable: true,
  nextAction: "Start the run again.",
});
const PROVIDER_SILENT = failure("provider_timeout", "The provider did not finish in time.", {
  retryable: true,
  nextAction: "Start the run again.",
});
