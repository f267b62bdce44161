import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, onTestFinished, test, vi } from "vitest";
import { projects } from "../../src/db/schema.ts";
import { REQUEUE_SECONDS } from "../../src/domain/controller/heavy.ts";
import { plan } from "../../src/domain/controller/plan.ts";
import type { Lyrics } from "../../src/domain/record/record.ts";
import worker from "../../src/index.ts";
import { isolateGate } from "../../src/pipeline/heavy-gate.ts";
import { newProject } from "../support/database.ts";
import { songOf } from "../support/record.ts";

const HEAVY = "omvee-heavy";
const ORDINARY = "omvee-tasks";

async function deliver(bodies: unknown[], queue: string, attempts = 1) {
  const batch = createMessageBatch(
    queue,
    bodies.map((body, i) => ({ id: String(i), timestamp: new Date(), attempts, body })),
  );
  const ctx = createExecutionContext();
  await worker.queue(batch, env);
  return getQueueResult(batch, ctx);
}

const lyrics: Lyrics = {
  source: "edited",
  language: "en",
  lines: [{ text: "Neon rain", startFrame: 24, endFrame: 72, words: [], confidence: null }],
};

/** A project with one ready task whose message is not sent: heavy to transcribe, light to analyze scenes. */
async function withTask(stage: "transcribe" | "analyze_scenes", budgetUsd: number | null = 20) {
  const has = stage === "analyze_scenes" ? { lyrics, transcriptText: "Neon rain" } : {};
  const project = await newProject({ audio: songOf(30, "not in the bucket"), ...has });
  await project.want(stage);
  const { settings } = (await project.record()).project;
  const deps = project.deps;
  await project.db
    .update(projects)
    .set({ settings: { ...settings, budgetUsd } })
    .where(eq(projects.id, project.id));
  const planned = plan(await project.record(), { newId: deps.newId, random: () => 0 });
  await deps.store.apply(project.id, planned.changes);
  const [task] = planned.dispatch;
  if (!task) throw new Error("No task");
  const message = { v: 1, project: project.id, task: task.taskId };
  return { project, message, task: async () => (await project.record()).tasks[0] };
}
/** The song is not in the bucket, so that the step ends at once. */
const heavy = () => withTask("transcribe");
/** The budget does not cover the step, so that it ends at once. */
const light = () => withTask("analyze_scenes", 0.000_001);

test("a message that can't be read is dropped, and the others of its batch are handled", async () => {
  const { task, message } = await light();
  const result = await deliver([{ nonsense: true }, message, "text"], ORDINARY);
  expect(result.explicitAcks.toSorted()).toEqual(["0", "1", "2"]);
  expect((await task())?.status).toBe("failed");
});

test("one message that fails in a batch of ten is retried alone: the other nine are acknowledged", async () => {
  const nine = await Promise.all(Array.from({ length: 9 }, light));
  const [first, ...others] = nine.map(({ message }) => message);
  // Postgres can't hold this attempt number: a claim with it fails.
  const poison = { ...first, attempt: Number.MAX_SAFE_INTEGER, prediction: "p1" };
  const result = await deliver([first, ...others.slice(0, 4), poison, ...others.slice(4)], ORDINARY);
  expect(result.explicitAcks.toSorted()).toEqual(["0", "1", "2", "3", "4", "6", "7", "8", "9"]);
  expect(result.retryMessages.map((m) => m.msgId)).toEqual(["5"]);
  for (const { task } of nine) expect(await task()).toMatchObject({ status: "failed", attempt: 1 });
});

test.each([ORDINARY, HEAVY])("a message for a deleted project is dropped from %s", async (queue) => {
  const id = crypto.randomUUID();
  const result = await deliver([{ v: 1, project: id, task: id }], queue);
  expect(result.explicitAcks).toEqual(["0"]);
});

test("a missing song fails its task with what to do, and frees the reservation", async () => {
  const { project, task, message } = await heavy();
  await deliver([message], HEAVY);
  const ended = await task();
  expect(ended).toMatchObject({ status: "failed", charged: "no", error: { code: "audio_gone" } });
  expect(ended?.error?.nextAction).toContain("Upload");
  expect((await project.record()).project).toMatchObject({ reservedUsd: 0, spentUsd: 0 });
});

