import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyChanges } from "../../src/db/apply.ts";
import { claimTask, failTask, renewLease, settleTask } from "../../src/db/claims.ts";
import { projects, scenePrompts, userApprovals } from "../../src/db/schema.ts";
import type { Change } from "../../src/domain/change.ts";
import { failure, LEASE_MS, WAIT_LIMIT_MS } from "../../src/domain/tasks.ts";
import { sweep } from "../../src/pipeline/sweep.ts";
import { openPipeline, type Pipeline, type Studio } from "../support/pipeline.ts";
import { ended, ok, retry, running } from "../support/providers.ts";
import { staged } from "../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;
const WHY = failure("because", "Because.");

async function claimed(studio: Studio, projectId: string, taskId: string) {
  const claim = await claimTask(studio.deps.db, { projectId, taskId }, studio.deps.now());
  if (claim.kind !== "claimed") throw new Error(claim.kind);
  return claim.task;
}

/** One prompt's task, sent to a worker. */
async function sentPrompt() {
  const studio = pipeline.studio();
  const { id, scenes } = await staged(studio, "generate_prompts");
  const [message] = await studio.wake(id);
  return { studio, id, scene: scenes[0] ?? "", taskId: message?.task ?? "" };
}

describe("round trips", () => {
  test("a claim is one, a settlement is one, and a step makes no other", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    const [message] = await studio.wake(id);
    const ids = { projectId: id, taskId: message?.task ?? "" };
    const claim = await pipeline.trips(() => claimed(studio, id, ids.taskId));
    expect(claim.trips).toBe(1);
    const end = await pipeline.trips(() =>
      settleTask(
        studio.deps.db,
        claim.result,
        { set: { status: "waiting" }, purse: { kind: "keep" }, writes: [] },
        studio.deps.now(),
      ),
    );
    expect(end).toEqual({ result: true, trips: 1 });

    studio.script.find.next(ok(null));
    expect(await pipeline.trips(() => studio.deliver([message]))).toEqual({ result: ["ack"], trips: 2 });
  });
});

describe("the fence", () => {
  test("an attempt that was taken over writes nothing: no rows, no money, no status", async () => {
    const { studio, id, scene, taskId } = await sentPrompt();
    const { db, now } = studio.deps;
    const stale = await claimed(studio, id, taskId);
    studio.advance(LEASE_MS);
    await studio.wake(id);
    studio.advance(10_000);
    const newer = await claimed(studio, id, taskId);
    expect(newer.attempt).toBe(2);
    const before = await studio.record(id);
    const row = {
      id: studio.deps.newId(),
      projectId: id,
      sceneId: scene,
      version: 1,
      imagePrompt: "",
      motionPrompt: "",
      negativePrompt: "",
      styleNotes: "",
      setting: "",
      shotType: "",
      mood: "",
      palette: [],
      inputHash: "",
    };
    const settled = await settleTask(
      db,
      stale,
      {
        set: { status: "succeeded" },
        purse: { kind: "spend", usd: 1 },
        writes: [db.insert(scenePrompts).values(row)],
      },
      now(),
    );
    expect(settled).toBe(false);
    expect(await studio.record(id)).toEqual(before);
    expect(await renewLease(db, stale, now())).toBe(false);
    expect(await renewLease(db, newer, now())).toBe(true);
    const { costEstimatedUsd } = newer;
    expect(await studio.purse(id)).toEqual({ reserved: costEstimatedUsd, spent: costEstimatedUsd });
  });

  test("a write that fails undoes the settlement with it, and says so", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const { db, now } = studio.deps;
    const task = await claimed(studio, id, taskId);
    const broken = db.update(projects).set({ spentUsd: -1 }).where(eq(projects.id, id));
    await expect(
      settleTask(
        db,
        task,
        { set: { status: "succeeded" }, purse: { kind: "spend", usd: 1 }, writes: [broken] },
        now(),
      ),
    ).rejects.toThrow();
    expect(await studio.task(id)).toMatchObject({ status: "running" });
    expect(await studio.purse(id)).toEqual({ reserved: task.costEstimatedUsd, spent: 0 });
  });

  test("a task is claimed by one of many", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const claims = await Promise.all(
      Array.from({ length: 5 }, () =>
        claimTask(studio.deps.db, { projectId: id, taskId }, studio.deps.now()),
      ),
    );
    expect(claims.filter((c) => c.kind === "claimed")).toHaveLength(1);
    expect(claims.filter((c) => c.kind === "not_now")).toHaveLength(4);
    const { costEstimatedUsd } = await studio.task(id);
    expect(await studio.purse(id)).toEqual({ reserved: costEstimatedUsd, spent: 0 });
  });

  test("a task of another project is not there", async () => {
    const { studio, taskId } = await sentPrompt();
    const other = await sentPrompt();
    const claim = await claimTask(studio.deps.db, { projectId: other.id, taskId }, studio.deps.now());
    expect(claim).toEqual({ kind: "gone" });
  });
});

