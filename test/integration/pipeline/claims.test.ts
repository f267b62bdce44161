import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEASE_MS, NEWEST_TASKS_READ, WAIT_LIMIT_MS } from "../../../src/domain/controller/tasks.ts";
import { DIRECTORS } from "../../../src/domain/models/language-models.ts";
import { failure } from "../../../src/domain/record/failures.ts";
import type { Prompt, Settings } from "../../../src/domain/record/record.ts";
import { draft, jpeg } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { ended, file, ok, retry, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;
const WHY = failure("worker_lost", "Because.");

/** A project with the task of one prompt, sent to a worker. */
async function sentPrompt(settings: Partial<Settings> = {}) {
  const studio = pipeline.studio();
  const { id, scenes } = await staged(studio, "generate_prompts", { settings });
  const [message] = await studio.wake(id);
  return { studio, id, store: studio.deps.store, scene: scenes[0] ?? "", taskId: message?.task ?? "" };
}

describe("round trips", () => {
  test("a claim is one, a settlement is one, and a step makes no other", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    const [message] = await studio.wake(id);
    const ids = { projectId: id, taskId: message?.task ?? "" };
    const claim = await pipeline.trips(() => studio.claimed(id, ids.taskId));
    expect(claim.trips).toBe(1);
    const end = await pipeline.trips(() =>
      studio.deps.store.settle(claim.result, {
        set: { status: "waiting" },
        reservation: { kind: "keep" },
        facts: [],
      }),
    );
    expect(end).toEqual({ result: true, trips: 1 });

    studio.script.find.next(ok(null));
    expect(await pipeline.trips(() => studio.deliver([message]))).toEqual({ result: ["ack"], trips: 2 });
  });
});

test("an order under way is collected, however many tasks have ended since", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.script.create.next(running("p1"));
  await studio.run(id);
  const waiting = await studio.task(id);
  await studio.db.execute(sql`
    insert into jobs (id, project_id, type, status, payload, finished_at)
    values (${studio.deps.newId()}, ${id}, 'generate_clips', 'canceled', '{}', now())`);
  await studio.db.execute(sql`
    insert into tasks (id, job_id, project_id, type, subject, status, run_after, input_hash)
    select ('ffffffff-ffff-7fff-bfff-' || lpad(to_hex(n), 12, '0'))::uuid, j.id, j.project_id, j.type,
      j.project_id, 'canceled', now(), 'h' || n
    from generate_series(1, ${NEWEST_TASKS_READ + 1}) as n, jobs j
    where j.project_id = ${id} and j.type = 'generate_clips'`);
  studio.script.get.next(succeeded("p1"));
  studio.script.openOutput.next(file(jpeg));
  await studio.run(id, 5_000);
  const { tasks, images } = await studio.record(id);
  expect(tasks.find((t) => t.id === waiting.id)?.status).toBe("succeeded");
  expect(images).toMatchObject([{ status: "completed" }]);
  expect(await studio.budget(id)).toMatchObject({ reserved: 0 });
});

