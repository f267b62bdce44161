/** How reads and writes meet an outage of Postgres. */
import { NeonDbError } from "@neondatabase/serverless";
import { DrizzleQueryError } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { read, writeOnce, writeRepeatable } from "../../../src/db/outage.ts";
import { Unavailable, WriteUnconfirmed } from "../../../src/ports/errors.ts";
import { virtualTime } from "../../support/timing.ts";

const neon = (code: string) => Object.assign(new NeonDbError("so says Postgres"), { code });
const silence = Object.assign(new NeonDbError("Error connecting to database"), {
  sourceError: new TypeError("fetch failed"),
});

/** Work that fails with these errors in turn, the last one for ever, or succeeds after them. */
function failing(errors: readonly Error[], { ends = false } = {}) {
  let calls = 0;
  const work = async () => {
    const error = errors[calls++] ?? (ends ? null : errors.at(-1));
    if (error) throw error;
    return "done";
  };
  return { work, calls: () => calls };
}

const run = async (
  kind: typeof read | typeof writeOnce,
  errors: readonly Error[],
  options?: { ends: boolean },
) => {
  const { work, calls } = failing(errors, options);
  const { timing } = virtualTime(0.5);
  const outcome = await kind(work, { timing, log: () => {} }).catch((error: unknown) => error);
  return { outcome, calls: calls() };
};

/** Whether it may have been committed. */
const OUTAGES: [string, Error, boolean][] = [
  ["no answer", silence, true],
  ["Postgres shutting down", neon("57P01"), true],
  ["a lost connection", neon("08006"), true],
  ["too many connections", neon("53300"), false],
  ["a deadlock", neon("40P01"), false],
  ["an outage that Drizzle wraps", new DrizzleQueryError("select 1", [], silence), true],
];

describe.each(OUTAGES)("%s", (_, error, mayBeCommitted) => {
  test("that passes is hidden from a read and from a write that can't apply twice", async () => {
    for (const kind of [read, writeRepeatable])
      expect(await run(kind, [error, error], { ends: true })).toEqual({ outcome: "done", calls: 3 });
  });

  test("that lasts makes a read unavailable", async () => {
    const { outcome, calls } = await run(read, [error]);
    expect(outcome).toBeInstanceOf(Unavailable);
    expect(calls).toBeGreaterThan(3);
  });

  test("makes no other write apply twice, and says so where it may have applied", async () => {
    const { outcome, calls } = await run(writeOnce, [error, error], { ends: true });
    if (!mayBeCommitted) return expect({ outcome, calls }).toEqual({ outcome: "done", calls: 3 });
    expect(outcome).toBeInstanceOf(WriteUnconfirmed);
    expect(calls).toBe(1);
  });

  test("that lasts leaves a write unconfirmed exactly where it may have been committed", async () => {
    for (const kind of [writeOnce, writeRepeatable])
      expect((await run(kind, [error])).outcome).toBeInstanceOf(
        mayBeCommitted ? WriteUnconfirmed : Unavailable,
      );
  });
});

test.each([
  ["a broken constraint", neon("23514")],
  ["a defect", new TypeError("x is not a function")],
])("%s is thrown as it is, and nothing is repeated", async (_, error) => {
  for (const kind of [read, writeOnce, writeRepeatable])
    expect(await run(kind, [error])).toEqual({ outcome: error, calls: 1 });
});
