import type { Fact, StepResult } from "../../domain/controller/settlement.ts";
import { policyOf } from "../../domain/controller/stages/index.ts";
import { pollIntervalMs } from "../../domain/controller/tasks.ts";
import { callbackToken } from "../../providers/webhook.ts";
import { fromOutcome } from "./outcome.ts";
import type { StepContext } from "./step.ts";

/**
 * How long after an order whose answer was lost the provider's list is searched for it, and how often again.
 */
export const FIND_LOST_ORDER_MS = 15_000;

/**
 * How long an address that a provider reads a file from is valid: a run may be queued, and take half an hour.
 */
export const PROVIDER_URL_SECONDS = 6 * 3600;

/**
 * The address of the webhook for this attempt: names project, task and attempt, and carries our token for
 * them.
 */
export function webhookUrl({ deps, task }: StepContext): string {
  const { callbackSecret, publicUrl } = deps.config;
  const { projectId, id, attempt } = task;
  const token = callbackToken(callbackSecret, { projectId, taskId: id, attempt });
  return `${publicUrl}/webhooks/replicate/${projectId}/${id}/${attempt}?t=${token}`;
}

/**
 * Orders the prediction of this attempt, once. The task then waits for it, also where the answer was lost:
 * the webhook or the provider's list shows what became of the order, and nothing is bought twice. `facts`
 * makes the facts that are committed with the order; the prediction's id is null where it is not known.
 * Throws if the stage's policy has no `cancelAfterSeconds`.
 */
export async function orderPrediction(
  step: StepContext,
  order: { model: string; input: Record<string, unknown> },
  facts: (predictionId: string | null) => Fact[],
): Promise<StepResult> {
  const { cancelAfterSeconds } = policyOf(step.task.type);
  if (cancelAfterSeconds === null)
    throw new Error(`The stage ${step.task.type} is never ordered as a prediction`);
  const outcome = await step.deps.providers.predictions.create({
    ...order,
    webhookUrl: webhookUrl(step),
    cancelAfterSeconds,
  });
  if (outcome.kind === "ok")
    return {
      kind: "waiting",
      requestId: outcome.value.id,
      pollAfterMs: pollIntervalMs(0),
      facts: facts(outcome.value.id),
    };
  if (outcome.kind === "unknown")
    return {
      kind: "waiting",
      requestId: null,
      pollAfterMs: FIND_LOST_ORDER_MS,
      facts: facts(null),
      sent: true,
    };
  return fromOutcome(outcome);
}