describe("money", () => {
  test("a claim that would pass the budget fails its task, waiting tasks keep theirs, and failing gives it back", async () => {
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
    expect(await studio.purse(id)).toEqual({ reserved: 2 * IMAGE_USD, spent: 0 });

    const waiting = all.find((t) => t.status === "waiting")?.id ?? "";
    await failTask(studio.deps.db, { projectId: id, taskId: waiting }, WHY, studio.deps.now());
    expect(await studio.purse(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
    const { images } = await studio.record(id);
    expect(images.filter((i) => i.taskId === waiting)).toMatchObject([
      { status: "failed", error: { code: "because" } },
    ]);
    expect(images.filter((i) => i.taskId !== waiting)).toMatchObject([{ status: "pending" }]);
    await failTask(studio.deps.db, { projectId: id, taskId: waiting }, WHY, studio.deps.now());
    expect(await studio.purse(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  });

  test("a task that a worker holds can't be failed from outside", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const { costEstimatedUsd } = await claimed(studio, id, taskId);
    await failTask(studio.deps.db, { projectId: id, taskId }, WHY, studio.deps.now());
    expect(await studio.task(id)).toMatchObject({ status: "running", error: null });
    expect(await studio.purse(id)).toEqual({ reserved: costEstimatedUsd, spent: 0 });
  });

  test("a lost worker whose call can't be found out counts as spent, and another attempt follows", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const { costEstimatedUsd } = await claimed(studio, id, taskId);
    await studio.run(id, LEASE_MS);
    expect(await studio.task(id)).toMatchObject({ attempt: 2, charged: "unknown" });
    expect((await studio.purse(id)).spent).toBeCloseTo(costEstimatedUsd, 6);
  });
});

describe("a step that throws", () => {
  test("has its message retried later and later, and its neighbours are handled", async () => {
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
    expect(await studio.purse(id)).toEqual({ reserved: costEstimatedUsd, spent: 0 });
  });

  test("is tried a bounded number of times, each counted as spent", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    for (let attempt = 1; attempt <= 6; attempt++) {
      studio.script.writePrompt.next(() => Promise.reject(new Error("a defect")));
      await studio.run(id, LEASE_MS);
      await studio.wake(id);
      studio.advance(LEASE_MS);
      await studio.wake(id);
      studio.advance(120_000);
    }
    const task = await studio.task(id);
    expect(task).toMatchObject({ status: "failed", attempt: 6, error: { code: "worker_lost" } });
    expect(await studio.run(id)).toEqual([]);
    expect((await studio.purse(id)).reserved).toBe(0);
    expect((await studio.purse(id)).spent).toBeCloseTo(6 * task.costEstimatedUsd, 6);
  });
});

test.each([
  ["retry", retry("provider_unavailable"), "pending"],
  ["out_of_credit", ended("out_of_credit"), "failed"],
  ["invalid", ended("invalid"), "failed"],
])("an order that was not taken (%s) costs nothing", async (_, outcome, status) => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.script.create.next(outcome);
  await studio.run(id);
  expect(await studio.task(id)).toMatchObject({ status, charged: "no" });
  expect(await studio.purse(id)).toEqual({ reserved: 0, spent: 0 });
});

