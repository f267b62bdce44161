/**
 * Model health and trial orders. A model of images or clips that has not delivered in this run gets a few
 * trial orders first (see `trialLimited` of a stage's policy), and one that fails several times in a row is
 * not asked again in this run: so a broken model costs the money and time of a few orders, and not of one for
 * each scene.
 */

import { isRetired } from "../models/models.ts";
import { failure } from "../record/failures.ts";
import type {
  Failure,
  FailureCode,
  ModelNotice,
  Project,
  ProjectRecord,
  Settings,
  Stage,
  Task,
} from "../record/record.ts";
import { policyOf } from "./stages/index.ts";

/**
 * Trial orders that may be under way at a model; and failures in a row after which it is not asked again in
 * this run.
 */
export const TRIAL_ORDERS = 3;
/** A trial order that takes longer lets another one start. */
const TRIAL_MS = 300_000;
/** Trial orders under way in all, those that take longer included. */
const MAX_TRIAL_ORDERS = 2 * TRIAL_ORDERS;

/** Codes that count against a model. Failures of one scene's prompt, our account or the network do not. */
const OF_MODEL = new Set<FailureCode>([
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

/**
 * Whether the output has an unusable form: every further result of the model in the same output form will
 * have it, too.
 */
export const isUnusableOutputForm = (failure: Failure): boolean => failure.code === "output_form";

/**
 * The output form: the settings that decide the form of what a stage's models deliver, such as `720p 16:9`;
 * else empty.
 */
export const outputFormOf = (
  stage: Stage,
  settings: Pick<Settings, "aspectRatio" | "clipResolution">,
): string => policyOf(stage).outputForm(settings);

/** Members that identify a notice: a later one with the same values replaces it. */
export function noticeKey(notice: ModelNotice): Record<string, string> {
  const { kind, stage, model } = notice;
  return { kind, stage, model, ...(notice.kind === "replaced" ? {} : { outputForm: notice.outputForm }) };
}

/** A model at a stage. */
type ModelUse = Pick<Task, "type" | "model">;

interface ModelHealth {
  /** Failures since it last delivered. */
  failuresInARow: number;
  delivered: boolean;
  /** Message of the newest failure; empty if there is none. */
  lastMessage: string;
  /** Whether the provider does not know the model. */
  unknown: boolean;
}

/**
 * The health of one model at one stage, counted since the last run request or retry of a task of the stage: a
 * person who asks again wants the model tried again.
 */
function modelHealth(tasks: Iterable<Task>, project: Project, { type, model }: ModelUse): ModelHealth {
  const own = [...tasks].filter((t) => t.type === type);
  const requestedAt = Math.max(
    Date.parse(project.runRequest?.at ?? "") || 0,
    ...own.map((t) => t.retriedAt?.getTime() ?? 0),
  );
  const delivered = own
    .filter((t) => t.status === "succeeded" && t.model === model)
    .map((t) => t.updatedAt.getTime())
    .filter((at) => at >= requestedAt);
  const since = Math.max(requestedAt, ...delivered);
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

const unusable = ({ modelNotices, settings }: Project, { type, model }: ModelUse): ModelNotice | undefined =>
  modelNotices.find(
    (n) =>
      n.kind === "unusable" &&
      n.stage === type &&
      n.model === model &&
      n.outputForm === outputFormOf(type, settings),
  );

/** Why a model is not asked in this run, or never for this project; null if it may be asked. */
export function ruledOut(
  { project, tasks }: { project: Project; tasks: readonly Task[] },
  use: ModelUse,
): Failure | null {
  if (use.model === null) return null;
  if (isRetired(use.model))
    return failure("model_retired", `${use.model} is not offered any more.`, {
      nextAction: "Start a run again: it sets another model, and model_notices of the project name it.",
    });
  const notice = unusable(project, use);
  if (notice)
    return failure("model_unusable", `${use.model} is not used again for this project: ${notice.message}`, {
      nextAction: "Choose another model, or retry a failed task to try this one once more.",
    });
  const health = modelHealth(tasks, project, use);
  if (health.unknown)
    return failure("model_unknown", `${use.model} is not used again in this run: ${health.lastMessage}`, {
      nextAction: "Choose another model; the operator must remove this one.",
    });
  if (!isDown(health)) return null;
  const often = `${use.model} failed ${health.failuresInARow} times in a row in this run.`;
  return failure("model_down", `${often} Its last failure: ${health.lastMessage}`, {
    retryable: true,
    nextAction: "Start a run again later, or choose another model.",
  });
}

/**
 * Limits trial orders: any number of orders to a model that has delivered in this run, else a few at a time.
 */
export interface OrderGate {
  /** Counts an order whose message was sent but not claimed yet. */
  count(task: Task): void;
  /** Whether the task may order now; if so, the order is counted. */
  admits(task: Task): boolean;
  /** When the oldest trial order lets another one start; null if none is under way. */
  opensAt(task: Task): Date | null;
}

export function orderGate(
  { project }: Pick<ProjectRecord, "project">,
  tasks: readonly Task[],
  now: Date,
): OrderGate {
  const byModel = new Map<string, { left: number; trials: Task[] }>();
  const trialsOf = (task: Task) => {
    const key = `${task.type} ${task.model}`;
    const known = byModel.get(key);
    if (known) return known;
    const health = modelHealth(tasks, project, task);
    const underWay = tasks.filter(
      (t) =>
        t.type === task.type &&
        t.model === task.model &&
        !t.cancelRequested &&
        (t.status === "running" || t.status === "waiting"),
    );
    const trials = underWay.filter((t) => now.getTime() - (t.claimedAt ?? t.createdAt).getTime() < TRIAL_MS);
    // A task whose model is ruled out passes: its attempt moves on to the next supplier without an order.
    const unlimited = health.delivered || ruledOut({ project, tasks }, task) !== null;
    const left = unlimited
      ? Number.POSITIVE_INFINITY
      : Math.min(TRIAL_ORDERS - trials.length, MAX_TRIAL_ORDERS - underWay.length) - health.failuresInARow;
    const counted = { left, trials };
    byModel.set(key, counted);
    return counted;
  };
  const isTrialLimited = (task: Task) => task.model !== null && policyOf(task.type).trialLimited;
  return {
    count(task) {
      if (isTrialLimited(task)) trialsOf(task).left--;
    },
    admits(task) {
      if (!isTrialLimited(task)) return true;
      const counted = trialsOf(task);
      if (counted.left < 1) return false;
      counted.left--;
      return true;
    },
    opensAt(task) {
      const since = trialsOf(task).trials.map((t) => (t.claimedAt ?? t.createdAt).getTime());
      return since.length > 0 ? new Date(Math.min(...since) + TRIAL_MS) : null;
    },
  };
}
