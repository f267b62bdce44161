/** After an attempt that did not bring the artifact: the same again later, another supplier, or the end. */
import { clipModel } from "../models/models.ts";
import type { Charged, FailedAttempt, Failure, Settings, Task } from "../record/record.ts";
import type { Supplier } from "./suppliers.ts";
import {
  backoffMs,
  isPredicted,
  MOST_OWN_FAILURES,
  MOST_SUPPLIER_FAILURES,
  outcomeUnknown,
  THROTTLED_LIMIT_MS,
} from "./tasks.ts";

export interface RetryContext {
  /** Of the task's stage, in their order. */
  suppliers: readonly Supplier[];
  settings: Pick<Settings, "repeatUnknownUpToUsd">;
  now: Date;
  /** 0 to 1, the jitter of back-off. */
  random: number;
}

export type TaskUpdate = Partial<Omit<Task, "id">> & Pick<Task, "status">;

/** Where nobody else can do it, tries are this much further apart: an outage of a minute ends no run. */
const LAST_SUPPLIER_BACKOFF = 15;

/** Attempts that are kept for people to see. */
const MOST_FAILED_ATTEMPTS = 20;

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
  ].slice(-MOST_FAILED_ATTEMPTS);

/** It was not our turn: nothing was asked of anybody. */
export const delay = (task: Task, afterMs: number, now: Date): TaskUpdate => ({
  status: "pending",
  attempt: task.attempt + 1,
  runAfter: new Date(now.getTime() + afterMs),
});

/** The provider takes nothing for now. It costs no try, for a day. */
export function onThrottled(
  task: Task,
  cause: { failure: Failure; afterSeconds: number | null },
  around: RetryContext,
): TaskUpdate {
  const { now, random } = around;
  if (now.getTime() - task.createdAt.getTime() > THROTTLED_LIMIT_MS)
    return fail(task, cause.failure, "no", now);
  const wait = backoffMs(1, random) + (cause.afterSeconds ?? 0) * 1000;
  return { ...delay(task, wait, now), error: cause.failure };
}

/** A spoiled try: of the same supplier while that may help, else of the next one that can do it. */
export function onFailedAttempt(
  task: Task,
  cause: {
    failure: Failure;
    afterSeconds?: number | null;
    charged: Charged;
    /** The supplier will not do it, however often it is asked. */
    leaves?: boolean;
  },
  around: RetryContext,
): TaskUpdate {
  const { failure, charged, afterSeconds = null, leaves = false } = cause;
  const { now, random } = around;
  const supplierFailures = task.supplierFailures + 1;
  const next = nextSupplier(task, failure, around.suppliers);
  const stay =
    !leaves &&
    failure.retryable &&
    supplierFailures < (task.provider === null ? MOST_OWN_FAILURES : MOST_SUPPLIER_FAILURES);
  if (!stay && next === null) return fail(task, failure, charged, now);
  const supplier =
    stay || next === null ? {} : { ...supplierOf(around.suppliers, next), supplierFailures: 0 };
  const patience = next === null && task.provider !== null ? LAST_SUPPLIER_BACKOFF : 1;
  const wait = stay ? patience * backoffMs(supplierFailures, random) + (afterSeconds ?? 0) * 1000 : 0;
  return {
    supplierFailures,
    ...delay(task, wait, now),
    ...supplier,
    error: failure,
    charged,
    failedAttempts: withAttempt(task, failure, charged, now),
  };
}

/** Nobody can tell whether it was paid for: made again only where the person allowed it beforehand. */
export function onOutcomeUnknown(task: Task, around: RetryContext): TaskUpdate {
  const { settings, now } = around;
  const why = outcomeUnknown(task);
  if (task.costEstimatedUsd > settings.repeatUnknownUpToUsd) return fail(task, why, "unknown", now);
  return onFailedAttempt(task, { failure: why, charged: "unknown" }, around);
}

/** A worker that fell silent. What it was doing decides: a look, a repetition, or a question to the person. */
export function onLeaseExpired(task: Task, why: Failure, around: RetryContext): TaskUpdate {
  if (isPredicted(task))
    // Until now it may have sent the order: from here on is counted how long one may take to appear.
    return {
      status: "waiting",
      runAfter: around.now,
      ...(task.providerRequestId ? {} : { claimedAt: around.now }),
    };
  if (task.costEstimatedUsd > 0) return onOutcomeUnknown(task, around);
  return onFailedAttempt(task, { failure: why, charged: "no" }, around);
}

export const fail = (task: Task, why: Failure, charged: Charged, now: Date): TaskUpdate => ({
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

/** The next supplier that this failure does not rule out; null where there is none. */
function nextSupplier(task: Task, why: Failure, suppliers: readonly Supplier[]): number | null {
  // Words that one picture model refuses are rewritten, not shopped around.
  if (why.code === "provider_refused" && task.type === "generate_images") return null;
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
