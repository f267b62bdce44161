/**
 * The controller: from the project's record, what should happen next to bring it closer to its target stage,
 * without passing an image or a clip that waits for a person's approval. Pure: no I/O, no clock.
 */

import { failure } from "../record/failures.ts";
import { type ProjectRecord, type ProjectStatus, STAGES, type Task } from "../record/record.ts";
import { type Change, type DecisionContext, type Plan, type PlanContext, SUPERSEDED } from "./change.ts";
import { type Current, currentOf } from "./current.ts";
import { isHeavy } from "./heavy.ts";
import { subjectHash } from "./inputs.ts";
import { updateJob } from "./jobs.ts";
import { type OrderGate, orderGate } from "./model-health.ts";
import { failTask, onLeaseExpired } from "./recovery.ts";
import { isUnitOf, requestedUnits, stageRank } from "./run-request.ts";
import { policyOf } from "./stages/index.ts";
import type { Unit } from "./stages/policy.ts";
import { type SuppliersFor, suppliersOf } from "./suppliers.ts";
import {
  CANCELED,
  isOpen,
  isOpenJob,
  needsDecision,
  outcomeUnknown,
  REDISPATCH_MS,
  WAIT_LIMIT_MS,
} from "./tasks.ts";

/** The caller applies the changes and plans again until a plan has none. */
export function plan(record: ProjectRecord, { newId, random }: PlanContext): Plan {
  const context = { now: record.readAt, newId, random };
  const current = currentOf(record);
  const changes: Change[] = [];
  const target = stageRank(record.project.targetStage);
  const covered = requestedUnits(record, current);

  const tasks = new Map(record.tasks.map((t) => [t.id, t]));
  const change: ChangeTask = (task, set, release = null) => {
    const from = { status: task.status, attempt: task.attempt };
    changes.push({ kind: "task.update", id: task.id, from, set, release });
    tasks.set(task.id, { ...task, ...set, updatedAt: context.now });
  };
  const suppliersFor = suppliersOf(record, current);
  for (const task of record.tasks) endOrWithdraw(task, { record, covered, suppliersFor }, context, change);

  const wanted = covered.filter((u) => blockers(u, record, tasks).length === 0);
  let openUpstream = false;
  for (const stage of STAGES) {
    const job = record.jobs.find((j) => j.type === stage && isOpenJob(j)) ?? null;
    const units = wanted.filter((u) => u.stage === stage);
    if (!job && units.length === 0) continue;
    openUpstream =
      updateJob({ stage, job, units, openUpstream, record, suppliersFor, tasks, changes }, context) ||
      openUpstream;
  }

  changes.push(...approvalChanges(record, current));

  const failed = covered.some((u) => blockers(u, record, tasks).some((t) => t.status === "failed"));
  const status = projectStatus(record, current, { target, open: openUpstream, failed });
  if (status !== record.project.status) changes.push({ kind: "project", status });
  const gate = orderGate(record, [...tasks.values()], context.now);
  return { changes, ...dispatches(tasks, changes, gate, context) };
}

type ChangeTask = (
  task: Task,
  set: Partial<Task>,
  release?: { usd: number; spentUsd: number } | null,
) => void;

/** Ends a task whose worker or prediction is lost, and cancels one that is no longer wanted. */
function endOrWithdraw(
  task: Task,
  {
    record,
    covered,
    suppliersFor,
  }: { record: ProjectRecord; covered: readonly Unit[]; suppliersFor: SuppliersFor },
  { now, random }: DecisionContext,
  change: ChangeTask,
) {
  const job = record.jobs.find((j) => j.id === task.jobId);
  const jobCanceled = job?.status === "canceled";
  const released = { leaseUntil: null, dispatchedAt: null };
  if (task.status === "pending") {
    const wanted = covered.some((u) => isUnitOf(u, task));
    if (!job || !isOpenJob(job) || !wanted)
      change(task, { status: "canceled", error: jobCanceled ? CANCELED : SUPERSEDED });
  } else if (task.status === "running" && task.leaseUntil && task.leaseUntil <= now) {
    const set = onLeaseExpired(task, WORKER_LOST, {
      suppliers: suppliersFor(task.type, task.subject),
      settings: record.project.settings,
      now,
      random: random(),
    });
    // A worker that still works on it has lost its claim: the fence rejects what it writes.
    const staysReserved = set.status === "waiting";
    const spentUsd = set.charged === "unknown" ? task.costEstimatedUsd : 0;
    change(
      task,
      { ...released, claimId: null, ...set },
      staysReserved ? null : { usd: task.costEstimatedUsd, spentUsd },
    );
  } else if (task.status === "waiting") {
    const waited = now.getTime() - (task.claimedAt ?? task.createdAt).getTime();
    const spent = { usd: task.costEstimatedUsd, spentUsd: task.costEstimatedUsd };
    if (waited > WAIT_LIMIT_MS && jobCanceled)
      change(task, { ...failTask(task, CANCELED, "unknown", now), status: "canceled" }, spent);
    else if (waited > WAIT_LIMIT_MS)
      change(task, failTask(task, outcomeUnknown(task), "unknown", now), spent);
    else if (jobCanceled && !task.cancelRequested)
      change(task, { cancelRequested: true, runAfter: now, dispatchedAt: null });
  }
}

