import type { Fact, StepResult } from "../domain/controller/settlement.ts";
import { cancelAfterSeconds, pollIntervalMs } from "../domain/controller/tasks.ts";
import { callbackToken } from "../providers/webhook.ts";
import { fromOutcome } from "./outcome.ts";
import type { StepContext } from "./step.ts";

/** An unanswered create: the provider's list is asked after this. */
export const FIND_ORPHAN_MS = 15_000;

/** Where the provider reports to: it names the job's task and attempt, and carries our own signature. */
export function webhookUrl({ deps, task }: StepContext): string {
  const { callbackSecret, publicUrl } = deps.config;
  const { projectId, id, attempt } = task;
  const token = callbackToken(callbackSecret, { projectId, taskId: id, attempt });
  return `${publicUrl}/webhooks/replicate/${projectId}/${id}/${attempt}?t=${token}`;
}

/**
 * One create for this attempt, and the task waits for it. Its answer lost, the task waits all the
 * same: the webhook or the provider's list tells what became of it, and nothing is bought twice.
 */
export async function submit(
  step: StepContext,
  order: { model: string; input: Record<string, unknown> },
  facts: (predictionId: string | null) => Fact[],
): Promise<StepResult> {
  const outcome = await step.deps.providers.predictions.create({
    ...order,
    webhookUrl: webhookUrl(step),
    cancelAfterSeconds: cancelAfterSeconds(step.task.type),
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
      pollAfterMs: FIND_ORPHAN_MS,
      facts: facts(null),
      sent: true,
    };
  return fromOutcome(outcome);
}
