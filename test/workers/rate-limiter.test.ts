import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { rateLimitersOf } from "../../src/coordinator/rate-limiters.ts";
import { rateLimitOf } from "../../src/domain/models/rate-limits.ts";
import { newRateLimiter, penalize } from "../../src/domain/rate-limiter.ts";

let made = 0;
/** A provider of one test, with the rate of unknown providers: 60 calls a minute, 5 at once. */
const provider = () => `provider ${++made}`;
const objectOf = (name: string) => env.RATE_LIMITERS.getByName(name);
const stored = (name: string) =>
  runInDurableObject(objectOf(name), (_, { storage }) => [...storage.kv.list()].length);

/** Aborts the object, as a crash would: only what is on disk is left. */
const abort = (name: string) =>
  runInDurableObject(objectOf(name), (_, state) => state.abort("crashed")).catch(() => {});

describe.each([
  ["eviction", (name: string) => evictDurableObject(objectOf(name))],
  ["a crash", abort],
])("%s", (_, end) => {
  test("does not end a block", async () => {
    const name = provider();
    await objectOf(name).penalize(600);
    await end(name);
    const { blockedUntil, perMinute, nominalPerMinute } = await objectOf(name).state();
    expect(blockedUntil).toBeGreaterThan(Date.now() + 590_000);
    expect(perMinute).toBeLessThan(nominalPerMinute);
    expect(await objectOf(name).acquire("a")).toMatchObject({ kind: "wait" });
  });

  test("keeps the queue", async () => {
    const name = provider();
    await objectOf(name).penalize(600);
    const first = await objectOf(name).acquire("a");
    const second = await objectOf(name).acquire("b");
    if (first.kind !== "wait" || second.kind !== "wait") throw new Error("The rate limiter is not blocked");
    await end(name);
    expect((await objectOf(name).state()).waiting).toBe(2);
    expect(await objectOf(name).acquire("a")).toMatchObject({ afterMs: expect.closeTo(first.afterMs, -4) });
    expect((await objectOf(name).state()).waiting).toBe(2);
  });
});

test("a rate limiter in its default state stores nothing, and deletes its state when it returns to the default", async () => {
  // This provider has a slot every 100 ms.
  const name = "replicate";
  expect(await objectOf(name).acquire("a")).toEqual({ kind: "go", probing: false });
  expect(await stored(name)).toBe(0);
  expect(await objectOf(name).acquire("b")).toMatchObject({ kind: "wait" });
  expect(await stored(name)).toBe(1);
  expect(
    await rateLimitersOf(env.RATE_LIMITERS, () => {}).acquire(name, { key: "b", ownerId: "ada" }),
  ).toMatchObject({ kind: "go" });
  expect(await stored(name)).toBe(0);
});

test("owners take turns, and callers without an owner, of a version before, are one of them", async () => {
  const name = provider();
  // After it a call every 4 s.
  await objectOf(name).penalize(30);
  const slots = [];
  const calls: [key: string, owner?: string][] = [
    ["a1", "ada"],
    ["a2", "ada"],
    ["a3", "ada"],
    ["b1", "bob"],
    ["x1"],
  ];
  for (const [key, owner] of calls) {
    const admission = await objectOf(name).acquire(key, owner);
    if (admission.kind === "wait") slots.push([key, Math.ceil((admission.afterMs - 26_000) / 4_000)]);
  }
  expect(slots).toEqual([
    ["a1", 1],
    ["a2", 2],
    ["a3", 3],
    ["b1", 2],
    ["x1", 3],
  ]);
});

test("the state of a full queue can be stored, and is there after a crash", async () => {
  const name = provider();
  const limit = rateLimitOf(name);
  const blocked = penalize(newRateLimiter(limit, Date.now()), 600, Date.now());
  const slot = blocked.blockedUntil;
  // As the accessor names owners: by 32 characters.
  const queue = Array.from({ length: 4_999 }, (_, i) => ({
    key: crypto.randomUUID(),
    owner: String(i).padStart(32, "0"),
    arrival: 1,
    slot: slot + i,
    returnAt: slot,
    missed: false,
  }));
  await runInDurableObject(objectOf(name), (_, { storage }) =>
    storage.kv.put("rate_limiter", { ...blocked, queue }),
  );
  await evictDurableObject(objectOf(name));
  expect(await objectOf(name).acquire("a", "ada")).toMatchObject({ kind: "wait" });
  await abort(name);
  expect((await objectOf(name).state()).waiting).toBe(5_000);
});

test("unreadable stored state makes a new rate limiter", async () => {
  const name = provider();
  await runInDurableObject(objectOf(name), (_, { storage }) =>
    storage.kv.put("rate_limiter", { queue: "?" }),
  );
  await evictDurableObject(objectOf(name));
  expect(await objectOf(name).acquire("a")).toEqual({ kind: "go", probing: false });
});

test("an operator sees the rate, how many callers wait, and until when the rate limiter is blocked", async () => {
  const name = provider();
  expect(await objectOf(name).state()).toEqual({
    provider: name,
    perMinute: 60,
    nominalPerMinute: 60,
    waiting: 0,
    blockedUntil: null,
  });
  await objectOf(name).penalize(null);
  await objectOf(name).acquire("a");
  const { waiting, blockedUntil } = await objectOf(name).state();
  expect(waiting).toBe(1);
  expect(blockedUntil).toBeGreaterThan(Date.now());
});

test("through the accessor, a penalty for one provider delays its own callers only", async () => {
  const [busy, free] = [provider(), provider()];
  const limiters = rateLimitersOf(env.RATE_LIMITERS, () => {});
  await limiters.penalize(busy, 600);
  expect(await limiters.acquire(busy, { key: "a", ownerId: "ada" })).toMatchObject({ kind: "wait" });
  expect(await limiters.acquire(free, { key: "a", ownerId: "ada" })).toEqual({ kind: "go", probing: false });
});

test("a rate limiter that can't be reached lets callers go, and the log says so", async () => {
  const logged: string[] = [];
  // An object without a name refuses to start.
  const limiters = rateLimitersOf(env.RATE_LIMITERS, (_, event) => logged.push(event));
  expect(await limiters.acquire("", { key: "a", ownerId: "ada" })).toEqual({ kind: "go", probing: false });
  expect(logged).toEqual(["rate_limiter_unreachable"]);
});
