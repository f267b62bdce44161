import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Settlement } from "../../../src/domain/controller/settlement.ts";
import { LEASE_MS } from "../../../src/domain/controller/tasks.ts";
import { draft, jpeg } from "../../support/answers.ts";
import { openPipeline, type Pipeline } from "../../support/pipeline.ts";
import { file, ok, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterEach(() => pipeline.meets());
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;

async function sent() {
  const studio = pipeline.studio();
  const { id, ownerId } = await staged(studio, "generate_images");
  const [message] = await studio.wake(id);
  const ids = { projectId: id, taskId: message?.task ?? "" };
  return { studio, id, ownerId, message, ids, store: studio.deps.store };
}
const spent: Settlement = {
  set: { status: "succeeded", error: null },
  reservation: { kind: "spend", usd: IMAGE_USD },
  facts: [],
};

describe.each([
  ["lost after it was done", "drop_after"],
  ["cut off in the middle of the answer", "cut_answer"],
  ["lost before it was done", "drop_before"],
] as const)("a claim %s", (_, mishap) => {
  test("is found again by its claim id: one attempt, reserved once, ordered once", async () => {
    const { studio, id, ownerId, message } = await sent();
    studio.script.create.next(running("p1"));
    pipeline.meets(mishap);
    expect(await studio.deliver([message])).toEqual(["ack"]);
    expect(studio.script.create.calls).toHaveLength(1);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 1, providerRequestId: "p1" });
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
    expect(await studio.account(ownerId)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  });

  test("for a poll is a poll again, and not a new order", async () => {
    const { studio, id, message } = await sent();
    studio.script.create.next(running("p1"));
    await studio.deliver([message]);
    studio.script.get.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    pipeline.meets(mishap);
    expect(await studio.deliver([message])).toEqual(["ack"]);
    expect(studio.script.create.calls).toHaveLength(1);
    expect(await studio.task(id)).toMatchObject({ status: "succeeded" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
  });
});

test("a claim whose answer was lost is no other worker's", async () => {
  const { studio, id, ids, store } = await sent();
  pipeline.meets("drop_after");
  const kinds = await Promise.all([store.claim(ids), store.claim(ids), store.claim(ids)]);
  expect(kinds.map((k) => k.kind).toSorted()).toEqual(["claimed", "not_now", "not_now"]);
  expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
});

describe.each(["drop_after", "cut_answer", "drop_before"] as const)(
  "a settlement with the fault %s",
  (mishap) => {
    test("is written once, and returns true", async () => {
      const { studio, id, ownerId, ids, store } = await sent();
      const task = await studio.claimed(ids.projectId, ids.taskId);
      pipeline.meets(mishap);
      expect(await store.settle(task, spent)).toBe(true);
      expect(await studio.task(id)).toMatchObject({ status: "succeeded", leaseUntil: null });
      expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
      expect(await studio.account(ownerId)).toEqual({ reserved: 0, spent: IMAGE_USD });
    });

    test("of an attempt that was taken over is not written, and returns false", async () => {
      const { studio, id, ids, store } = await sent();
      const stale = await studio.claimed(ids.projectId, ids.taskId);
      studio.advance(LEASE_MS);
      await studio.wake(id);
      const newer = await studio.claimed(ids.projectId, ids.taskId);
      pipeline.meets(mishap);
      expect(await store.settle(stale, spent)).toBe(false);
      expect(await studio.task(id)).toMatchObject({ status: "running", claimId: newer.claimId });
      expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
      expect(await store.settle(newer, spent)).toBe(true);
      expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
    });

    test("of an attempt whose lease expired is not written, and returns false", async () => {
      const { studio, id, ids, store } = await sent();
      const stale = await studio.claimed(ids.projectId, ids.taskId);
      studio.advance(LEASE_MS);
      await studio.wake(id);
      pipeline.meets(mishap);
      expect(await store.settle(stale, spent)).toBe(false);
      expect(await studio.task(id)).toMatchObject({ status: "waiting", claimId: null });
    });
  },
);

test("a step whose settlement's answer was lost is not repeated by its message: its prompt is there once", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_prompts");
  const [message] = await studio.wake(id);
  studio.script.writePrompt.next(async () => {
    // The next request is the settlement.
    pipeline.meets("drop_after");
    return ok(draft, 0.001);
  });
  expect(await studio.deliver([message])).toEqual(["ack"]);
  expect(await studio.deliver([message])).toEqual(["ack"]);
  expect((await studio.record(id)).prompts).toHaveLength(1);
  expect(studio.script.writePrompt.calls).toHaveLength(1);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.001 });
  expect(studio.logged).not.toContain("step_crashed");
});

test("a plan whose answer was lost changes nothing the second time", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images", { scenes: 2 });
  const { changes } = await studio.plan(id);
  pipeline.meets("drop_after");
  await studio.deps.store.apply(id, changes);
  const record = await studio.record(id);
  expect(record.jobs).toHaveLength(1);
  expect(record.tasks).toHaveLength(2);
  expect((await studio.plan(id)).changes).toEqual([]);
});
