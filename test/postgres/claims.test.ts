/** Money under real concurrency: PGlite runs transactions one after another, and would show nothing here. */
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Db } from "../../src/db/client.ts";
import { jobs, owners, projects, tasks } from "../../src/db/schema.ts";
import { postgresStore } from "../../src/db/store.ts";
import { failure } from "../../src/domain/record/failures.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import { Settings } from "../../src/domain/record/record.ts";
import type { Store } from "../../src/ports/store.ts";
import { openDatabase } from "../../src/sandbox/neon/neon.ts";
import { type Listening, listen } from "../../src/sandbox/world/listen.ts";

const PRICE = 0.5;
const newId = () => uuidv7(Date.now());

let database: Awaited<ReturnType<typeof openDatabase>>;
let limiter: Listening;
let db: Db;
let store: Store;
beforeAll(async () => {
  database = await openDatabase({ url: process.env.TEST_DATABASE_URL });
  await database.migrate();
  limiter = await listen(database.handler, 0, "127.0.0.1");
  db = connect("postgresql://omvee:omvee@localhost/omvee", limiter.url);
  store = postgresStore(db, { newId, ownerBudgetUsd: null });
});
afterAll(async () => {
  await limiter?.close();
  await database?.close();
});

/** A project with this budget and this many ready tasks, each at the same price. */
async function projectWith(
  count: number,
  budgetUsd: number | null,
  owner: { id?: string; budgetUsd: number | null } = { budgetUsd: null },
) {
  const [projectId, jobId, now] = [newId(), newId(), new Date()];
  const ownerId = owner.id ?? projectId;
  const settings = { ...Settings.parse({}), budgetUsd };
  await db.insert(owners).values({ id: ownerId, budgetUsd: owner.budgetUsd }).onConflictDoNothing();
  await db
    .insert(projects)
    .values({ id: projectId, ownerId, name: "Money", settings, targetStage: "assemble_video" });
  await db
    .insert(jobs)
    .values({ id: jobId, projectId, type: "generate_clips", status: "running", payload: {} });
  const rows = Array.from({ length: count }, () => ({
    id: newId(),
    jobId,
    projectId,
    type: "generate_clips" as const,
    subject: newId(),
    status: "pending" as const,
    runAfter: now,
    inputHash: "h",
    costEstimatedUsd: PRICE,
  }));
  await db.insert(tasks).values(rows);
  const claim = (taskId: string) => store.claim({ projectId, taskId });
  const budget = async () => {
    const [row] = await db.select().from(projects).where(eq(projects.id, projectId));
    if (!row) throw new Error("The project is gone");
    return row;
  };
  const account = async () => {
    const [row] = await db.select().from(owners).where(eq(owners.id, ownerId));
    if (!row) throw new Error("The owner is gone");
    return row;
  };
  return { account, ownerId, projectId, ids: rows.map((r) => r.id), claim, budget };
}

test("200 claims at once, and a budget for 199: one is refused, and the budget holds", async () => {
  const { ids, claim, budget } = await projectWith(200, 199 * PRICE);
  const kinds = (await Promise.all(ids.map(claim))).map((c) => c.kind);
  expect(kinds.filter((k) => k === "claimed")).toHaveLength(199);
  expect(kinds.filter((k) => k === "over_budget")).toHaveLength(1);
  expect(await budget()).toMatchObject({ reservedUsd: 199 * PRICE, spentUsd: 0 });
});

test("200 claims at once in four projects of one owner, and an owner's budget for 199: one is refused", async () => {
  const owner = { id: `owner-${newId()}`, budgetUsd: 199 * PRICE };
  const four = [
    await projectWith(50, null, owner),
    await projectWith(50, null, owner),
    await projectWith(50, null, owner),
    await projectWith(50, null, owner),
  ];
  const kinds = await Promise.all(
    four.flatMap(({ ids, claim }) => ids.map(async (id) => (await claim(id)).kind)),
  );
  expect(kinds.filter((k) => k === "claimed")).toHaveLength(199);
  expect(kinds.filter((k) => k === "over_budget")).toHaveLength(1);
  expect(await four[0]?.account()).toMatchObject({ reservedUsd: 199 * PRICE, spentUsd: 0 });
  const reserved = await Promise.all(four.map(async ({ budget }) => (await budget()).reservedUsd));
  expect(reserved.reduce((sum, usd) => sum + usd, 0)).toBe(199 * PRICE);
});

test("of many consumers that claim one task at once, one gets it, and its cost is reserved once", async () => {
  const { ids, claim, budget } = await projectWith(20, null);
  const kinds = await Promise.all(
    ids.flatMap((id) => [id, id, id, id]).map(async (id) => (await claim(id)).kind),
  );
  expect(kinds.filter((k) => k === "claimed")).toHaveLength(20);
  expect(await budget()).toMatchObject({ reservedUsd: 20 * PRICE });
});

