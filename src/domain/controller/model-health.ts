/**
 * What a project has seen of the models that it buys pictures and clips from, and what follows from it: a model
 * that has not delivered yet is tried with a few orders first, and one that fails again and again is left alone,
 * so that what fails for one scene is not paid for, or waited for, by all of them.
 */

import { isRetired } from "../models/models.ts";
import type {
  Failure,
  ModelNotice,
  Project,
  ProjectRecord,
  Settings,
  Stage,
  Task,
} from "../record/record.ts";
import { failure } from "./tasks.ts";

/** Orders under way at a model that has delivered nothing in this run; and failures in a row that end its use in it. */
export const TRIAL_ORDERS = 3;
/** A probe that takes longer lets others in, but no more than these in all while nothing is delivered. */
const TRIAL_MS = 300_000;
const MOST_TRIAL_ORDERS = 2 * TRIAL_ORDERS;
const TRIED_STAGES: ReadonlySet<Stage> = new Set(["generate_images", "generate_clips"]);

/** Failures that say something of the model, and not of one scene's words, our account or the network. */
const OF_MODEL = new Set([
  "provider_run_failed",
  "provider_canceled",
  "provider_failed",
  "provider_model_unknown",
  "output_missing",
  "output_rejected",
  "clip_unreadable",
  "outcome_unknown",
]);
const UNKNOWN_MODEL = "provider_model_unknown";

/** Failures that every further result of this model will have too, as long as it is asked for the same form. */
export const isOutputForm = (why: Failure): boolean => why.code === "output_form";

/** The settings that decide the form of what a stage's models deliver. */
export function outputFormOf(
  stage: Stage,
  { aspectRatio, clipResolution }: Pick<Settings, "aspectRatio" | "clipResolution">,
): string {
  if (stage === "generate_images") return aspectRatio;
  return stage === "generate_clips" ? `${clipResolution} ${aspectRatio}` : "";
}

/** A later notice of the same kind, model and terms takes the place of an earlier one. */
export function noticeKey(notice: ModelNotice): Record<string, string> {
  const { kind, stage, model } = notice;
  return { kind, stage, model, ...(notice.kind === "replaced" ? {} : { outputForm: notice.outputForm }) };
}

type Work = Pick<Task, "type" | "model">;

interface ModelHealth {
  /** Failures in a row, since it last delivered. */
  failuresInARow: number;
  delivered: boolean;
  /** Of the newest failure. */
  lastMessage: string;
  unknown: boolean;
}

/**
 * Of one model at one stage, since a run was last asked for, or a task of the stage by name: who asks again
 * wants it asked again.
 */
function modelHealth(tasks: Iterable<Task>, project: Project, { type, model }: Work): ModelHealth {
  const own = [...tasks].filter((t) => t.type === type);
  const askedAt = Math.max(
    Date.parse(project.runRequest?.at ?? "") || 0,
    ...own.map((t) => t.retriedAt?.getTime() ?? 0),
  );
  const delivered = own
    .filter((t) => t.status === "succeeded" && t.model === model)
    .map((t) => t.updatedAt.getTime())
    .filter((at) => at >= askedAt);
  const since = Math.max(askedAt, ...delivered);
  const failures = own
    .flatMap((t) => t.failedAttempts)
    .filter((a) => a.model === model && OF_MODEL.has(a.code) && Date.parse(a.at) >= since)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const last = failures.at(-1);
  return {
    failuresInARow: failures.length,
    delivered: delivered.length > 0,
    lastMessage: last?.message ?? "",
    unknown: last?.code === UNKNOWN_MODEL,
  };
}

const isDown = ({ failuresInARow, unknown }: ModelHealth): boolean =>
  failuresInARow >= TRIAL_ORDERS || unknown;

const unusable = ({ modelNotices, settings }: Project, { type, model }: Work): ModelNotice | undefined =>
  modelNotices.find(
    (n) =>
      n.kind === "unusable" &&
      n.stage === type &&
      n.model === model &&
      n.outputForm === outputFormOf(type, settings),
  );

/** Why a model is not asked in this run, or not for this project at all; null where it may be. */
export function ruledOut(
  { project, tasks }: { project: Project; tasks: readonly Task[] },
  work: Work,
): Failure | null {
  if (work.model === null) return null;
  if (isRetired(work.model))
    return failure("model_retired", `${work.model} is not offered any more.`, {
      nextAction: "Start a run again: it sets another model, and model_notices of the project name it.",
    });
  const notice = unusable(project, work);
  if (notice)
    return failure("model_unusable", `${work.model} is not used again for this project: ${notice.message}`, {
      nextAction: "Choose another model, or retry a failed task to try this one once more.",
    });
  const health = modelHealth(tasks, project, work);
  if (health.unknown)
    return failure("model_unknown", `${work.model} is not used again in this run: ${health.lastMessage}`, {
      nextAction: "Choose another model; the operator must remove this one.",
    });
  if (!isDown(health)) return null;
  const often = `${work.model} failed ${health.failuresInARow} times in a row in this run.`;
  return failure("model_down", `${often} Its last failure: ${health.lastMessage}`, {
    retryable: true,
    nextAction: "Start a run again later, or choose another model.",
  });
}

/** Lets orders through to models: as many as one likes where it delivers, a few where nobody knows yet. */
export interface OrderGate {
  /** An order that is on its way. */
  count(task: Task): void;
  /** True takes a place. */
  admits(task: Task): boolean;
  /** When the oldest probe holds nobody back any more; null where none is under way. */
  opensAt(task: Task): Date | null;
}

export function orderGate(
  { project }: Pick<ProjectRecord, "project">,
  tasks: readonly Task[],
  now: Date,
): OrderGate {
  const places = new Map<string, { left: number; probes: Task[] }>();
  const at = (task: Task) => {
    const key = `${task.type} ${task.model}`;
    const known = places.get(key);
    if (known) return known;
    const health = modelHealth(tasks, project, task);
    const out = tasks.filter(
      (t) =>
        t.type === task.type &&
        t.model === task.model &&
        !t.cancelRequested &&
        (t.status === "running" || t.status === "waiting"),
    );
    const trials = out.filter((t) => now.getTime() - (t.claimedAt ?? t.createdAt).getTime() < TRIAL_MS);
    // What is ruled out passes: its step turns to the next supplier without an order.
    const free = health.delivered || ruledOut({ project, tasks }, task) !== null;
    const left = free
      ? Number.POSITIVE_INFINITY
      : Math.min(TRIAL_ORDERS - trials.length, MOST_TRIAL_ORDERS - out.length) - health.failuresInARow;
    const place = { left, probes: trials };
    places.set(key, place);
    return place;
  };
  const isProbed = (task: Task) => task.model !== null && TRIED_STAGES.has(task.type);
  return {
    count(task) {
      if (isProbed(task)) at(task).left--;
    },
    admits(task) {
      if (!isProbed(task)) return true;
      const place = at(task);
      if (place.left < 1) return false;
      place.left--;
      return true;
    },
    opensAt(task) {
      const since = at(task).probes.map((t) => (t.claimedAt ?? t.createdAt).getTime());
      return since.length > 0 ? new Date(Math.min(...since) + TRIAL_MS) : null;
    },
  };
}
