import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { projects } from "../../src/db/schema.ts";
import { plan } from "../../src/domain/plan.ts";
import worker from "../../src/index.ts";
import { newProject } from "../support/database.ts";
import { songOf } from "../support/record.ts";

async function deliver(bodies: unknown[], queue = "omvee-tasks", attempts = 1) {
  const batch = createMessageBatch(
    queue,
    bodies.map((body, i) => ({ id: String(i), timestamp: new Date(), attempts, body })),
  );
  const ctx = createExecutionContext();
  await worker.queue(batch, env);
  return getQueueResult(batch, ctx);
}

/** A project whose one task is ready, its message not sent. */
async function withTask(budgetUsd: number | null = 20) {
  const project = await newProject({ audio: songOf(30, "not in the bucket") });
  await project.want("transcribe");
  const { settings } = (await project.record()).project;
  const deps = project.deps;
  await deps.db
    .update(projects)
    .set({ settings: { ...settings, budgetUsd } })
    .where(eq(projects.id, project.id));
  const planned = plan(await project.record(), { newId: deps.newId, random: () => 0 });
  await deps.store.apply(project.id, planned.changes);
  const [task] = planned.dispatch;
  if (!task) throw new Error("No task");
  return { project, message: { v: 1, project: project.id, task } };
}

test("a message that can't be read is dropped, and its neighbours are handled", async () => {
  const { project, message } = await withTask();
  const result = await deliver([{ nonsense: true }, message, "text"]);
  expect(result.explicitAcks.toSorted()).toEqual(["0", "1", "2"]);
  expect((await project.record()).tasks[0]?.status).toBe("failed");
});

test("one that fails in a batch of ten is retried alone: the other nine are done with their first delivery", async () => {
  const nine = await Promise.all(Array.from({ length: 9 }, () => withTask()));
  const [first, ...others] = nine.map(({ message }) => message);
  // Postgres has no such attempt number: whoever claims by it fails.
  const poison = { ...first, attempt: Number.MAX_SAFE_INTEGER, prediction: "p1" };
  const result = await deliver([first, ...others.slice(0, 4), poison, ...others.slice(4)]);
  expect(result.explicitAcks.toSorted()).toEqual(["0", "1", "2", "3", "4", "6", "7", "8", "9"]);
  expect(result.retryMessages.map((m) => m.msgId)).toEqual(["5"]);
  for (const { project } of nine)
    expect((await project.record()).tasks).toMatchObject([{ status: "failed", attempt: 1 }]);
});

test("a message for a project that is gone is dropped", async () => {
  const id = crypto.randomUUID();
  const result = await deliver([{ v: 1, project: id, task: id }]);
  expect(result.explicitAcks).toEqual(["0"]);
});

test("a song that vanished fails its task with what to do, and gives the money back", async () => {
  const { project, message } = await withTask();
  await deliver([message]);
  const { tasks, project: row } = await project.record();
  expect(tasks[0]).toMatchObject({ status: "failed", charged: "no", error: { code: "audio_gone" } });
  expect(tasks[0]?.error?.nextAction).toContain("Upload");
  expect(row).toMatchObject({ reservedUsd: 0, spentUsd: 0 });
});

test("a message that comes twice at once does its work once", async () => {
  const { project, message } = await withTask();
  const result = await deliver([message, message, message]);
  expect(result.explicitAcks).toHaveLength(3);
  expect((await project.record()).tasks).toMatchObject([{ status: "failed", attempt: 1 }]);
});

test("a step that the budget does not cover is not started, and says so", async () => {
  const { project, message } = await withTask(0.001);
  await deliver([message]);
  expect((await project.record()).tasks[0]).toMatchObject({
    status: "failed",
    claimedAt: null,
    error: { code: "budget_exceeded" },
  });
});

test("a task that was called off is not begun by the message that comes after", async () => {
  const { project, message } = await withTask();
  await project.cancel();
  expect((await deliver([message])).explicitAcks).toEqual(["0"]);
  expect((await project.record()).tasks[0]).toMatchObject({ claimedAt: null, charged: "no" });
});

test("a dead letter fails its task with a reason", async () => {
  const { project, message } = await withTask();
  const result = await deliver([message], "omvee-tasks-dead");
  expect(result.explicitAcks).toEqual(["0"]);
  expect((await project.record()).tasks[0]).toMatchObject({
    status: "failed",
    error: { code: "undeliverable" },
  });
});
