import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEASE_MS, UNKNOWN_RESOLVED_AFTER_MS, WAIT_LIMIT_MS } from "../../../src/domain/controller/tasks.ts";
import { imageKey } from "../../../src/domain/record/keys.ts";
import { jpeg } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { brokeDown, canceled, ended, file, ok, retry, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;
const POLL_MS = 5_000;
const LOOK_FOR_ORPHAN_MS = 15_000;
/** Longer than any back-off after an early attempt. */
const BACK_OFF_MS = 30_000;

/** What a verified webhook sends to the queue. */
async function webhook(studio: Studio, id: string, prediction: string, attempt = 1) {
  const task = (await studio.task(id)).id;
  return { v: 1, project: id, task, attempt, prediction };
}

const imagesOf = async (studio: Studio, id: string) =>
  (await studio.record(id)).images.toSorted((a, b) => (a.id < b.id ? -1 : 1));

describe("a create whose answer was lost", () => {
  /** The task waits, with a pending row, and the order's id is not known. */
  async function lost() {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    studio.script.create.next(ended("unknown"));
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 1, providerRequestId: null });
    expect(await imagesOf(studio, id)).toMatchObject([{ status: "pending", replicatePredictionId: null }]);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
    return { studio, id };
  }

  test("is not searched for at once, and not repeated", async () => {
    const { studio, id } = await lost();
    expect(await studio.run(id, LOOK_FOR_ORPHAN_MS - 1)).toEqual([]);
    expect(studio.script.create.calls).toHaveLength(1);
  });

  test("is found by its webhook", async () => {
    const { studio, id } = await lost();
    studio.script.get.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    expect(await studio.deliver([await webhook(studio, id, "p1")])).toEqual(["ack"]);
    expect(await imagesOf(studio, id)).toMatchObject([{ status: "completed", replicatePredictionId: "p1" }]);
    expect(studio.script.get.calls).toEqual(["p1"]);
    expect(studio.script.create.calls).toHaveLength(1);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
  });

  test("is found in the provider's list by its own webhook address", async () => {
    const { studio, id } = await lost();
    studio.script.find.next(running("p1"));
    await studio.run(id, LOOK_FOR_ORPHAN_MS);
    expect(studio.script.find.calls).toMatchObject([
      { webhookUrl: studio.script.create.calls[0]?.webhookUrl },
    ]);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", providerRequestId: "p1", attempt: 1 });
    expect(studio.script.create.calls).toHaveLength(1);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  });

  test("is ordered again only when the list has not shown it for long enough", async () => {
    const { studio, id } = await lost();
    studio.script.find.next(ok(null), ok(null));
    await studio.run(id, UNKNOWN_RESOLVED_AFTER_MS - 1);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 1 });
    await studio.run(id, LOOK_FOR_ORPHAN_MS);
    expect(await studio.task(id)).toMatchObject({ status: "pending", attempt: 2 });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
    studio.script.create.next(running("p2"));
    await studio.run(id, BACK_OFF_MS);
    const [first, second] = studio.script.create.calls;
    expect(second?.webhookUrl).not.toBe(first?.webhookUrl);
    expect(studio.script.create.calls).toHaveLength(2);
    expect(await imagesOf(studio, id)).toMatchObject([
      { status: "failed", error: { code: "not_accepted" } },
      { status: "pending", replicatePredictionId: "p2" },
    ]);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  });

  test("is not taken for the next attempt's order when its webhook comes late", async () => {
    const { studio, id } = await lost();
    const late = await webhook(studio, id, "p1");
    studio.script.find.next(ok(null));
    await studio.run(id, UNKNOWN_RESOLVED_AFTER_MS);
    studio.script.create.next(async () => {
      expect(await studio.deliver([late])).toEqual(["ack"]);
      return ended("unknown");
    });
    await studio.run(id, BACK_OFF_MS);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 2, providerRequestId: null });
  });
});

