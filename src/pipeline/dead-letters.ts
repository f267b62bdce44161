import { failure } from "../domain/record/failures.ts";
import { rootCause } from "../errors.ts";
import type { Deps } from "../ports/deps.ts";
import { TaskMessage } from "./messages.ts";

/**
 * The consumer of the dead-letter queue: messages whose every delivery failed. A task that still waits for a
 * worker fails, with a reason that the person can read. Does not throw.
 */
export async function handleDeadLetters(batch: MessageBatch, deps: Deps): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const parsed = TaskMessage.safeParse(message.body);
      if (!parsed.success) return message.ack();
      const { project, task, request, prediction } = parsed.data;
      try {
        deps.log("error", "dead_letter", { project, task, request });
        // The result that a webhook announced is found by the next poll.
        if (!prediction) await deps.store.fail({ projectId: project, taskId: task }, UNDELIVERABLE);
        await deps.coordinator(project).wake(request);
        message.ack();
      } catch (error) {
        deps.log("error", "dead_letter_kept", { project, task, request, error: rootCause(error) });
        message.retry({ delaySeconds: 60 });
      }
    }),
  );
}

const UNDELIVERABLE = failure("undeliverable", "This task could not be started after several attempts.", {
  retryable: true,
  nextAction: "Start a run again; if it fails again, give the operator the id of the job.",
});
