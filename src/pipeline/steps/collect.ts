import { failure, pollAfterMs, UNKNOWN_RESOLVED_AFTER_MS } from "../../domain/tasks.ts";
import type { Prediction } from "../../providers/ports.ts";
import { LOOK_FOR_ORPHAN_MS, webhookUrl } from "../predictions.ts";
import type { StepContext, StepResult } from "../step.ts";
import { collectClip } from "./collect-clip.ts";
import { collectImage } from "./collect-image.ts";
import { collectTranscription } from "./collect-transcription.ts";

/** Clocks of ours and the provider's may differ by this when its list is searched. */
const SKEW_MS = 120_000;

/** Looks at a prediction under way, whoever asked for the look: a webhook, a poll, or a new worker. */
export async function collect(step: StepContext): Promise<StepResult> {
  const { deps, task } = step;
  const { predictions } = deps.providers;
  const age = deps.now().getTime() - (task.claimedAt ?? task.createdAt).getTime();
  const outcome = task.providerRequestId
    ? await predictions.get(task.providerRequestId)
    : await predictions.find({
        webhookUrl: await webhookUrl(step),
        since: new Date((task.claimedAt ?? task.createdAt).getTime() - SKEW_MS),
      });
  if (outcome.kind !== "ok") {
    // A look that fails says nothing of the order, which may be running, or paid for: look again.
    const told = outcome.kind === "retry" ? (outcome.afterSeconds ?? 0) * 1000 : 0;
    deps.log("warn", "look_failed", { task: task.id, kind: outcome.kind, code: outcome.failure.code });
    return waiting(task.providerRequestId, Math.max(pollAfterMs(age), told));
  }
  const prediction = outcome.value;
  if (!prediction) {
    if (task.providerRequestId) return { kind: "lost", failure: PREDICTION_GONE };
    if (age < UNKNOWN_RESOLVED_AFTER_MS) return waiting(null, LOOK_FOR_ORPHAN_MS);
    return { kind: "again", failure: NEVER_ACCEPTED, afterSeconds: null, throttled: false, writes: [] };
  }
  return harvest({ ...step, task: { ...task, providerRequestId: prediction.id } }, prediction, age);
}

function harvest(step: StepContext, prediction: Prediction, age: number): Promise<StepResult> | StepResult {
  switch (prediction.status) {
    case "running":
      return waiting(prediction.id, pollAfterMs(age));
    case "succeeded":
      if (step.task.type === "generate_images") return collectImage(step, prediction);
      if (step.task.type === "generate_clips") return collectClip(step, prediction);
      return collectTranscription(step, prediction);
    case "failed": {
      // A run that failed is not charged (replicate.com/docs/topics/billing).
      const why = prediction.failure ?? FAILED;
      if (why.retryable)
        return { kind: "again", failure: why, afterSeconds: null, throttled: false, writes: [] };
      return { kind: "failed", failure: why, spent: false, writes: [] };
    }
    case "canceled":
      return { kind: "lost", failure: CANCELED };
  }
}

const waiting = (requestId: string | null, lookAfterMs: number): StepResult => ({
  kind: "waiting",
  requestId,
  lookAfterMs,
  writes: [],
});

const PREDICTION_GONE = failure("prediction_gone", "The provider does not know this order any more.", {
  retryable: true,
});
const NEVER_ACCEPTED = failure("not_accepted", "The order never reached the provider.", { retryable: true });
const FAILED = failure("provider_failed", "The provider failed and did not say why.", { retryable: true });
const CANCELED = failure("provider_canceled", "The provider ended the work before it was done.", {
  retryable: true,
});