test("a message that is delivered several times at once does its work once", async () => {
  const { task, message } = await light();
  const result = await deliver([message, message, message], ORDINARY);
  expect(result.explicitAcks).toHaveLength(3);
  expect(await task()).toMatchObject({ status: "failed", attempt: 1 });
});

test.each([
  ["transcribe", HEAVY],
  ["analyze_scenes", ORDINARY],
] as const)("%s that the budget does not cover is not started, and says so", async (stage, queue) => {
  const { task, message } = await withTask(stage, 0.000_001);
  await deliver([message], queue);
  expect(await task()).toMatchObject({
    status: "failed",
    claimedAt: null,
    error: { code: "budget_exceeded" },
  });
});

test("a canceled task is not begun by the message that comes after", async () => {
  const { project, task, message } = await heavy();
  await project.cancel();
  expect((await deliver([message], HEAVY)).explicitAcks).toEqual(["0"]);
  expect(await task()).toMatchObject({ claimedAt: null, charged: "no" });
});

test.each([
  ["heavy", heavy],
  ["light", light],
])("a dead letter of a %s task fails it with a reason", async (_, made) => {
  const { task, message } = await made();
  const result = await deliver([message], "omvee-tasks-dead");
  expect(result.explicitAcks).toEqual(["0"]);
  expect(await task()).toMatchObject({ status: "failed", error: { code: "undeliverable" } });
});

/** Takes this isolate's heavy gate until the test is over. */
function takeTheGate() {
  const pass = isolateGate.enter(Date.now());
  if (!pass) throw new Error("The gate is taken");
  onTestFinished(() => pass.leave());
}

test("of two heavy messages at once in one isolate, the second is requeued unclaimed, and runs later", async () => {
  const [first, second] = [await heavy(), await heavy()];
  const sendBatch = vi.spyOn(env.HEAVY_TASKS, "sendBatch");
  onTestFinished(() => sendBatch.mockRestore());
  const [one, two] = await Promise.all([deliver([first.message], HEAVY), deliver([second.message], HEAVY)]);
  expect([one.explicitAcks, two.explicitAcks]).toEqual([["0"], ["0"]]);
  expect(await first.task()).toMatchObject({ status: "failed", error: { code: "audio_gone" } });
  expect(await second.task()).toMatchObject({ status: "pending", attempt: 1, claimedAt: null });
  expect(sendBatch.mock.calls).toEqual([
    [[{ body: { ...second.message, requeues: 1 } }], { delaySeconds: REQUEUE_SECONDS }],
  ]);
  // The real queue delivers it, after its delay.
  const waits = { timeout: 25_000, interval: 500 };
  await expect.poll(async () => (await second.task())?.error?.code, waits).toBe("audio_gone");
});

test("a heavy step that crashes frees the gate", async () => {
  const { task, message } = await heavy();
  const poison = { ...message, attempt: Number.MAX_SAFE_INTEGER, prediction: "p1" };
  expect((await deliver([poison], HEAVY)).retryMessages).toMatchObject([{ msgId: "0" }]);
  await deliver([message], HEAVY);
  expect(await task()).toMatchObject({ status: "failed", error: { code: "audio_gone" } });
});

test("while heavy work is under way in its isolate, light work and requests go on", async () => {
  takeTheGate();
  const { task, message } = await light();
  expect((await deliver([message], ORDINARY)).explicitAcks).toEqual(["0"]);
  expect((await task())?.status).toBe("failed");
  const answer = await exports.default.fetch(new Request("http://localhost:8787/health"));
  expect(await answer.json()).toMatchObject({ status: "ok" });
});

test("a heavy task's message that came from the other queue is not claimed, and is sent to the heavy queue", async () => {
  takeTheGate();
  const sendBatch = vi.spyOn(env.HEAVY_TASKS, "sendBatch").mockResolvedValue({
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
  });
  onTestFinished(() => sendBatch.mockRestore());
  const { task, message } = await heavy();
  expect((await deliver([message], ORDINARY)).explicitAcks).toEqual(["0"]);
  expect(await task()).toMatchObject({ status: "pending", attempt: 1, claimedAt: null });
  expect(sendBatch.mock.calls).toEqual([[[{ body: message }], { delaySeconds: 0 }]]);
});
