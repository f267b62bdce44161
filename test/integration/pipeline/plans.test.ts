import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobs, projects, userApprovals } from "../../../src/db/schema.ts";
import type { Change } from "../../../src/domain/controller/change.ts";
import { WAIT_LIMIT_MS } from "../../../src/domain/controller/tasks.ts";
import type { Task } from "../../../src/domain/record/record.ts";
import { sweep } from "../../../src/pipeline/sweep.ts";
import { openPipeline, type Pipeline } from "../../support/pipeline.ts";
import { running } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;

/** A project with the task of one prompt, sent to a worker. */
async function sentPrompt() {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_prompts");
  const [message] = await studio.wake(id);
  return { studio, id, store: studio.deps.store, taskId: message?.task ?? "" };
}

describe("a plan is applied", () => {
  test("and then the record is at rest: a second plan has no changes", async () => {
    const { studio, id } = await sentPrompt();
    expect((await studio.plan(id)).changes).toEqual([]);
  });

  test("only where what it saw still holds", async () => {
    const { studio, id, store, taskId } = await sentPrompt();
    await studio.claimed(id, taskId);
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
        release: { usd: 1, spentUsd: 1 },
      },
      { kind: "job.update", id: job?.id ?? "", from: "running", set: { progress: 50 } },
    ];
    await store.apply(id, changes);
    expect(await studio.record(id)).toEqual(before);
  });

  test("in one transaction: one change that fails undoes the others", async () => {
    const { studio, id, store, taskId } = await sentPrompt();
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
    await expect(store.apply(id, changes)).rejects.toThrow();
    expect(await studio.record(id)).toEqual(before);
  });

  test("a task is created as it was planned, in every field, and only while its job is open", async () => {
    const { studio, id, store } = await sentPrompt();
    const known = await studio.task(id);
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute, 0, 5));
    const what = { code: "outcome_unknown" as const, message: 'It\'s "so".' };
    const task: Task = {
      ...known,
      id: studio.deps.newId(),
      subject: studio.deps.newId(),
      imageId: studio.deps.newId(),
      outputForm: "720p 16:9",
      attempt: 2,
      supplierFailures: 1,
      supplierIndex: 3,
      runNumber: 7,
      runAfter: at(1),
      dispatchedAt: at(2),
      claimedAt: at(3),
      retriedAt: at(4),
      provider: "replicate",
      model: "some/model",
      providerRequestId: "order",
      cancelRequested: true,
      failedAttempts: [
        { ...what, attempt: 1, at: at(0).toISOString(), provider: null, model: null, charged: "unknown" },
      ],
      costEstimatedUsd: 0.123_456,
      costChargedUsd: 1.5,
      charged: "yes",
      error: { ...what, retryable: false, nextAction: null },
      createdAt: at(5),
      updatedAt: at(6),
    };
    await store.apply(id, [{ kind: "task.create", task }]);
    const { tasks } = await studio.record(id);
    expect(tasks.find((t) => t.id === task.id)).toEqual(task);

    const before = await studio.record(id);
    const other = { ...task, id: studio.deps.newId(), subject: studio.deps.newId() };
    await store.apply(id, [{ kind: "task.create", task: { ...other, projectId: studio.deps.newId() } }]);
    await studio.db
      .update(jobs)
      .set({ status: "canceled", finishedAt: at(7) })
      .where(eq(jobs.id, task.jobId));
    await store.apply(id, [{ kind: "task.create", task: other }]);
    expect((await studio.record(id)).tasks).toEqual(before.tasks);
  });

  test("an approval is voided once, with the first reason", async () => {
    const studio = pipeline.studio();
    const { id, scenes } = await staged(studio, "generate_clips");
    const [image] = (await studio.record(id)).images;
    const approval = studio.deps.newId();
    await studio.db.insert(userApprovals).values({
      id: approval,
      projectId: id,
      sceneId: scenes[0] ?? "",
      imageId: image?.id ?? "",
      approved: true,
      subjectHash: "other bytes",
    });
    for (const reason of ["first", "second"])
      await studio.deps.store.apply(id, [{ kind: "approval", id: approval, voided: reason }]);
    expect((await studio.record(id)).approvals).toMatchObject([{ voidedReason: "first" }]);
  });

  test("two plans that open the same stage make one job, with the tasks of one", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images", { scenes: 2 });
    const { store } = studio.deps;
    const plans = [await studio.plan(id), await studio.plan(id)];
    await Promise.all(plans.map((plan) => store.apply(id, plan.changes)));
    const record = await studio.record(id);
    expect(record.jobs).toHaveLength(1);
    expect(record.tasks).toHaveLength(2);
    expect(record.tasks.every((t) => t.jobId === record.jobs[0]?.id)).toBe(true);
    const losers = plans
      .flatMap((p) => p.dispatch)
      .filter((d) => !record.tasks.some((t) => t.id === d.taskId));
    expect(losers).toHaveLength(2);
    expect(await studio.deliver(losers.map(({ taskId }) => ({ v: 1, project: id, task: taskId })))).toEqual([
      "ack",
      "ack",
    ]);
    expect(studio.script.create.calls).toEqual([]);
  });

  test("a reservation is released once, however many plans release it", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images", { scenes: 2 });
    studio.script.create.next(running("p1"), running("p2"));
    await studio.run(id);
    studio.advance(WAIT_LIMIT_MS + 1);
    const plans = [await studio.plan(id), await studio.plan(id)];
    await Promise.all(plans.map((plan) => studio.deps.store.apply(id, plan.changes)));
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 2 * IMAGE_USD });
  });
});

test("the sweep wakes the projects whose wake-up may have been lost, and no others", async () => {
  const studio = pipeline.studio();
  const { db } = studio;
  const { now } = studio.deps;
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
    await project("ready", 30),
    await project("awaiting_approval", 30),
    await project("completed", 30),
  ];
  const known = [
    await project("running", 4),
    await project("ready", 6, false),
    await project("ready", 70),
    await project("completed", 70),
    await project("awaiting_approval", 70),
  ];
  await sweep(studio.deps);
  for (const id of forgotten) expect(studio.calls).toContain(`wake ${id}`);
  for (const id of known) expect(studio.calls).not.toContain(`wake ${id}`);
  expect(studio.logged).toEqual(["swept"]);
});

test("the sweep reaches every project, however many stay as they are", async () => {
  const studio = pipeline.studio();
  const { store } = studio.deps;
  const made = new Set<string>();
  for (let i = 0; i < 7; i++) {
    const { id } = await staged(studio, "generate_images", { scenes: 1 });
    await studio.db
      .update(projects)
      .set({ status: "running", updatedAt: new Date(studio.deps.now().getTime() - (i + 2) * 86_400_000) })
      .where(eq(projects.id, id));
    made.add(id);
  }
  const others = (ids: string[]) => ids.filter((id) => made.has(id));
  const found = new Set<string>();
  // Each sweep takes three, and none of them changes.
  for (let sweeps = 0; found.size < made.size && sweeps < 200; sweeps++)
    for (const id of others(await store.projectsToSweep(300, 3))) found.add(id);
  expect(found).toEqual(made);
});
