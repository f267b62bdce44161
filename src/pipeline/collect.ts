import type { StepResult } from "../domain/controller/settlement.ts";
import { pollIntervalMs, UNKNOWN_RESOLVED_AFTER_MS } from "../domain/controller/tasks.ts";
import { failure } from "../domain/record/failures.ts";
import type { Prediction } from "../ports/providers.ts";
import { FIND_LOST_ORDER_MS, webhookUrl } from "./lib/predictions.ts";
import type { PredictedSteps, StepContext } from "./lib/step.ts";
import { collectorOf } from "./stages/index.ts";

/** How much our clock and the provider's may differ, when its list is searched by time. */
const SKEW_MS = 900_000;

/**
 * Polls a prediction under way, after a webhook, when a poll is due, or after a worker's lease expired. One
 * that the person canceled is canceled at the provider; if it had succeeded before that, its output is kept.
 * Throws if the stage is never ordered as a prediction.
 */
export async function collect(step: StepContext): Promise<StepResult> {
  const { deps, task } = step;
  const collectOutput = collectorOf(task.type);
  const { predictions } = deps.providers;
  const since = (task.claimedAt ?? task.createdAt).getTime();
  const age = step.now().getTime() - since;
  const outcome = task.providerRequestId
    ? await (task.cancelRequested ? predictions.cancel : predictions.get)(task.providerRequestId)
    : await predictions.find({ webhookUrl: webhookUrl(step), since: new Date(since - SKEW_MS) });
  if (outcome.kind !== "ok") {
    // A failed poll says nothing about the order, which may be running or paid for: poll again.
    const retryAfterMs = outcome.kind === "retry" ? (outcome.afterSeconds ?? 0) * 1000 : 0;
    deps.log("warn", "poll_failed", { task: task.id, kind: outcome.kind, code: outcome.failure.code });
    return waiting(task.providerRequestId, Math.max(pollIntervalMs(age), retryAfterMs));
  }
  const prediction = outcome.value;
  if (prediction)
    return settlePrediction({ ...step, task: { ...task, providerRequestId: prediction.id } }, prediction, {
      age,
      collectOutput,
    });
  // The provider accepted the order and does not know it any more.
  if (task.providerRequestId)
    return task.cancelRequested
      ? { kind: "canceled", charged: "unknown" }
      : { kind: "unknown", failure: PREDICTION_GONE };
  if (age < UNKNOWN_RESOLVED_AFTER_MS) return waiting(null, FIND_LOST_ORDER_MS);
  if (task.cancelRequested) return { kind: "canceled", charged: "no" };
  return { kind: "retry", failure: NEVER_ACCEPTED, afterSeconds: null, throttled: false };
}

function settlePrediction(
  step: StepContext,
  prediction: Prediction,
  { age, collectOutput }: { age: number; collectOutput: PredictedSteps["collect"] },
): Promise<StepResult> | StepResult {
  const { task } = step;
  switch (prediction.status) {
    case "running":
      // An order that was found in the list is canceled at the next poll, by its id.
      return waiting(prediction.id, task.cancelRequested ? CANCEL_POLL_MS : pollIntervalMs(age));
    case "succeeded":
      return collectOutput(step, prediction);
    case "failed": {
      if (task.cancelRequested) return { kind: "canceled", charged: "no" };
      // A run that failed is not charged (replicate.com/docs/topics/billing).
      const { refused: _, ...why } = prediction.failure ?? { ...FAILED, refused: false };
      if (why.retryable) return { kind: "retry", failure: why, afterSeconds: null, throttled: false };
      return { kind: "declined", failure: why, spent: false };
    }
    case "canceled": {
      // A prediction that had begun may be charged (replicate.com/docs/topics/predictions/lifecycle).
      const charged = prediction.predictSeconds ? "unknown" : "no";
      if (task.cancelRequested) return { kind: "canceled", charged };
      return charged === "no"
        ? { kind: "retry", failure: ENDED, afterSeconds: null, throttled: false }
        : { kind: "bad_output", failure: ENDED, costUsd: null, charged };
    }
  }
}

const CANCEL_POLL_MS = 3_000;

const waiting = (requestId: string | null, pollAfterMs: number): StepResult => ({
  kind: "waiting",
  requestId,
  pollAfterMs,
  facts: [],
});

const PREDICTION_GONE = failure("prediction_gone", "The provider no longer knows this order.", {
  retryable: true,
});
const NEVER_ACCEPTED = failure("not_accepted", "The order never reached the provider.", { retryable: true });
const FAILED = failure("provider_failed", "The provider failed and did not say why.", { retryable: true });
const ENDED = failure("provider_canceled", "The provider ended the work before it was done.", {
  retryable: true,
});
