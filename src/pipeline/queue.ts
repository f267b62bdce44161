import type { TaskQueue } from "../deps.ts";
import type { TaskMessage } from "./messages.ts";

/** The platform's limit on one `sendBatch`. */
const BATCH = 100;

export function taskQueue(queue: Queue<TaskMessage>): TaskQueue {
  return {
    async send(wakeUps) {
      const messages = wakeUps.map(({ projectId, taskId, ownerId, attempt, predictionId }) => ({
        body: {
          v: 1 as const,
          project: projectId,
          task: taskId,
          owner: ownerId,
          attempt,
          prediction: predictionId,
        },
      }));
      for (let i = 0; i < messages.length; i += BATCH) await queue.sendBatch(messages.slice(i, i + BATCH));
    },
    async ping() {
      await queue.metrics();
    },
  };
}