describe("a webhook that arrives before the answer to its order", () => {
  test("is retried in two seconds, and its id is kept though the answer is lost", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    studio.script.create.next(async () => {
      const news = await webhook(studio, id, "p1");
      expect(await studio.deliver([news], 1)).toEqual([2]);
      expect(await studio.deliver([news], 2)).toEqual([2]);
      return ended("unknown");
    });
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", providerRequestId: "p1" });
    studio.script.get.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    expect(await studio.deliver([await webhook(studio, id, "p1")], 3)).toEqual(["ack"]);
    expect(await imagesOf(studio, id)).toMatchObject([{ status: "completed", replicatePredictionId: "p1" }]);
    expect(studio.script.create.calls).toHaveLength(1);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
  });

  test("never becomes a dead letter: after a few tries the next poll takes over", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    studio.script.create.next(async () => {
      expect(await studio.deliver([await webhook(studio, id, "p1")], 4)).toEqual(["ack"]);
      return running("p1");
    });
    await studio.run(id);
    expect(await studio.deadLetters([await webhook(studio, id, "p1")])).toEqual(["ack"]);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", providerRequestId: "p1" });
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  });
});

test("the order of a lost worker is searched for, not repeated", async () => {
  const studio = pipeline.studio();
  const { id, scenes } = await staged(studio, "generate_images");
  const [message] = await studio.wake(id);
  await studio.deps.store.claim({ projectId: id, taskId: message?.task ?? "" });
  studio.script.find.next(succeeded("p1"));
  studio.script.openOutput.next(file(jpeg));
  expect(await studio.run(id, LEASE_MS - 1)).toEqual([]);
  expect(await studio.run(id, 1)).toEqual(["ack"]);
  expect(studio.script.create.calls).toEqual([]);
  expect(await imagesOf(studio, id)).toMatchObject([
    { status: "completed", sceneId: scenes[0], replicatePredictionId: "p1" },
  ]);
  expect(await studio.task(id)).toMatchObject({ status: "succeeded", attempt: 1 });
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
});

/** A project with one image on order. */
async function ordered() {
  const studio = pipeline.studio();
  const { id, ownerId } = await staged(studio, "generate_images");
  studio.script.create.next(running("p1"));
  await studio.run(id);
  return { studio, id, ownerId };
}

test("a refused image fails its task and its row once, and costs nothing; the person must change its prompt", async () => {
  const { studio, id } = await ordered();
  studio.script.get.next(brokeDown("p1", "provider_refused", { refused: true }));
  await studio.run(id, POLL_MS);
  expect(await studio.task(id)).toMatchObject({
    status: "failed",
    attempt: 1,
    charged: "no",
    error: { code: "provider_refused" },
  });
  expect(await imagesOf(studio, id)).toMatchObject([
    { status: "failed", error: { code: "provider_refused" }, objectKey: null },
  ]);
  expect(await studio.run(id, WAIT_LIMIT_MS)).toEqual([]);
  expect(studio.script.create.calls).toHaveLength(1);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
});

test("a prompt that is refused at once fails the task without a row, and no other model is asked", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.script.create.next(ended("refused"));
  await studio.run(id);
  expect(await studio.task(id)).toMatchObject({ status: "failed", error: { code: "provider_refused" } });
  expect(studio.script.create.calls).toHaveLength(1);
  expect(await imagesOf(studio, id)).toEqual([]);
  expect(await studio.run(id)).toEqual([]);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
});

test("a temporary failure gives another attempt, with a row of its own", async () => {
  const { studio, id } = await ordered();
  studio.script.get.next(brokeDown("p1", "provider_failed", { retryable: true }), succeeded("p2"));
  studio.script.create.next(running("p2"));
  studio.script.openOutput.next(file(jpeg));
  await studio.run(id, POLL_MS);
  expect(await studio.task(id)).toMatchObject({ status: "pending", attempt: 2 });
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  await studio.run(id, BACK_OFF_MS);
  expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  await studio.run(id, POLL_MS);
  expect(await imagesOf(studio, id)).toMatchObject([
    { status: "failed", replicatePredictionId: "p1", error: { code: "provider_failed" } },
    { status: "completed", replicatePredictionId: "p2", error: null },
  ]);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
});

