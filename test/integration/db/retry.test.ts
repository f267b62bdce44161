import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type Db } from "../../../src/db/client.ts";
import { isAmbiguous, isTransient, postgresCode, Unanswered } from "../../../src/db/errors.ts";
import { withRetries } from "../../../src/db/retry.ts";
import { openDatabase } from "../../../src/sandbox/neon/neon.ts";
import { type NetworkFault, openEndpoint, refusal } from "../../support/endpoint.ts";
import { virtualTime } from "../../support/timing.ts";

let database: Awaited<ReturnType<typeof openDatabase>>;
let endpoint: Awaited<ReturnType<typeof openEndpoint>>;
let db: Db;
beforeAll(async () => {
  database = await openDatabase();
  endpoint = await openEndpoint(database.handler);
  db = connect("postgresql://omvee:omvee@localhost/omvee", endpoint.url);
  await db.execute(sql`create table kept (id text primary key, n integer)`);
}, 60_000);
afterAll(async () => {
  await endpoint.close();
  await database.close();
});

const one = () => db.execute<{ one: number }>(sql`select 1 as one`);
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "it did not fail",
    (error: unknown) => error,
  );
/** An error as the endpoint words it: one that is not Postgres' has an empty code. */
const neon = (status: number, message: string): NetworkFault => ({
  status,
  body: JSON.stringify({ message, code: "" }),
});
const often = (mishap: NetworkFault, times = 1_000) => Array.from({ length: times }, () => mishap);

const PASSING: [string, NetworkFault, { ambiguous: boolean }][] = [
  ["a shutdown by the administrator", refusal("57P01"), { ambiguous: true }],
  ["the shutdown after a crash", refusal("57P02"), { ambiguous: true }],
  ["a start-up", refusal("57P03"), { ambiguous: false }],
  ["a connection that failed", refusal("08006"), { ambiguous: true }],
  ["a connection that is gone", refusal("08003"), { ambiguous: true }],
  ["a connection that could not be made", refusal("08001"), { ambiguous: false }],
  ["a connection that was rejected", refusal("08004"), { ambiguous: false }],
  ["too many connections", refusal("53300"), { ambiguous: false }],
  ["a serialization failure", refusal("40001"), { ambiguous: false }],
  ["a deadlock", refusal("40P01"), { ambiguous: false }],
  ["a connection that ends before the answer", "drop_before", { ambiguous: true }],
  ["an answer that is lost after the work", "drop_after", { ambiguous: true }],
  ["an answer that breaks off", "cut_answer", { ambiguous: true }],
  ["a bad gateway", { status: 502, body: "<html>Bad Gateway</html>" }, { ambiguous: true }],
  ["an endpoint that is away", neon(503, "Shutting down"), { ambiguous: true }],
  ["a compute that does not wake", neon(500, "Couldn't connect to compute node"), { ambiguous: false }],
  [
    "a compute that stops",
    neon(400, "terminating connection due to administrator command"),
    { ambiguous: true },
  ],
  ["a socket that ends", neon(400, "error communicating with the server: early eof"), { ambiguous: true }],
  ["a pooled connection that was closed", neon(400, "connection closed"), { ambiguous: true }],
];

describe.each(PASSING)("%s passes", (_, mishap, { ambiguous }) => {
  test.each([1, 2, 5])("a read that meets it %i times in a row succeeds", async (times) => {
    const { timing } = virtualTime();
    endpoint.meets(...often(mishap, times));
    const { rows } = await withRetries(one, { timing });
    expect(rows).toEqual([{ one: 1 }]);
    expect(endpoint.requests()).toBe(times + 1);
  });

  test("so does a batch, which is one transaction", async () => {
    const { timing } = virtualTime();
    endpoint.meets(mishap, mishap);
    const [first, second] = await withRetries(() => db.batch([one(), db.execute(sql`select 2 as two`)]), {
      timing,
    });
    expect([first.rows, second.rows]).toEqual([[{ one: 1 }], [{ two: 2 }]]);
    expect(endpoint.requests()).toBe(3);
  });

  test(`by itself it says that the work ${ambiguous ? "may have been" : "was not"} done`, async () => {
    endpoint.meets(mishap);
    const error = await failureOf(one());
    expect([isTransient(error), isAmbiguous(error)]).toEqual([true, ambiguous]);
  });
});

describe("an error that no repetition helps is thrown at once, after one request", () => {
  test.each<[string, () => Promise<unknown>, string | null]>([
    ["a broken constraint", () => db.execute(sql`insert into kept values (null, 1)`), "23502"],
    ["a mistake in the SQL", () => db.execute(sql`select from where`), "42601"],
    ["the fence of a settlement", () => db.execute(sql`select 1 / 0`), "22012"],
  ])("%s", async (_, work, code) => {
    const { timing, waits } = virtualTime();
    endpoint.meets();
    const error = await failureOf(withRetries(work, { timing }));
    expect(postgresCode(error)).toBe(code);
    expect([endpoint.requests(), waits]).toEqual([1, []]);
    expect([isTransient(error), isAmbiguous(error)]).toEqual([false, false]);
  });

  test.each<[string, NetworkFault]>([
    ["a password that is wrong", neon(400, "password authentication failed for user 'omvee'")],
    ["a result that is too large", neon(507, "response is too large (max is 67108864 bytes)")],
    ["an address that is not the endpoint's", { status: 404, body: "Not Found" }],
    ["a disk that is full", refusal("53100")],
    ["a statement that was canceled", refusal("57014")],
  ])("%s", async (_, mishap) => {
    const { timing } = virtualTime();
    endpoint.meets(...often(mishap));
    const error = await failureOf(withRetries(one, { timing }));
    expect(isTransient(error)).toBe(false);
    expect(endpoint.requests()).toBe(1);
  });

  test("a bug of our code", async () => {
    const { timing } = virtualTime();
    const defect = new TypeError("x is not a function");
    let calls = 0;
    const work = () => {
      calls++;
      return Promise.reject(defect);
    };
    expect(await failureOf(withRetries(work, { timing }))).toBe(defect);
    expect(calls).toBe(1);
  });
});

