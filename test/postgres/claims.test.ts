/** Money under real concurrency: PGlite runs transactions one after another, and would show nothing here. */
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimTask, failTask, settleTask } from "../../src/db/claims.ts";
import { connect, type Db } from "../../src/db/client.ts";
import { loadRecord } from "../../src/db/record.ts";
import { jobs, projects, tasks } from "../../src/db/schema.ts";
import { uuidv7 } from "../../src/domain/ids.ts";
import { Settings } from "../../src/domain/record.ts";
import { failure } from "../../src/domain/tasks.ts";
import { type Listening, listen } from "../../src/sandbox/listen.ts";
import { openDatabase } from "../../src/sandbox/postgres.ts";

const PRICE = 0.5;
const newId = () => uuidv7(Date.now());

let database: Awaited<ReturnType<typeof openDatabase>>;
let door: Listening;
let db: Db;
beforeAll(async () => {
  database = await openDatabase({ url: process.env.TEST_DATABASE_URL });
  await database.migrate();
  door = await listen(database.handler, 0, "127.0.0.1");
  db = connect("postgresql://omvee:omvee@localhost/omvee", door.url);
});
afterAll(async () => {
  await door?.close();
  await database?.close();
});

/** A project with this budget and this many tasks that are ready, each of the same price. */
async function projectWith(count: number, budgetUsd: number | null) {
  const [projectId, jobId, now] = [newId(), newId(), new Date()];
  const settings = { ...Settings.parse({}), budgetUsd };
  await db.insert(projects).values({ id: projectId, ownerId: projectId, name: "Money", settings });
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
  const claim = (taskId: string) => claimTask(db, { projectId, taskId }, new Date());
  const purse = async () => {
    const [row] = await db.select().from(projects).where(eq(projects.id, projectId));
    if (!row) throw new Error("The project is gone");
    return row;
  };
  return { projectId, ids: rows.map((r) => r.id), claim, purse };
}

test("200 starts at once, one short of the budget: one is refused, and the budget holds", async () => {
  const { ids, claim, purse } = await projectWith(200, 199 * PRICE);
  const kinds = (await Promise.all(ids.map(claim))).map((c) => c.kind);
  expect(kinds.filter((k) => k === "claimed")).toHaveLength(199);
  expect(kinds.filter((k) => k === "over_budget")).toHaveLength(1);
  expect(await purse()).toMatchObject({ reservedUsd: 199 * PRICE, spentUsd: 0 });
});

test("of many consumers that race for one task, one gets it and its cost is reserved once", async () => {
  const { ids, claim, purse } = await projectWith(20, null);
  const kinds = await Promise.all(
    ids.flatMap((id) => [id, id, id, id]).map(async (id) => (await claim(id)).kind),
  );
  expect(kinds.filter((k) => k === "claimed")).toHaveLength(20);
  expect(await purse()).toMatchObject({ reservedUsd: 20 * PRICE });
});

test("claims, settlements and failures that cross each other neither wait for each other nor lose money", async () => {
  const { projectId, ids, claim, purse } = await projectWith(60, 40 * PRICE);
  const outcomes = await Promise.all(
    ids.map(async (id, i) => {
      const claimed = await claim(id);
      if (claimed.kind !== "claimed") return "refused";
      const spend = i % 3 === 0;
      const settled = await settleTask(
        db,
        claimed.task,
        {
          set: { status: spend ? "succeeded" : "failed" },
          purse: spend ? { kind: "spend", usd: PRICE } : { kind: "free" },
          writes: [],
        },
        new Date(),
      );
      await failTask(db, { projectId, taskId: id }, failure("x", "x"), new Date());
      expect(settled).toBe(true);
      return spend ? "spent" : "freed";
    }),
  );
  const { reservedUsd, spentUsd } = await purse();
  expect(reservedUsd).toBe(0);
  expect(spentUsd).toBe(outcomes.filter((o) => o === "spent").length * PRICE);
  const { tasks: rows = [] } = (await loadRecord(db, projectId)) ?? {};
  expect(rows.filter((t) => t.status === "succeeded")).toHaveLength(
    outcomes.filter((o) => o === "spent").length,
  );
});

test("of two settlements of one attempt, one is written", async () => {
  const { ids, claim, purse } = await projectWith(30, null);
  await Promise.all(
    ids.map(async (id) => {
      const claimed = await claim(id);
      if (claimed.kind !== "claimed") throw new Error(claimed.kind);
      const settlement = {
        set: { status: "succeeded" as const },
        purse: { kind: "spend" as const, usd: PRICE },
        writes: [],
      };
      const both = await Promise.all([1, 2].map(() => settleTask(db, claimed.task, settlement, new Date())));
      expect(both.toSorted()).toEqual([false, true]);
    }),
  );
  expect(await purse()).toMatchObject({ reservedUsd: 0, spentUsd: 30 * PRICE });
});