test("claims, settlements and failures at once neither deadlock nor lose money", async () => {
  const { projectId, ids, claim, budget } = await projectWith(60, 40 * PRICE);
  const outcomes = await Promise.all(
    ids.map(async (id, i) => {
      const claimed = await claim(id);
      if (claimed.kind !== "claimed") return "refused";
      const spend = i % 3 === 0;
      const settled = await store.settle(claimed.task, {
        set: { status: spend ? "succeeded" : "failed" },
        reservation: spend ? { kind: "spend", usd: PRICE } : { kind: "free" },
        facts: [],
      });
      await store.fail({ projectId, taskId: id }, failure("worker_lost", "x"));
      expect(settled).toBe(true);
      return spend ? "spent" : "freed";
    }),
  );
  const { reservedUsd, spentUsd } = await budget();
  expect(reservedUsd).toBe(0);
  expect(spentUsd).toBe(outcomes.filter((o) => o === "spent").length * PRICE);
  const { tasks: rows = [] } = (await store.load(projectId)) ?? {};
  expect(rows.filter((t) => t.status === "succeeded")).toHaveLength(
    outcomes.filter((o) => o === "spent").length,
  );
});

test("of two settlements of one attempt, one is written", async () => {
  const { ids, claim, budget } = await projectWith(30, null);
  await Promise.all(
    ids.map(async (id) => {
      const claimed = await claim(id);
      if (claimed.kind !== "claimed") throw new Error(claimed.kind);
      const settlement = {
        set: { status: "succeeded" as const },
        reservation: { kind: "spend" as const, usd: PRICE },
        facts: [],
      };
      const both = await Promise.all([1, 2].map(() => store.settle(claimed.task, settlement)));
      expect(both.toSorted()).toEqual([false, true]);
    }),
  );
  expect(await budget()).toMatchObject({ reservedUsd: 0, spentUsd: 30 * PRICE });
});

test("no claim succeeds once a cancellation has answered, however many are on their way", async () => {
  for (let round = 0; round < 5; round++) {
    const { projectId, ownerId, ids, claim, budget } = await projectWith(60, null);
    let answered = false;
    let claimed = 0;
    const late: string[] = [];
    const left = [...ids];
    /** One after another, so that some begin before the answer and some after it. */
    const consumer = async () => {
      for (let id = left.shift(); id; id = left.shift()) {
        const before = answered;
        const { kind } = await claim(id);
        if (kind === "claimed") claimed++;
        if (kind === "claimed" && before) late.push(id);
      }
    };
    const cancel = async () => {
      for (const id of left.splice(0, 5)) if ((await claim(id)).kind === "claimed") claimed++;
      await store.cancel({ ownerId, projectId }, ["generate_clips", "assemble_video"], "generate_images");
      answered = true;
    };
    await Promise.all([consumer(), consumer(), consumer(), cancel()]);
    expect(late).toEqual([]);
    expect(claimed).toBeLessThan(ids.length);
    for (const id of ids) expect((await claim(id)).kind).toBe("not_now");
    expect(await budget()).toMatchObject({ reservedUsd: claimed * PRICE });
  }
});

test("a project that is deleted during claims and settlements leaves its owner's account exact", async () => {
  const owner = { id: `owner-${newId()}`, budgetUsd: null };
  const gone = await projectWith(40, null, owner);
  const stays = await projectWith(40, null, owner);
  const work = async ({ ids, claim }: typeof gone) => {
    const ends = await Promise.all(
      ids.map(async (id) => {
        const claimed = await claim(id);
        if (claimed.kind !== "claimed") return [];
        const settled = await store.settle(claimed.task, {
          set: { status: "succeeded" },
          reservation: { kind: "spend", usd: PRICE },
          facts: [],
        });
        return [settled];
      }),
    );
    return ends.flat();
  };
  const [, kept] = await Promise.all([
    work(gone),
    work(stays),
    store.removeProject({ ownerId: owner.id, projectId: gone.projectId }),
  ]);
  expect(kept).toHaveLength(40);
  const { reservedUsd, spentUsd } = await stays.account();
  expect(reservedUsd).toBe(0);
  // Of the deleted project all claimed costs stay: as settled, or as reserved when it was deleted.
  expect(spentUsd).toBeGreaterThanOrEqual(40 * PRICE);
  expect(spentUsd).toBeLessThanOrEqual(80 * PRICE);
  expect((await stays.budget()).spentUsd).toBe(40 * PRICE);
});

test("two retries of one task at once free it once more or not at all, and lose no target", async () => {
  const { projectId, ownerId, ids } = await projectWith(1, null);
  const [taskId = ""] = ids;
  await store.fail({ projectId, taskId }, failure("worker_lost", "x"));
  await store.cancel({ ownerId, projectId }, ["generate_clips"], "generate_images");
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => store.retry({ ownerId, projectId }, { taskId })),
  );
  for (const answer of answers) {
    expect(answer?.retried).toMatchObject([{ id: taskId }]);
    expect(answer?.project.targetStage).toBe("generate_clips");
  }
});