test("a prediction that the provider canceled after it had begun counts as spent, and its row does not stay pending", async () => {
  const { studio, id } = await ordered();
  studio.script.get.next(canceled("p1", 12));
  await studio.run(id, POLL_MS);
  expect(await studio.task(id)).toMatchObject({
    status: "pending",
    attempt: 2,
    supplierFailures: 1,
    charged: "unknown",
    failedAttempts: [{ code: "provider_canceled", charged: "unknown" }],
  });
  expect(await imagesOf(studio, id)).toMatchObject([
    { status: "failed", error: { code: "provider_canceled" } },
  ]);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
});

test("a prediction that the provider canceled before it had begun costs nothing, and is ordered again", async () => {
  const { studio, id } = await ordered();
  studio.script.get.next(canceled("p1"));
  await studio.run(id, POLL_MS);
  expect(await studio.task(id)).toMatchObject({
    status: "pending",
    attempt: 2,
    supplierFailures: 1,
    charged: "no",
  });
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
});

test("an order that was accepted and that the provider does not know any more may have been paid for: the person is asked", async () => {
  const { studio, id } = await ordered();
  studio.script.get.next(ok(null));
  await studio.run(id, POLL_MS);
  expect(await studio.task(id)).toMatchObject({
    status: "failed",
    charged: "unknown",
    error: { code: "outcome_unknown" },
  });
  expect(await imagesOf(studio, id)).toMatchObject([
    { status: "failed", error: { code: "outcome_unknown" } },
  ]);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
  expect(await studio.run(id, WAIT_LIMIT_MS)).toEqual([]);
});

test("a throttled call is not made again before its Retry-After", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.script.create.next(retry("provider_throttled", 45), running("p1"));
  await studio.run(id);
  const { status, attempt, supplierFailures, runAfter } = await studio.task(id);
  expect({ status, attempt, supplierFailures }).toEqual({
    status: "pending",
    attempt: 2,
    supplierFailures: 0,
  });
  expect(studio.calls).toContain("throttled replicate");
  expect(runAfter.getTime()).toBeGreaterThanOrEqual(studio.deps.now().getTime() + 45_000);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  expect(await studio.run(id, 44_999)).toEqual([]);
  await studio.run(id, BACK_OFF_MS);
  expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 2 });
});

test.each([
  ["retry", retry("provider_unavailable")],
  ["invalid", ended("invalid")],
  ["out_of_credit", ended("out_of_credit")],
  ["unknown", ended("unknown")],
])("a look that fails (%s) leaves the task waiting", async (_, outcome) => {
  const { studio, id } = await ordered();
  studio.script.get.next(outcome);
  await studio.run(id, POLL_MS);
  expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 1, providerRequestId: "p1" });
  expect(await imagesOf(studio, id)).toMatchObject([{ status: "pending" }]);
  expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
});

test("a prediction that never ends fails its task, counts as spent, and leaves no pending row", async () => {
  const { studio, id } = await ordered();
  await studio.run(id, WAIT_LIMIT_MS + 1);
  expect(await studio.task(id)).toMatchObject({
    status: "failed",
    charged: "unknown",
    error: { code: "outcome_unknown" },
  });
  expect(await imagesOf(studio, id)).toMatchObject([
    { status: "failed", error: { code: "outcome_unknown" } },
  ]);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
});

test("a project that is deleted while its step runs leaves no object behind", async () => {
  const { studio, id } = await ordered();
  studio.script.get.next(succeeded("p1"));
  studio.script.openOutput.next(async () => {
    await studio.remove(id);
    return file(jpeg);
  });
  expect(await studio.run(id, POLL_MS)).toEqual(["ack"]);
  expect(studio.bucket.keys()).toEqual([]);
  expect(studio.logged).toContain("task_fenced");
});

test("what a dead worker had stored is deleted by its message, where the project was deleted meanwhile", async () => {
  const studio = pipeline.studio();
  const { id, ownerId } = await staged(studio, "generate_images");
  const [message] = await studio.wake(id);
  await studio.person({ id, ownerId }).remove();
  studio.bucket.upload(imageKey(ownerId, id, "late", "jpg"), new Uint8Array(9), "image/jpeg");
  studio.bucket.upload("another project's", new Uint8Array(9), "image/jpeg");
  expect(await studio.deliver([{ ...message, owner: ownerId }])).toEqual(["ack"]);
  expect(studio.bucket.keys()).toEqual(["another project's"]);
});
