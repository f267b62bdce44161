/**
 * What happens to a task after an attempt without a result: another try later, the next supplier, or failure.
 */
import { clipModel } from "../models/models.ts";
import type { Charged, FailedAttempt, Failure, Settings, Task } from "../record/record.ts";
import { policyOf } from "./stages/index.ts";
import type { Supplier } from "./suppliers.ts";
import {
  backoffMs,
  isPrediction,
  MAX_OWN_FAILURES,
  MAX_SUPPLIER_FAILURES,
  outcomeUnknown,
  THROTTLED_LIMIT_MS,
} from "./tasks.ts";

export interface RetryContext {
  /** The suppliers of the task, in the order in which they are tried. */
  suppliers: readonly Supplier[];
  settings: Pick<Settings, "repeatUnknownUpToUsd">;
  now: Date;
  /** 0 to 1, the jitter of back-off. */
  random: number;
}

/** The columns of a task to set after an attempt. */
export type TaskUpdate = Partial<Omit<Task, "id">> & Pick<Task, "status">;

/**
 * Back-off is this much longer if there is no further supplier, so that an outage of a minute does not fail
 * the task.
 */
const LAST_SUPPLIER_BACKOFF = 15;

/** Newest failed attempts that a task keeps, for people to see. */
const MAX_FAILED_ATTEMPTS = 20;

const withAttempt = (task: Task, why: Failure, charged: Charged, now: Date): FailedAttempt[] =>
  [
    ...task.failedAttempts,
    {
      attempt: task.attempt,
      at: now.toISOString(),
      provider: task.provider,
      model: task.model,
      code: why.code,
      message: why.message,
      charged,
    },
  ].slice(-MAX_FAILED_ATTEMPTS);

/** Back to pending, to be claimed after `afterMs`; counts no failure. */
export const delayTask = (task: Task, afterMs: number, now: Date): TaskUpdate => ({
  status: "pending",
  attempt: task.attempt + 1,
  runAfter: new Date(now.getTime() + afterMs),
});

/** The provider answered 429: tried again later without counting a failure, for at most a day. */
export function onThrottled(
  task: Task,
  cause: { failure: Failure; afterSeconds: number | null },
  context: RetryContext,
): TaskUpdate {
  const { now, random } = context;
  if (now.getTime() - task.createdAt.getTime() > THROTTLED_LIMIT_MS)
    return failTask(task, cause.failure, "no", now);
  const wait = backoffMs(1, random) + (cause.afterSeconds ?? 0) * 1000;
  return { ...delayTask(task, wait, now), error: cause.failure };
}

/**
 * A failed attempt: tried again with the same supplier while that may help, else with the next one that can
 * do it.
 */
export function onFailedAttempt(
  task: Task,
  cause: {
    failure: Failure;
    afterSeconds?: number | null;
    charged: Charged;
    /** The supplier declined: asking it again does not help. */
    leaves?: boolean;
  },
  context: RetryContext,
): TaskUpdate {
  const { failure, charged, afterSeconds = null, leaves = false } = cause;
  const { now, random } = context;
  const supplierFailures = task.supplierFailures + 1;
  const next = nextSupplier(task, failure, context.suppliers);
  const stay =
    !leaves &&
    failure.retryable &&
    supplierFailures < (task.provider === null ? MAX_OWN_FAILURES : MAX_SUPPLIER_FAILURES);
  if (!stay && next === null) return failTask(task, failure, charged, now);
  const supplier =
    stay || next === null ? {} : { ...supplierOf(context.suppliers, next), supplierFailures: 0 };
  const factor = next === null && task.provider !== null ? LAST_SUPPLIER_BACKOFF : 1;
  const wait = stay ? factor * backoffMs(supplierFailures, random) + (afterSeconds ?? 0) * 1000 : 0;
  return {
    supplierFailures,
    ...delayTask(task, wait, now),
    ...supplier,
    error: failure,
    charged,
    failedAttempts: withAttempt(task, failure, charged, now),
  };
}

/**
 * It is unknown whether the attempt was paid for: repeated only up to the price that the person allowed in
 * the settings.
 */
export function onOutcomeUnknown(task: Task, context: RetryContext): TaskUpdate {
  const { settings, now } = context;
  const why = outcomeUnknown(task);
  if (task.costEstimatedUsd > settings.repeatUnknownUpToUsd) return failTask(task, why, "unknown", now);
  return onFailedAttempt(task, { failure: why, charged: "unknown" }, context);
}

/**
 * The worker let its lease expire. An order at Replicate is polled, which finds it if it was sent; another
 * paid call has an unknown outcome; unpaid work is tried again.
 */
export function onLeaseExpired(task: Task, why: Failure, context: RetryContext): TaskUpdate {
  if (isPrediction(task))
    // The worker may have sent the order until now, so the time that an order may take to appear is counted
    // from now.
    return {
      status: "waiting",
      runAfter: context.now,
      ...(task.providerRequestId ? {} : { claimedAt: context.now }),
    };
  if (task.costEstimatedUsd > 0) return onOutcomeUnknown(task, context);
  return onFailedAttempt(task, { failure: why, charged: "no" }, context);
}

/** The task fails for good in this run. */
export const failTask = (task: Task, why: Failure, charged: Charged, now: Date): TaskUpdate => ({
  status: "failed",
  error: why,
  charged,
  failedAttempts: withAttempt(task, why, charged, now),
});

function supplierOf(suppliers: readonly Supplier[], supplierIndex: number): Partial<Task> {
  const supplier = suppliers[supplierIndex];
  return supplier
    ? {
        supplierIndex,
        provider: supplier.provider,
        model: supplier.model,
        costEstimatedUsd: supplier.estimateUsd,
      }
    : {};
}

const FACE = /\b(faces?|real (person|people)|likeness|celebrit)/i;

/**
 * Index of the next supplier that neither this failure nor its own skip reason rules out; null if there is
 * none.
 */
function nextSupplier(task: Task, why: Failure, suppliers: readonly Supplier[]): number | null {
  if (why.code === "provider_refused" && !policyOf(task.type).offersRefused) return null;
  const account = why.code === "provider_access" || why.code === "provider_out_of_credit";
  const faces = why.code === "provider_refused" && FACE.test(why.message);
  const found = suppliers.findIndex(
    (supplier, i) =>
      i > task.supplierIndex &&
      !supplier.skipReason &&
      !(account && supplier.provider === task.provider) &&
      !(faces && clipModel(supplier.model ?? "")?.acceptsFaces === false),
  );
  return found < 0 ? null : found;
}
