import { expect, test } from "vitest";
import type { TaskMessage } from "../../../src/pipeline/messages.ts";
import { taskQueue } from "../../../src/pipeline/queue.ts";

/** A queue that records what was sent to it, and may be down. */
function remembering() {
  const batches: { bodies: TaskMessage[]; delaySeconds: number | undefined }[] = [];
  const state = { down: false };
  const metrics = { backlogCount: 0, backlogBytes: 0 };
  const queue: Queue<TaskMessage> = {
    send: () => Promise.reject(new Error("Only batches are sent")),
    sendBatch: async (messages, options) => {
      batches.push({ bodies: [...messages].map(({ body }) => body), delaySeconds: options?.delaySeconds });
      return { metadata: { metrics } };
    },
    metrics: async () => {
      if (state.down) throw new Error("Queue is down");
      return metrics;
    },
  };
  return { queue, batches, state };
}

function twoQueues() {
  const [light, heavy] = [remembering(), remembering()];
  return { light, heavy, queue: taskQueue(light.queue, heavy.queue) };
}

const wakeUp = (taskId: string, heavy?: boolean) => ({ projectId: "p", taskId, heavy });

test("heavy wake-ups go into their own queue, all others into the other, each in order", async () => {
  const { light, heavy, queue } = twoQueues();
  await queue.send([wakeUp("a"), wakeUp("b", true), wakeUp("c", false), wakeUp("d", true)]);
  expect(light.batches.map((b) => b.bodies.map((m) => m.task))).toEqual([["a", "c"]]);
  expect(heavy.batches.map((b) => b.bodies.map((m) => m.task))).toEqual([["b", "d"]]);
});

test("a message names the request that led to it", async () => {
  const { light, queue } = twoQueues();
  await queue.send([{ ...wakeUp("a"), requestId: "request-1" }]);
  expect(light.batches[0]?.bodies[0]).toMatchObject({ task: "a", request: "request-1" });
});

test("more wake-ups than the platform takes at once are sent in parts", async () => {
  const { heavy, light, queue } = twoQueues();
  await queue.send(Array.from({ length: 250 }, (_, i) => wakeUp(String(i), true)));
  expect(heavy.batches.map((b) => b.bodies.length)).toEqual([100, 100, 50]);
  expect(light.batches).toEqual([]);
});

test.each([
  [undefined, 0],
  [10, 10],
])("sent with %s, a message waits %i seconds", async (asked, delaySeconds) => {
  const { heavy, queue } = twoQueues();
  await queue.send([{ ...wakeUp("a", true), requeues: 2 }], asked);
  expect(heavy.batches).toEqual([
    { bodies: [expect.objectContaining({ v: 1, task: "a", requeues: 2 })], delaySeconds },
  ]);
});

test.each(["light", "heavy"] as const)("a ping fails where the %s queue is down", async (name) => {
  const queues = twoQueues();
  await queues.queue.ping();
  queues[name].state.down = true;
  await expect(queues.queue.ping()).rejects.toThrow("Queue is down");
});
