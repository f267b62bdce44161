import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { doorsOf } from "../../src/coordinator/rate-limiters.ts";

let made = 0;
/** A provider of the test's own, at the rate of one that nobody knows: 60 calls a minute, 5 at once. */
const provider = () => `provider ${++made}`;
const objectOf = (name: string) => env.DOORS.getByName(name);
const stored = (name: string) =>
  runInDurableObject(objectOf(name), (_, { storage }) => [...storage.kv.list()].length);

/** As a crash would: nothing but what is on disk is left. */
const abort = (name: string) =>
  runInDurableObject(objectOf(name), (_, state) => state.abort("crashed")).catch(() => {});

describe.each([
  ["eviction", (name: string) => evictDurableObject(objectOf(name))],
  ["a crash", abort],
])("%s", (_, end) => {
  test("does not open a closed door", async () => {
    const name = provider();
    await objectOf(name).throttled(600);
    await end(name);
    const { closedUntil, perMinute, nominalPerMinute } = await objectOf(name).state();
    expect(closedUntil).toBeGreaterThan(Date.now() + 590_000);
    expect(perMinute).toBeLessThan(nominalPerMinute);
    expect(await objectOf(name).pass("a")).toMatchObject({ kind: "wait" });
  });

  test("loses nobody's place", async () => {
    const name = provider();
    await objectOf(name).throttled(600);
    const first = await objectOf(name).pass("a");
    const second = await objectOf(name).pass("b");
    if (first.kind !== "wait" || second.kind !== "wait") throw new Error("The door is open");
    await end(name);
    expect((await objectOf(name).state()).waiting).toBe(2);
    expect(await objectOf(name).pass("a")).toMatchObject({ afterMs: expect.closeTo(first.afterMs, -4) });
    expect((await objectOf(name).state()).waiting).toBe(2);
  });
});

test("a door at rest keeps nothing, and one that comes to rest forgets", async () => {
  // Of a provider whose turns come every 100 ms.
  const name = "replicate";
  expect(await objectOf(name).pass("a")).toEqual({ kind: "go", careful: false });
  expect(await stored(name)).toBe(0);
  expect(await objectOf(name).pass("b")).toMatchObject({ kind: "wait" });
  expect(await stored(name)).toBe(1);
  expect(await doorsOf(env.DOORS, () => {}).pass(name, "b")).toMatchObject({ kind: "go" });
  expect(await stored(name)).toBe(0);
});

test("what can't be read on disk makes a new door", async () => {
  const name = provider();
  await runInDurableObject(objectOf(name), (_, { storage }) => storage.kv.put("door", { places: "?" }));
  await evictDurableObject(objectOf(name));
  expect(await objectOf(name).pass("a")).toEqual({ kind: "go", careful: false });
});

test("an operator sees the rate, who waits, and until when the door is closed", async () => {
  const name = provider();
  expect(await objectOf(name).state()).toEqual({
    provider: name,
    perMinute: 60,
    nominalPerMinute: 60,
    waiting: 0,
    closedUntil: null,
  });
  await objectOf(name).throttled(null);
  await objectOf(name).pass("a");
  const { waiting, closedUntil } = await objectOf(name).state();
  expect(waiting).toBe(1);
  expect(closedUntil).toBeGreaterThan(Date.now());
});

test("through the accessor, one provider's refusal holds up its own callers alone", async () => {
  const [busy, free] = [provider(), provider()];
  const doors = doorsOf(env.DOORS, () => {});
  await doors.throttled(busy, 600);
  expect(await doors.pass(busy, "a")).toMatchObject({ kind: "wait" });
  expect(await doors.pass(free, "a")).toEqual({ kind: "go", careful: false });
});

test("a door that can't be reached lets pass, and the log says so", async () => {
  const logged: string[] = [];
  // An object without a name refuses to start.
  const doors = doorsOf(env.DOORS, (_, event) => logged.push(event));
  expect(await doors.pass("", "a")).toEqual({ kind: "go", careful: false });
  expect(logged).toEqual(["door_unreachable"]);
});
