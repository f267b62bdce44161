/** After an attempt that did not bring the artifact: the same again later, another supplier, or the end. */
import { clipModel } from "../models/models.ts";
import type { Attempt, Charged, Failure, Settings, Task } from "../record/record.ts";
import type { Supplier } from "./suppliers.ts";
import { backoffMs, isPredicted, OWN_TRIES, outcomeUnknown, THROTTLED_LIMIT_MS, TRIES } from "./tasks.ts";

export interface Circumstances {
  /** Of the task's stage, in their order. */
  suppliers: readonly Supplier[];
  settings: Pick<Settings, "repeatUnknownUpToUsd">;
  now: Date;
  /** 0 to 1, the jitter of back-off. */
  random: number;
}

export type Sequel = Partial<Omit<Task, "id">> & Pick<Task, "status">;

/** Where nobody else can do it, tries are this much further apart: an outage of a minute ends no run. */
const LAST_PATIENCE = 15;

/** Attempts that are kept for people to see. */
const TRAIL = 20;

const withAttempt = (task: Task, why: Failure, charged: Charged, now: Date): Attempt[] =>
  [
    ...task.trail,
    {
      attempt: task.attempt,
      at: now.toISOString(),
      provider: task.provider,
      model: task.model,
      code: why.code,
      message: why.message,
      charged,
    },
  ].slice(-TRAIL);

/** It was not our turn: nothing was asked of anybody. */
export const postponed = (task: Task, afterMs: number, now: Date): Sequel => ({
  status: "pending",
  attempt: task.attempt + 1,
  runAfter: new Date(now.getTime() + afterMs),
});

/** The provider takes nothing for now. It costs no try, for a day. */
export function throttled(
  task: Task,
  cause: { failure: Failure; afterSeconds: number | null },
  around: Circumstances,
): Sequel {
  const { now, random } = around;
  if (now.getTime() - task.createdAt.getTime() > THROTTLED_LIMIT_MS)
    return over(task, cause.failure, "no", now);
  const wait = backoffMs(1, random) + (cause.afterSeconds ?? 0) * 1000;
  return { ...postponed(task, wait, now), error: cause.failure };
}

/** A spoiled try: of the same supplier while that may help, else of the next one that can do it. */
export function retried(
  task: Task,
  cause: {
    failure: Failure;
    afterSeconds?: number | null;
    charged: Charged;
    /** The supplier will not do it, however often it is asked. */
    leaves?: boolean;
  },
  around: Circumstances,
): Sequel {
  const { failure, charged, afterSeconds = null, leaves = false } = cause;
  const { now, random } = around;
  const tries = task.tries + 1;
  const next = elsewhere(task, failure, around.suppliers);
  const stay = !leaves && failure.retryable && tries < (task.provider === null ? OWN_TRIES : TRIES);
  if (!stay && next === null) return over(task, failure, charged, now);
  const supplier = stay || next === null ? {} : { ...supplierOf(around.suppliers, next), tries: 0 };
  const patience = next === null && task.provider !== null ? LAST_PATIENCE : 1;
  const wait = stay ? patience * backoffMs(tries, random) + (afterSeconds ?? 0) * 1000 : 0;
  return {
    tries,
    ...postponed(task, wait, now),
    ...supplier,
    error: failure,
    charged,
    trail: withAttempt(task, failure, charged, now),
  };
}

/** Nobody can tell whether it was paid for: made again only where the person allowed it beforehand. */
export function unresolved(task: Task, around: Circumstances): Sequel {
  const { settings, now } = around;
  const why = outcomeUnknown(task);
  if (task.costEstimatedUsd > settings.repeatUnknownUpToUsd) return over(task, why, "unknown", now);
  return retried(task, { failure: why, charged: "unknown" }, around);
}

/** A worker that fell silent. What it was doing decides: a look, a repetition, or a question to the person. */
export function abandoned(task: Task, why: Failure, around: Circumstances): Sequel {
  if (isPredicted(task))
    // Until now it may have sent the order: from here on is counted how long one may take to appear.
    return {
      status: "waiting",
      runAfter: around.now,
      ...(task.providerRequestId ? {} : { claimedAt: around.now }),
    };
  if (task.costEstimatedUsd > 0) return unresolved(task, around);
  return retried(task, { failure: why, charged: "no" }, around);
}

export const over = (task: Task, why: Failure, charged: Charged, now: Date): Sequel => ({
  status: "failed",
  error: why,
  charged,
  trail: withAttempt(task, why, charged, now),
});

function supplierOf(suppliers: readonly Supplier[], choice: number): Partial<Task> {
  const supplier = suppliers[choice];
  return supplier
    ? { choice, provider: supplier.provider, model: supplier.model, costEstimatedUsd: supplier.estimateUsd }
    : {};
}

const FACE = /\b(faces?|real (person|people)|likeness|celebrit)/i;

/** The next supplier that this failure does not rule out; null where there is none. */
function elsewhere(task: Task, why: Failure, suppliers: readonly Supplier[]): number | null {
  // Words that one picture model refuses are rewritten, not shopped around.
  if (why.code === "provider_refused" && task.type === "generate_images") return null;
  const account = why.code === "provider_access" || why.code === "provider_out_of_credit";
  const faces = why.code === "provider_refused" && FACE.test(why.message);
  const found = suppliers.findIndex(
    (supplier, i) =>
      i > task.choice &&
      !supplier.passedOver &&
      !(account && supplier.provider === task.provider) &&
      !(faces && clipModel(supplier.model ?? "")?.acceptsFaces === false),
  );
  return found < 0 ? null : found;
}