describe("the fence", () => {
  const promptOf = (studio: Studio, projectId: string, sceneId: string): Prompt => ({
    id: studio.deps.newId(),
    projectId,
    sceneId,
    version: 1,
    imagePrompt: "",
    motionPrompt: "",
    negativePrompt: "",
    styleNotes: "",
    setting: "",
    shotType: "",
    mood: "",
    palette: [],
    generatedByModel: null,
    edited: false,
    softeningLevel: "literal",
    inputHash: "",
    createdAt: studio.deps.now(),
  });

  test("a poll that another poll replaced neither renews the lease of the task nor settles it", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    const [message] = await studio.wake(id);
    const { store } = studio.deps;
    const keep = { set: { status: "waiting" as const }, reservation: { kind: "keep" as const }, facts: [] };
    const first = await studio.claimed(id, message?.task ?? "");
    expect(await store.settle(first, keep)).toBe(true);
    const second = await studio.claimed(id, first.id);
    expect(second.attempt).toBe(first.attempt);
    expect(await store.renew(first)).toBe(false);
    expect(await store.settle(first, keep)).toBe(false);
    expect(await store.renew(second)).toBe(true);
  });

  test("an attempt that was taken over writes nothing: no rows, no money, no status", async () => {
    const { studio, id, store, scene, taskId } = await sentPrompt({ repeatUnknownUpToUsd: 1 });
    const stale = await studio.claimed(id, taskId);
    studio.advance(LEASE_MS);
    await studio.wake(id);
    studio.advance(10_000);
    const newer = await studio.claimed(id, taskId);
    expect(newer.attempt).toBe(2);
    const before = await studio.record(id);
    const settled = await store.settle(stale, {
      set: { status: "succeeded" },
      reservation: { kind: "spend", usd: 1 },
      facts: [{ kind: "prompt", prompt: promptOf(studio, id, scene) }],
    });
    expect(settled).toBe(false);
    expect(await studio.record(id)).toEqual(before);
    expect(await store.renew(stale)).toBe(false);
    expect(await store.renew(newer)).toBe(true);
    const { costEstimatedUsd } = newer;
    expect(await studio.budget(id)).toEqual({ reserved: costEstimatedUsd, spent: costEstimatedUsd });
  });

  test("a poll that another poll has replaced writes nothing, though both are of one attempt", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    studio.script.create.next(running("p1"));
    await studio.run(id);
    const { id: taskId } = await studio.task(id);
    const stale = await studio.claimed(id, taskId);
    studio.advance(LEASE_MS);
    await studio.wake(id);
    const newer = await studio.claimed(id, taskId);
    expect(newer.attempt).toBe(stale.attempt);
    const end = {
      set: { status: "succeeded" as const },
      reservation: { kind: "spend" as const, usd: IMAGE_USD },
      facts: [],
    };
    expect(await studio.deps.store.settle(stale, end)).toBe(false);
    expect(await studio.task(id)).toMatchObject({ status: "running" });
    expect(await studio.deps.store.settle(newer, end)).toBe(true);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
  });

  test("a settlement whose write fails is undone as a whole, and rejects", async () => {
    const { studio, id, store, taskId } = await sentPrompt();
    const task = await studio.claimed(id, taskId);
    const broken = promptOf(studio, id, studio.deps.newId());
    await expect(
      store.settle(task, {
        set: { status: "succeeded" },
        reservation: { kind: "spend", usd: 1 },
        facts: [{ kind: "prompt", prompt: broken }],
      }),
    ).rejects.toThrow();
    expect(await studio.task(id)).toMatchObject({ status: "running" });
    expect(await studio.budget(id)).toEqual({ reserved: task.costEstimatedUsd, spent: 0 });
  });

  test("of many workers at once, one claims a task", async () => {
    const { studio, id, store, taskId } = await sentPrompt();
    const claims = await Promise.all(Array.from({ length: 5 }, () => store.claim({ projectId: id, taskId })));
    expect(claims.filter((c) => c.kind === "claimed")).toHaveLength(1);
    expect(claims.filter((c) => c.kind === "not_now")).toHaveLength(4);
    const { costEstimatedUsd } = await studio.task(id);
    expect(await studio.budget(id)).toEqual({ reserved: costEstimatedUsd, spent: 0 });
  });

  test("a task can't be claimed under another project", async () => {
    const { studio, taskId } = await sentPrompt();
    const other = await sentPrompt();
    const claim = await studio.deps.store.claim({ projectId: other.id, taskId });
    expect(claim).toEqual({ kind: "gone" });
  });
});

describe("money", () => {
  test("a claim that would pass the budget fails its task, and waiting tasks keep their reservation", async () => {
    const studio = pipeline.studio();
    const settings = { budgetUsd: 2.5 * IMAGE_USD };
    const { id } = await staged(studio, "generate_images", { scenes: 3, settings });
    studio.script.create.next(running("p1"), running("p2"));
    expect(await studio.run(id)).toEqual(["ack", "ack", "ack"]);
    const { tasks: all } = await studio.record(id);
    expect(all.filter((t) => t.status === "waiting")).toHaveLength(2);
    expect(all.filter((t) => t.status === "failed")).toMatchObject([
      { claimedAt: null, error: { code: "budget_exceeded" } },
    ]);
    expect(studio.script.create.calls).toHaveLength(2);
    expect(await studio.budget(id)).toEqual({ reserved: 2 * IMAGE_USD, spent: 0 });
  });

  test("a task that waits for a worker is failed by `fail`, once; one that a provider works on is not", async () => {
    const studio = pipeline.studio();
    const { store } = studio.deps;
    const { id } = await staged(studio, "generate_images", { scenes: 2 });
    const [message, other] = await studio.wake(id);
    studio.script.create.next(running("p1"));
    await studio.deliver([message]);
    const before = await studio.record(id);
    await store.fail({ projectId: id, taskId: message?.task ?? "" }, WHY);
    expect(await studio.record(id)).toEqual(before);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });

    await store.fail({ projectId: id, taskId: other?.task ?? "" }, WHY);
    await store.fail({ projectId: id, taskId: other?.task ?? "" }, failure("undeliverable", "Later."));
    const failed = (await studio.record(id)).tasks.filter((t) => t.status === "failed");
    expect(failed).toMatchObject([{ id: other?.task, error: { code: "worker_lost" }, charged: "no" }]);
  });

  test("a task that a worker has claimed can't be failed by `fail`", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const { costEstimatedUsd } = await studio.claimed(id, taskId);
    await studio.deps.store.fail({ projectId: id, taskId }, WHY);
    expect(await studio.task(id)).toMatchObject({ status: "running", error: null });
    expect(await studio.budget(id)).toEqual({ reserved: costEstimatedUsd, spent: 0 });
  });

  test("a paid call of a lost worker counts as spent where its outcome can't be found out, and the person is asked", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const { costEstimatedUsd } = await studio.claimed(id, taskId);
    expect(await studio.run(id, LEASE_MS)).toEqual([]);
    expect(await studio.task(id)).toMatchObject({
      status: "failed",
      attempt: 1,
      charged: "unknown",
      error: { code: "outcome_unknown" },
    });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: costEstimatedUsd });
    expect(await studio.run(id, WAIT_LIMIT_MS)).toEqual([]);
  });
});

