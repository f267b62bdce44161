/**
 * What the store does to the rows of one project, without any I/O: a plan's changes, and what a person asks for.
 * MemoryStore and the World of test/support/record.ts both work by it; the differential test holds it to src/db.
 */
import type { Change } from "../../src/domain/controller/change.ts";
import { requestOf } from "../../src/domain/controller/run-request.ts";
import { CANCELED, isOpen, isOpenJob, needsDecision } from "../../src/domain/controller/tasks.ts";
import { isRetired } from "../../src/domain/models/models.ts";
import {
  type Clip,
  type Image,
  type ModelNotice,
  type Project,
  type ProjectRecord,
  STAGES,
  type Stage,
  type Task,
} from "../../src/domain/record/record.ts";
import { replacedMessage, successorOf } from "../../src/domain/settings.ts";

/** All rows of one project. */
export type Rows = Omit<ProjectRecord, "readAt">;

/** A row whose status changed. */
interface Transition {
  what: "job" | "task";
  id: string;
  from: string;
  to: string;
}

/** The rows as they are afterwards. A row that did not change is the same object as before. */
export interface Changed {
  rows: Rows;
  transitions: Transition[];
}

/** US dollars that are added to a reservation and to what was spent. */
export interface Moved {
  reservedUsd: number;
  spentUsd: number;
}

/** The place of a stage in their order; -1 for none. */
export const place = (stage: Stage | null): number => (stage ? STAGES.indexOf(stage) : -1);
/** US dollars as millionths, without the rounding error of binary fractions. */
export const millionths = (n: number): number => Number((n * 1e6).toPrecision(14));
const usd = (n: number) => Math.round(millionths(n)) / 1e6;

/** A task as Postgres' columns keep it. */
const kept = <T extends Partial<Task>>(task: T): T => {
  const { costEstimatedUsd: estimated, costChargedUsd: charged } = task;
  return {
    ...task,
    ...(estimated === undefined ? {} : { costEstimatedUsd: usd(estimated) }),
    ...(typeof charged === "number" ? { costChargedUsd: usd(charged) } : {}),
  };
};

/** The value as `jsonb` returns it: with the keys in another order, shorter ones first. */
function asJsonb<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, v) =>
    v && typeof v === "object" && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)))
      : v,
  );
}

/** The rows, of which the one with this id has these values. */
export const put = <T extends { id: string }>(rows: T[], id: string, set: Partial<NoInfer<T>>): T[] =>
  rows.map((row) => (row.id === id ? { ...row, ...set } : row));

/** The rows with these values of the project. */
export const withProject = (rows: Rows, set: Partial<Project>, now: Date): Rows => ({
  ...rows,
  project: { ...rows.project, ...set, updatedAt: now },
});

/** Sums after money moved: a reservation never goes below 0. */
export const afterMove = (sums: Moved, moved: Moved): Moved => ({
  reservedUsd: usd(Math.max(0, sums.reservedUsd + moved.reservedUsd)),
  spentUsd: usd(sums.spentUsd + moved.spentUsd),
});

/** The rows with these values of the task, if there is one. */
export function withTask(rows: Rows, id: string, set: Partial<Task>, now: Date): Changed {
  const task = rows.tasks.find((t) => t.id === id);
  if (!task) return { rows, transitions: [] };
  return {
    rows: { ...rows, tasks: put(rows.tasks, id, { ...kept(set), updatedAt: now }) },
    transitions: transition("task", task, set.status),
  };
}

function transition(
  what: Transition["what"],
  { id, status: from }: { id: string; status: string },
  to: string | undefined,
): Transition[] {
  return to === undefined || to === from ? [] : [{ what, id, from, to }];
}

/** Fails the pending images and clips of a task that has ended. */
export function endPending(rows: Rows, taskId: string): Rows {
  const task = rows.tasks.find((t) => t.id === taskId);
  if (!task || task.status === "running" || task.status === "waiting") return rows;
  const end = <T extends Image | Clip>(row: T): T =>
    row.taskId === taskId && row.status === "pending" ? { ...row, status: "failed", error: task.error } : row;
  return { ...rows, images: rows.images.map(end), clips: rows.clips.map(end) };
}

/**
 * Applies a plan's changes, each only while its row is as it was when it was planned. `moved`: for each change
 * that released money, what the owner's sums must follow.
 */
export function applyChanges(
  before: Rows,
  changes: readonly Change[],
  now: Date,
): Changed & { moved: Moved[] } {
  let rows = before;
  const transitions: Transition[] = [];
  const moved: Moved[] = [];
  for (const change of changes) {
    const after = applyChange(rows, change, now);
    rows = after.rows;
    transitions.push(...after.transitions);
    if (change.kind !== "task.update" || !change.release || !after.applied) continue;
    const released = { reservedUsd: -change.release.usd, spentUsd: change.release.spentUsd };
    moved.push(released);
    rows = endPending(
      { ...rows, project: { ...rows.project, ...afterMove(rows.project, released) } },
      change.id,
    );
  }
  return { rows, transitions, moved };
}

