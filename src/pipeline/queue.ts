import type { TaskQueue, WakeUp } from "../ports/work.ts";
import type { TaskMessage } from "./messages.ts";

/** The platform's limit on one `sendBatch`. */
const BATCH = 100;

/** Whether this queue, by its name in wrangler.toml, is the one of heavy work. */
export const isHeavyQueue = (queue: string): boolean => queue.endsWith("-heavy");

/** The port over the bindings TASKS and HEAVY_TASKS. */
export function taskQueue(light: Queue<TaskMessage>, heavy: Queue<TaskMessage>): TaskQueue {
  async function put(queue: Queue<TaskMessage>, wakeUps: WakeUp[], delaySeconds: number): Promise<void> {
    const messages = wakeUps.map((wakeUp) => ({ body: messageOf(wakeUp) }));
    for (let i = 0; i < messages.length; i += BATCH)
      await queue.sendBatch(messages.slice(i, i + BATCH), { delaySeconds });
  }
  return {
    async send(wakeUps, afterSeconds = 0) {
      const isHeavy = (wakeUp: WakeUp) => wakeUp.heavy === true;
      await put(
        light,
        wakeUps.filter((wakeUp) => !isHeavy(wakeUp)),
        afterSeconds,
      );
      await put(heavy, wakeUps.filter(isHeavy), afterSeconds);
    },
    async ping() {
      await Promise.all([light.metrics(), heavy.metrics()]);
    },
  };
}

export const messageOf = ({
  projectId,
  taskId,
  ownerId,
  requestId,
  requeues,
  attempt,
  predictionId,
}: WakeUp): TaskMessage => ({
  v: 1,
  project: projectId,
  task: taskId,
  owner: ownerId,
  request: requestId,
  requeues,
  attempt,
  prediction: predictionId,
});