/**
 * The tasks that keep a unit from being made: those of the same work, neither canceled nor retried, that
 * - ended in the present run: the work waits for the next run request. A success whose artifact is missing
 *   all the same counts too, so that a bug can't buy the same thing again and again;
 * - have an unknown outcome: the work waits until the person retries that task, since it may be paid for
 *   twice;
 * - are still open in a job that was canceled: the work waits until their order ends.
 */
function blockers(unit: Unit, record: ProjectRecord, tasks: Map<string, Task>): Task[] {
  const hasEnded = (jobId: string) => record.jobs.some((j) => j.id === jobId && !isOpenJob(j));
  return [...tasks.values()].filter((t) => {
    if (!isUnitOf(unit, t)) return false;
    if (isOpen(t)) return hasEnded(t.jobId);
    if (t.status === "canceled" || t.retriedAt) return false;
    return needsDecision(t) || t.runNumber === record.project.runNumber;
  });
}

/**
 * Voids approvals of images and clips that are no longer their scene's, and restores those that are again.
 */
function approvalChanges(record: ProjectRecord, current: Current): Change[] {
  // While the scenes do not follow the song's new recording yet, it is unknown which images they keep.
  if (record.project.retiming) return [];
  const currentHashes = new Map(
    current.scenes
      .flatMap((s) => [s.image, s.clip])
      .flatMap((a) => (a ? [[a.id, subjectHash(a)] as const] : [])),
  );
  return record.approvals.flatMap((a): Change[] => {
    const holds = currentHashes.get(a.imageId ?? a.clipId ?? "") === a.subjectHash;
    if (!a.approved || holds === (a.voidedAt === null)) return [];
    const what = a.imageId ? "image" : "clip";
    return [
      {
        kind: "approval",
        id: a.id,
        voided: holds ? null : `The ${what} is no longer the current one of its scene.`,
      },
    ];
  });
}

/** Whether an image or a clip that the target stage needs waits for approval. */
const waitsForApproval = ({ scenes }: Current, target: number): boolean =>
  STAGES.slice(0, target + 1).some((stage) => {
    const { awaitsApproval } = policyOf(stage);
    return awaitsApproval !== null && scenes.some(awaitsApproval);
  });

function projectStatus(
  { project }: ProjectRecord,
  current: Current,
  { target, open, failed }: { target: number; open: boolean; failed: boolean },
): ProjectStatus {
  if (!project.audio) return "draft";
  if (open) return "running";
  if (target < 0) return "ready";
  if (STAGES.every((stage, i) => i > target || current.done[stage])) return "completed";
  if (failed) return "failed";
  return waitsForApproval(current, target) ? "awaiting_approval" : "ready";
}

/** The tasks to send to the queue now, which are marked as sent, and when to plan again. */
function dispatches(
  tasks: Map<string, Task>,
  changes: Change[],
  gate: OrderGate,
  { now }: DecisionContext,
): Pick<Plan, "dispatch" | "wakeAt"> {
  const dispatch: Plan["dispatch"] = [];
  let wakeAt = Number.POSITIVE_INFINITY;
  const wakeBy = (at: number) => {
    wakeAt = Math.min(wakeAt, at);
  };
  const ready: Task[] = [];
  for (const task of tasks.values()) {
    if (task.status === "running") wakeBy((task.leaseUntil?.getTime() ?? now.getTime()) + 1);
    if (task.status !== "pending" && task.status !== "waiting") continue;
    const sent = task.dispatchedAt ? task.dispatchedAt.getTime() + REDISPATCH_MS : 0;
    const due = Math.max(task.runAfter.getTime(), sent);
    if (due <= now.getTime()) ready.push(task);
    else {
      if (task.status === "pending" && sent > now.getTime()) gate.count(task);
      wakeBy(due);
    }
  }
  for (const task of ready) {
    if (task.status === "pending" && !gate.admits(task)) {
      // When an order under way ends, the project is planned again; until then, one that takes long lets
      // another start.
      wakeBy(gate.opensAt(task)?.getTime() ?? now.getTime() + REDISPATCH_MS);
      continue;
    }
    dispatch.push({ taskId: task.id, heavy: isHeavy(task) });
    markSent(task, changes, now);
    wakeBy(now.getTime() + REDISPATCH_MS);
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
  nextAction: "Start a run again.",
});