describe("a plan is applied", () => {
  test("and then the record is at rest: a second look wants nothing", async () => {
    const { studio, id } = await sentPrompt();
    expect((await studio.look(id)).changes).toEqual([]);
  });

  test("only where what it saw still holds", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const { db, now } = studio.deps;
    await claimed(studio, id, taskId);
    const [job] = (await studio.record(id)).jobs;
    const before = await studio.record(id);
    const changes: Change[] = [
      {
        kind: "task.update",
        id: taskId,
        from: { status: "pending", attempt: 1 },
        set: { status: "canceled" },
        release: null,
      },
      {
        kind: "task.update",
        id: taskId,
        from: { status: "running", attempt: 2 },
        set: { status: "failed", leaseUntil: null },
        release: "spent",
      },
      { kind: "job.update", id: job?.id ?? "", from: "running", set: { progress: 50 } },
    ];
    await applyChanges(db, id, changes, now());
    expect(await studio.record(id)).toEqual(before);
  });

  test("in one transaction: one change that fails undoes the others", async () => {
    const { studio, id, taskId } = await sentPrompt();
    const before = await studio.record(id);
    const changes: Change[] = [
      { kind: "project", status: "failed" },
      {
        kind: "task.update",
        id: taskId,
        from: { status: "pending", attempt: 1 },
        set: { attempt: 0 },
        release: null,
      },
    ];
    await expect(applyChanges(studio.deps.db, id, changes, studio.deps.now())).rejects.toThrow();
    expect(await studio.record(id)).toEqual(before);
  });

  test("an approval is voided once, with the first reason", async () => {
    const studio = pipeline.studio();
    const { id, scenes } = await staged(studio, "generate_clips");
    const [image] = (await studio.record(id)).images;
    const approval = studio.deps.newId();
    await studio.deps.db.insert(userApprovals).values({
      id: approval,
      projectId: id,
      sceneId: scenes[0] ?? "",
      imageId: image?.id ?? "",
      approved: true,
      subjectHash: "other bytes",
    });
    for (const reason of ["first", "second"])
      await applyChanges(
        studio.deps.db,
        id,
        [{ kind: "approval.void", id: approval, reason }],
        studio.deps.now(),
      );
    expect((await studio.record(id)).approvals).toMatchObject([{ voidedReason: "first" }]);
  });

  test("two plans that open the same stage make one job, with the tasks of one", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images", { scenes: 2 });
    const { db, now } = studio.deps;
    const plans = [await studio.look(id), await studio.look(id)];
    await Promise.all(plans.map((plan) => applyChanges(db, id, plan.changes, now())));
    const record = await studio.record(id);
    expect(record.jobs).toHaveLength(1);
    expect(record.tasks).toHaveLength(2);
    expect(record.tasks.every((t) => t.jobId === record.jobs[0]?.id)).toBe(true);
    const losers = plans.flatMap((p) => p.dispatch).filter((d) => !record.tasks.some((t) => t.id === d));
    expect(losers).toHaveLength(2);
    expect(await studio.deliver(losers.map((task) => ({ v: 1, project: id, task })))).toEqual(["ack", "ack"]);
    expect(studio.script.create.calls).toEqual([]);
  });

  test("a reservation is released once, however many plans release it", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images", { scenes: 2 });
    studio.script.create.next(running("p1"), running("p2"));
    await studio.run(id);
    studio.advance(WAIT_LIMIT_MS + 1);
    const plans = [await studio.look(id), await studio.look(id)];
    await Promise.all(plans.map((plan) => applyChanges(studio.deps.db, id, plan.changes, studio.deps.now())));
    expect(await studio.purse(id)).toEqual({ reserved: 0, spent: 2 * IMAGE_USD });
  });
});

test("the sweep wakes who may have been forgotten, and nobody else", async () => {
  const studio = pipeline.studio();
  const { db, now } = studio.deps;
  const minutes = (n: number) => new Date(now().getTime() - n * 60_000);
  const project = async (
    status: "ready" | "running" | "completed" | "awaiting_approval",
    idleMinutes: number,
    wants = true,
  ) => {
    const { id } = await staged(studio, "generate_images");
    await db
      .update(projects)
      .set({ status, updatedAt: minutes(idleMinutes), ...(wants ? {} : { targetStage: null }) })
      .where(eq(projects.id, id));
    return id;
  };
  const forgotten = [
    await project("running", 6),
    await project("running", 60 * 24),
    await project("ready", 60 * 24),
    await project("awaiting_approval", 30),
    await project("completed", 30),
  ];
  const known = [
    await project("running", 4),
    await project("ready", 6, false),
    await project("completed", 70),
    await project("awaiting_approval", 70),
  ];
  await sweep(studio.deps);
  for (const id of forgotten) expect(studio.calls).toContain(`wake ${id}`);
  for (const id of known) expect(studio.calls).not.toContain(`wake ${id}`);
  expect(studio.logged).toEqual(["swept"]);
});
