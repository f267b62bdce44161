/** Connections that end before, during and after the work, to a real Postgres that really commits. */
import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect, type Db } from "../../src/db/client.ts";
import { isAmbiguous, isTransient, postgresCode } from "../../src/db/errors.ts";
import { withRetries } from "../../src/db/retry.ts";
import { owners } from "../../src/db/schema.ts";
import { openDatabase } from "../../src/sandbox/neon/neon.ts";
import { type NetworkFault, openEndpoint } from "../support/endpoint.ts";
import { virtualTime } from "../support/timing.ts";

let database: Awaited<ReturnType<typeof openDatabase>>;
let endpoint: Awaited<ReturnType<typeof openEndpoint>>;
let db: Db;
beforeAll(async () => {
  database = await openDatabase({ url: process.env.TEST_DATABASE_URL });
  await database.migrate();
  endpoint = await openEndpoint(database.handler);
  db = connect("postgresql://omvee:omvee@localhost/omvee", endpoint.url);
});
afterAll(async () => {
  await endpoint?.close();
  await database?.close();
});
beforeEach(() => endpoint.meets());

const newId = () => `outage-${randomUUID()}`;
const insert = (id: string) => db.insert(owners).values({ id }).onConflictDoNothing();
const find = (id: string) => db.select().from(owners).where(eq(owners.id, id));
/** A statement that makes Postgres end its own connection, as a restart of Postgres ends all. */
const hangUp = sql`select pg_terminate_backend(pg_backend_pid())`;
const inNoTime = <T>(work: () => Promise<T>) => withRetries(work, { ...virtualTime(), log: () => {} });

test.each<NetworkFault>(["drop_before", "cut_answer", "drop_after"])(
  "reads that meet %s three times in a row succeed",
  async (mishap) => {
    const id = newId();
    await insert(id);
    endpoint.meets(mishap, mishap, mishap);
    expect(await inNoTime(() => find(id))).toMatchObject([{ id }]);
    expect(endpoint.requests()).toBe(4);
  },
);

test("an error of a connection that Postgres ended may be retried", async () => {
  const error = await db.execute(hangUp).catch((e: unknown) => e);
  expect([postgresCode(error), isTransient(error), isAmbiguous(error)]).toEqual(["57P01", true, true]);
  let tries = 0;
  const work = () => (++tries <= 2 ? db.execute(hangUp) : db.execute(sql`select 1 as one`));
  expect((await inNoTime(work)).rows).toEqual([{ one: 1 }]);
  expect(tries).toBe(3);
});

test("a transaction whose connection Postgres ends leaves nothing, and is done once by the next try", async () => {
  const [kept, lost] = [newId(), newId()];
  let tries = 0;
  const work = async () => {
    if (++tries === 1) await db.batch([insert(kept), insert(lost), db.execute(hangUp)]);
    return db.batch([insert(kept), find(lost)]);
  };
  const [, others] = await inNoTime(work);
  expect([tries, others]).toEqual([2, []]);
  expect(await find(kept)).toHaveLength(1);
});

test("a write with a key is there once, however its answers were lost", async () => {
  const mishaps = fc.array(fc.constantFrom<NetworkFault>("drop_before", "drop_after", "cut_answer"), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(mishaps, async (met) => {
      const id = newId();
      endpoint.meets(...met);
      await inNoTime(() => db.batch([insert(id), find(id)]));
      expect(endpoint.requests()).toBe(met.length + 1);
      expect(await find(id)).toHaveLength(1);
    }),
    { numRuns: 40 },
  );
});

test("many writes with keys at once are there once each, where every other answer is lost", async () => {
  const ids = Array.from({ length: 60 }, newId);
  endpoint.meets(...ids.flatMap((): NetworkFault[] => ["drop_after", "drop_before"]));
  await Promise.all(ids.map((id) => inNoTime(() => insert(id))));
  const rows = await db
    .select()
    .from(owners)
    .where(sql`${owners.id} = any(${sql.param(ids)}::text[])`);
  expect(rows).toHaveLength(ids.length);
});

test("a write conditional on what was read applies once; an unconditional one would apply for each lost answer", async () => {
  const [seen, blind] = [newId(), newId()];
  await db.batch([insert(seen), insert(blind)]);
  const spend = (id: string, condition = sql`true`) =>
    db
      .update(owners)
      .set({ spentUsd: sql`${owners.spentUsd} + 1` })
      .where(and(eq(owners.id, id), condition));

  endpoint.meets("drop_after", "drop_after");
  await inNoTime(() => spend(seen, eq(owners.spentUsd, 0)));
  expect(await find(seen)).toMatchObject([{ spentUsd: 1 }]);

  endpoint.meets("drop_after", "drop_after");
  await inNoTime(() => spend(blind));
  expect(await find(blind)).toMatchObject([{ spentUsd: 3 }]);
});