describe("a step that throws", () => {
  test("has its message retried after growing delays, and the other messages of the batch are handled", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    const neighbour = await staged(studio, "generate_images");
    const messages = [...(await studio.wake(id)), ...(await studio.wake(neighbour.id))];
    studio.script.writePrompt.next(() => Promise.reject(new Error("a defect")));
    studio.script.create.next(running("p1"));
    expect(await studio.deliver(messages, 3)).toEqual([8, "ack"]);
    expect(studio.logged).toContain("step_crashed");
    expect(await studio.task(id)).toMatchObject({ status: "running" });
    expect(await studio.task(neighbour.id)).toMatchObject({ status: "waiting" });
    expect(await studio.deliver(messages.slice(0, 1), 4)).toEqual(["ack"]);
    expect(studio.script.writePrompt.calls).toHaveLength(1);
    const { costEstimatedUsd } = await studio.task(id);
    expect(await studio.budget(id)).toEqual({ reserved: costEstimatedUsd, spent: 0 });
  });

  test("within a paid call is not repeated automatically: it may have been paid for", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(() => Promise.reject(new Error("a defect")));
    await studio.run(id);
    await studio.run(id, LEASE_MS);
    const task = await studio.task(id);
    expect(task).toMatchObject({ status: "failed", error: { code: "outcome_unknown" } });
    expect(await studio.run(id, WAIT_LIMIT_MS)).toEqual([]);
    expect(studio.script.writePrompt.calls).toHaveLength(1);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: task.costEstimatedUsd });
  });

  test("where the person allowed repetition, is tried a bounded number of times, each counted as spent", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts", { settings: { repeatUnknownUpToUsd: 1 } });
    for (let i = 0; i < 9; i++) {
      studio.script.writePrompt.next(() => Promise.reject(new Error("a defect")));
      await studio.run(id);
      studio.advance(LEASE_MS);
      await studio.wake(id);
      studio.advance(120_000);
    }
    const { supplierFailures, costEstimatedUsd, ...task } = await studio.task(id);
    expect(task).toMatchObject({ status: "failed", attempt: 9, error: { code: "outcome_unknown" } });
    expect(task.failedAttempts.map((t) => t.model)).toEqual([
      ...Array(3).fill(DIRECTORS[0]?.models[0]),
      ...Array(3).fill(DIRECTORS[1]?.models[0]),
      ...Array(3).fill(DIRECTORS[2]?.models[0]),
    ]);
    expect(studio.script.writePrompt.calls).toHaveLength(9);
    expect(await studio.run(id, WAIT_LIMIT_MS)).toEqual([]);
    const { reserved, spent } = await studio.budget(id);
    expect(reserved).toBe(0);
    expect(spent).toBeGreaterThan(6 * costEstimatedUsd);
  });

  test("while the film is made, which costs nothing, is repeated", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "assemble_video", { clip: new Uint8Array(9) });
    const { media } = studio.deps;
    studio.deps.media = { ...media, assembleFilm: () => Promise.reject(new Error("a defect")) };
    expect(await studio.run(id)).toEqual([2]);
    await studio.wake(id);
    await studio.run(id, LEASE_MS);
    expect(await studio.task(id)).toMatchObject({ attempt: 2, supplierFailures: 1, charged: "no" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  });
});

test.each([
  ["retry", retry("provider_unavailable"), "pending"],
  ["out_of_credit", ended("out_of_credit"), "failed"],
  ["invalid", ended("invalid"), "pending"],
])("an order that was not accepted (%s) costs nothing", async (_, outcome, status) => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.script.create.next(outcome);
  await studio.run(id);
  expect(await studio.task(id)).toMatchObject({ status, charged: "no" });
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
});

test("every log line of an attempt names the request that led to it", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_prompts");
  const [message] = await studio.wake(id);
  if (!message) throw new Error("Nothing was sent");
  studio.script.writePrompt.next(ok(draft));
  studio.lines.length = 0;
  await studio.deliver([{ ...message, request: "request-1" }]);
  expect(studio.lines.map(({ event }) => event)).toContain("task_settled");
  for (const { fields } of studio.lines) expect(fields).toMatchObject({ request: "request-1" });
});