function applyChange(rows: Rows, change: Change, now: Date): Changed & { applied: boolean } {
  const refused = { rows, transitions: [], applied: false };
  const done = (set: Partial<Rows>, transitions: Transition[] = []) => ({
    rows: { ...rows, ...set },
    transitions,
    applied: true,
  });
  switch (change.kind) {
    case "project":
      return done(withProject(rows, { status: change.status }, now));
    case "job.create": {
      const { job } = change;
      const taken = rows.jobs.some(
        (j) => j.id === job.id || (j.type === job.type && isOpenJob(j) && isOpenJob(job)),
      );
      return taken ? refused : done({ jobs: [...rows.jobs, { ...job, payload: asJsonb(job.payload) }] });
    }
    case "job.update": {
      const { id, from, set } = change;
      const job = rows.jobs.find((j) => j.id === id);
      if (job?.status !== from) return refused;
      if (set.finishedAt && rows.tasks.some((t) => t.jobId === id && isOpen(t))) return refused;
      const payload = set.payload === undefined ? {} : { payload: asJsonb(set.payload) };
      return done({ jobs: put(rows.jobs, id, { ...set, ...payload }) }, transition("job", job, set.status));
    }
    case "task.create": {
      const { task } = change;
      const job = rows.jobs.find((j) => j.id === task.jobId);
      const same = (t: Task) =>
        t.id === task.id ||
        (t.status !== "canceled" &&
          t.jobId === task.jobId &&
          t.subject === task.subject &&
          t.inputHash === task.inputHash);
      const fits = job !== undefined && isOpenJob(job) && !rows.tasks.some(same);
      return fits ? done({ tasks: [kept(task), ...rows.tasks] }) : refused;
    }
    case "task.update": {
      const { id, from, set } = change;
      const task = rows.tasks.find((t) => t.id === id);
      if (task?.status !== from.status || task.attempt !== from.attempt) return refused;
      return { ...withTask(rows, id, set, now), applied: true };
    }
    case "approval": {
      const { id, voided } = change;
      const isOne = rows.approvals.find((a) => a.id === id);
      if (!isOne || (voided !== null && isOne.voidedAt)) return refused;
      const voidedAt = voided === null ? null : now;
      return done({ approvals: put(rows.approvals, id, { voidedAt, voidedReason: voided }) });
    }
  }
}

/** Begins a run with this target; unchanged where the project has no song. */
export function requestRun(rows: Rows, target: Stage, now: Date): Rows {
  const { audio, settings, modelNotices, version, runNumber } = rows.project;
  if (!audio) return rows;
  const { clipModel: model } = settings;
  const successor = successorOf(settings.aspectRatio);
  const by = successor.clipModel;
  const notice: ModelNotice = {
    kind: "replaced",
    stage: "generate_clips",
    model,
    by,
    message: replacedMessage(model, by),
    at: now.toISOString(),
  };
  const living = isRetired(model)
    ? {
        settings: { ...settings, ...successor },
        modelNotices: [...modelNotices, notice],
        version: version + 1,
      }
    : {};
  const runRequest = requestOf({ ...rows.project, ...living }, rows.scenes, { target, at: now });
  const run = { status: "running" as const, targetStage: target, runNumber: runNumber + 1 };
  return withProject(rows, { ...living, ...run, runRequest: asJsonb(runRequest) }, now);
}

/** Cancels open jobs of these stages and lowers the target stage to `target`. */
export function cancelRun(
  before: Rows,
  { stages, target }: { stages: readonly Stage[]; target: Stage | null },
  now: Date,
): Changed {
  let rows = before;
  const { runRequest: request, targetStage } = rows.project;
  if (place(targetStage) > place(target)) {
    const lowered = request && place(request.target) > place(target) ? { ...request, target } : request;
    rows = withProject(rows, { targetStage: target, runRequest: lowered }, now);
  }
  const open = rows.jobs.filter((j) => stages.includes(j.type) && isOpenJob(j));
  const canceled = { status: "canceled" as const, finishedAt: now, error: CANCELED };
  const jobs = open.reduce((all, { id }) => put(all, id, canceled), rows.jobs);
  return { rows: { ...rows, jobs }, transitions: open.flatMap((j) => transition("job", j, "canceled")) };
}

/** Frees failed or canceled tasks to be made again. */
export function retryTasks(
  before: Rows,
  what: { taskId: string } | { jobId: string; includeUnknown: boolean },
  now: Date,
): { rows: Rows; retried: Task[] } {
  const named = (t: Task) =>
    "taskId" in what
      ? t.id === what.taskId
      : t.jobId === what.jobId && (what.includeUnknown || !needsDecision(t));
  const over = before.tasks.filter((t) => t.status === "failed" || t.status === "canceled");
  const freed = over.filter(named);
  const isTwin = (t: Task) =>
    freed.some((f) => f.type === t.type && f.subject === t.subject && f.inputHash === t.inputHash);
  const retried = over.filter((t) => named(t) || (!needsDecision(t) && isTwin(t)));
  if (freed.length === 0) return { rows: before, retried };
  const rows = retried.reduce((all, { id }) => withTask(all, id, { retriedAt: now }, now).rows, before);
  const furthest = Math.max(place(rows.project.targetStage), ...freed.map((t) => place(t.type)));
  const again = new Set(freed.map((t) => t.type));
  const running = {
    status: "running" as const,
    targetStage: STAGES[furthest] ?? null,
    modelNotices: rows.project.modelNotices.filter((n) => n.kind === "replaced" || !again.has(n.stage)),
  };
  return { rows: withProject(rows, running, now), retried };
}
