/**
 * The controller: given the project's record, what should happen next to get closer to
 * the target, without passing a gate that waits for a person. Pure: no I/O, no clock.
 */
import { type Change, type Moment, type Plan, type PlanContext, SUPERSEDED } from "./change.ts";
import { type Current, currentOf, type Unit } from "./current.ts";
import { subjectHash } from "./inputs.ts";
import { runStage } from "./jobs.ts";
import { suppliersFor } from "./purchase.ts";
import { type Job, type ProjectRecord, type ProjectStatus, STAGES, type Task } from "./record.ts";
import { abandoned, over } from "./recovery.ts";
import {
  CANCELED,
  failure,
  isOpen,
  needsDecision,
  outcomeUnknown,
  REDISPATCH_MS,
  WAIT_LIMIT_MS,
} from "./tasks.ts";

const JOB_OPEN = (job: Job): boolean => job.status === "pending" || job.status === "running";

export function plan(record: ProjectRecord, { newId, random }: PlanContext): Plan {
  const context = { now: record.readAt, newId, random };
  const current = currentOf(record);
  const changes: Change[] = [];
  const target = record.project.targetStage ? STAGES.indexOf(record.project.targetStage) : -1;

  const tasks = new Map(record.tasks.map((t) => [t.id, t]));
  const change: ChangeTask = (task, set, release = null) => {
    const from = { status: task.status, attempt: task.attempt };
    changes.push({ kind: "task.update", id: task.id, from, set, release });
    tasks.set(task.id, { ...task, ...set, updatedAt: context.now });
  };
  for (const task of record.tasks) settleTask(task, record, current, target, context, change);

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

type ChangeTask = (
  task: Task,
  set: Partial<Task>,
  release?: { usd: number; spentUsd: number } | null,
) => void;

/** Ends what is over (lost workers, lost predictions), and withdraws or calls off what is not wanted any more. */
function settleTask(
  task: Task,
  record: ProjectRecord,
  current: Current,
  target: number,
  { now, random }: Moment,
  change: ChangeTask,
) {
  const job = record.jobs.find((j) => j.id === task.jobId);
  const calledOff = job?.status === "canceled";
  const idle = { leaseUntil: null, dispatchedAt: null };
  if (task.status === "pending") {
    const wanted = current.units.some((u) => isUnitOf(u, task)) && STAGES.indexOf(task.type) <= target;
    if (!job || !JOB_OPEN(job) || !wanted)
      change(task, { status: "canceled", error: calledOff ? CANCELED : SUPERSEDED });
  } else if (task.status === "running" && task.leaseUntil && task.leaseUntil <= now) {
    const set = abandoned(task, WORKER_LOST, {
      suppliers: suppliersFor(record, task.type, task.subject),
      settings: record.project.settings,
      now,
      random: random(),
    });
    // Whoever still works on it has lost it: what they write is fenced by the attempt, their claim forgotten.
    const kept = set.status === "waiting";
    const spentUsd = set.charged === "unknown" ? task.costEstimatedUsd : 0;
    change(task, { ...idle, claimId: null, ...set }, kept ? null : { usd: task.costEstimatedUsd, spentUsd });
  } else if (task.status === "waiting") {
    const waited = now.getTime() - (task.claimedAt ?? task.createdAt).getTime();
    const spent = { usd: task.costEstimatedUsd, spentUsd: task.costEstimatedUsd };
    if (waited > WAIT_LIMIT_MS && calledOff)
      change(task, { ...over(task, CANCELED, "unknown", now), status: "canceled" }, spent);
    else if (waited > WAIT_LIMIT_MS) change(task, over(task, outcomeUnknown(task), "unknown", now), spent);
    else if (calledOff && !task.recalled) change(task, { recalled: true, runAfter: now, dispatchedAt: null });
  }
}

const isUnitOf = (unit: Unit, task: Task): boolean =>
  unit.stage === task.type && unit.subject === task.subject && unit.inputHash === task.inputHash;

/**
 * The same work ended since the person last asked for a run: it waits until they ask again, and by
 * name where it may be paid for twice. A success whose artifact is still missing counts too, so that
 * no defect buys the same thing for ever; so does an order of a run that was called off, until it ends.
 */
function blocked(unit: Unit, record: ProjectRecord, tasks: Map<string, Task>): boolean {
  const over = new Set(record.jobs.filter((j) => !JOB_OPEN(j)).map((j) => j.id));
  return [...tasks.values()].some((t) => {
    if (!isUnitOf(unit, t)) return false;
    if (isOpen(t)) return over.has(t.jobId);
    if (t.status === "canceled" || t.retriedAt) return false;
    return needsDecision(t) || t.runNumber === record.project.runNumber;
  });
}

/** Approvals of what is not the scene's picture or clip any more: they bind nothing. */
function staleApprovals(record: ProjectRecord, current: Current): { id: string; reason: string }[] {
  // Until the scenes follow the song's new recording, nobody knows which pictures they keep.
  if (record.project.retiming) return [];
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
  { now }: Moment,
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

const WORKER_LOST = failure("worker_lost", "The work was interrupted too often.", {
  retryable: true,
  nextAction: "Start the run again.",
});