describe("the limits of retrying", () => {
  test("an outage that ends within eleven seconds is not noticed, whatever the random waits are", async () => {
    endpoint.meets(refusal("57P03"));
    const starting = await failureOf(one());
    const chance = fc.array(fc.double({ min: 0.2, max: 1, noNaN: true }), { minLength: 40, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(chance, fc.integer({ min: 0, max: 11_000 }), async (draws, backAt) => {
        const time = virtualTime(() => draws.shift() ?? 1);
        const work = () => (time.now() < backAt ? Promise.reject(starting) : Promise.resolve("rows"));
        expect(await withRetries(work, time)).toBe("rows");
      }),
      { numRuns: 300 },
    );
  });

  test("it ends after twelve seconds at most, with the error of the last try", async () => {
    const time = virtualTime(0.7);
    endpoint.meets(...often(refusal("57P03")));
    const error = await failureOf(withRetries(one, time));
    expect(postgresCode(error)).toBe("57P03");
    expect(time.now()).toBeGreaterThan(11_000);
    expect(time.now()).toBeLessThanOrEqual(12_000);
  });

  test("waits are drawn from the whole of a span that doubles up to two seconds", async () => {
    const longest = virtualTime(1);
    endpoint.meets(...often(refusal("57P03")));
    await failureOf(withRetries(one, longest));
    expect(longest.waits.slice(0, 6)).toEqual([100, 200, 400, 800, 1_600, 2_000]);
    const shortest = virtualTime(0);
    endpoint.meets(...often(refusal("57P03")));
    await failureOf(withRetries(one, shortest));
    expect(new Set(shortest.waits)).toEqual(new Set([0]));
  });

  test("the count of requests is bounded, even where all random waits are 0", async () => {
    const { timing } = virtualTime(0);
    endpoint.meets(...often("drop_before"));
    await failureOf(withRetries(one, { timing }));
    expect(endpoint.requests()).toBe(31);
  });

  test("a try that is never answered is given up at the deadline, and no timer is left", async () => {
    const time = virtualTime();
    const answer = failureOf(withRetries(() => new Promise(() => {}), time));
    time.pass(11_999);
    expect(time.pending()).toBe(1);
    time.pass(1);
    const error = await answer;
    expect(error).toBeInstanceOf(Unanswered);
    expect([isTransient(error), isAmbiguous(error)]).toEqual([true, true]);
    expect(time.pending()).toBe(0);
  });

  test("after a slow try, no other begins past the deadline", async () => {
    const time = virtualTime();
    let tries = 0;
    const slow = async () => {
      tries++;
      time.pass(6_000);
      return one();
    };
    endpoint.meets(...often("drop_before"));
    await failureOf(withRetries(slow, time));
    expect(tries).toBe(2);
  });

  test("an answer in time cancels the deadline", async () => {
    const time = virtualTime();
    endpoint.meets();
    await withRetries(one, time);
    expect(time.pending()).toBe(0);
  });
});

describe("a write whose answer was lost", () => {
  const insert = (id: string) => () =>
    db.execute(sql`insert into kept values (${id}, 1) on conflict (id) do nothing`);
  const count = async (id: string) =>
    (await db.execute(sql`select * from kept where id = ${id}`)).rows.length;

  test("is there once, where it is keyed", async () => {
    const { timing } = virtualTime();
    endpoint.meets("drop_after", "cut_answer", "drop_after");
    await withRetries(insert("lost thrice"), { timing });
    expect(endpoint.requests()).toBe(4);
    expect(await count("lost thrice")).toBe(1);
  });

  test("stays ambiguous, when later tries say that nothing was done", async () => {
    const { timing } = virtualTime();
    endpoint.meets("drop_after", ...often(refusal("57P03")));
    const error = await failureOf(withRetries(insert("in doubt"), { timing }));
    expect([isTransient(error), isAmbiguous(error)]).toEqual([true, true]);
    endpoint.meets();
    expect(await count("in doubt")).toBe(1);
  });

  test("is known not to be done, when every try was rejected", async () => {
    const { timing } = virtualTime();
    endpoint.meets(...often(refusal("57P03")));
    const error = await failureOf(withRetries(insert("turned away"), { timing }));
    expect([isTransient(error), isAmbiguous(error)]).toEqual([true, false]);
    endpoint.meets();
    expect(await count("turned away")).toBe(0);
  });
});

describe("the log", () => {
  const lines: unknown[] = [];
  const log = (...line: unknown[]) => void lines.push(line);

  test("has a line for work that needed more than one try, and none for the rest", async () => {
    const { timing } = virtualTime();
    endpoint.meets();
    await withRetries(one, { timing, log });
    expect(lines).toEqual([]);
    endpoint.meets(refusal("57P01"), "drop_before");
    await withRetries(one, { timing, log });
    endpoint.meets(...often("drop_after"));
    await failureOf(withRetries(one, { timing, log }));
    expect(lines).toEqual([
      ["warn", "database_retried", { outcome: "answered", tries: 3, ms: 300, code: "57P01" }],
      ["warn", "database_retried", expect.objectContaining({ outcome: "failed", code: null })],
    ]);
  });
});
