import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rateLimitersOf } from "../../../src/coordinator/rate-limiters.ts";
import { rateLimitOf } from "../../../src/domain/models/rate-limits.ts";
import {
  type Admission,
  acquire,
  newRateLimiter,
  penalize,
  type RateLimiter,
  reportSuccess,
} from "../../../src/domain/rate-limiter.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The rate limiters of a namespace in memory, each answering as the object would. */
function memory() {
  const limiters = new Map<string, RateLimiter>();
  const logged: string[] = [];
  const of = (provider: string) =>
    limiters.get(provider) ?? newRateLimiter(rateLimitOf(provider), Date.now());
  const namespace = {
    getByName: (provider: string) => ({
      acquire: async (key: string, owner: string): Promise<Admission> => {
        const { state, admission } = acquire(of(provider), { key, owner }, Date.now());
        limiters.set(provider, state);
        return admission;
      },
      penalize: async (seconds: number | null) =>
        void limiters.set(provider, penalize(of(provider), seconds, Date.now())),
      reportSuccess: async () => void limiters.set(provider, reportSuccess(of(provider), Date.now())),
    }),
  };
  return { limiters: rateLimitersOf(namespace, (_, event) => logged.push(event)), of, logged };
}

/** Rate limiters whose objects answer with `answer`. */
function unreachable(answer: () => Promise<never>) {
  const logged: [level: string, event: string, provider: unknown][] = [];
  const stub = { acquire: answer, penalize: answer, reportSuccess: answer };
  const limiters = rateLimitersOf({ getByName: () => stub }, (level, event, fields) =>
    logged.push([level, event, fields?.provider]),
  );
  return { limiters, logged };
}

test("a slot within five seconds is waited for", async () => {
  const { limiters } = memory();
  expect(await limiters.acquire("replicate", { key: "a", ownerId: "ada" })).toEqual({
    kind: "go",
    probing: false,
  });
  const second = limiters.acquire("replicate", { key: "b", ownerId: "ada" });
  await vi.advanceTimersByTimeAsync(100);
  expect(await second).toEqual({ kind: "go", probing: false });
  expect(Date.now()).toBe(100);
});

test("a caller with a longer wait is told to come back a little early, and then waits for its slot", async () => {
  const { limiters } = memory();
  await limiters.penalize("replicate", 30);
  expect(await limiters.acquire("replicate", { key: "a", ownerId: "ada" })).toEqual({
    kind: "wait",
    afterMs: 27_500,
  });
  await vi.advanceTimersByTimeAsync(28_000);
  const back = limiters.acquire("replicate", { key: "a", ownerId: "ada" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await back).toEqual({ kind: "go", probing: true });
  expect(Date.now()).toBe(30_000);
});

test("a rate limiter is told of an owner by 32 characters, however long the id, the same for the same owner", async () => {
  const owners: string[] = [];
  const acquire = async (_key: string, owner: string): Promise<Admission> => {
    owners.push(owner);
    return { kind: "go", probing: false };
  };
  const stub = { acquire, penalize: async () => {}, reportSuccess: async () => {} };
  const limiters = rateLimitersOf({ getByName: () => stub }, () => {});
  const long = "auth0|".padEnd(1_000, "é");
  for (const ownerId of ["ada", "ada", "bob", long])
    await limiters.acquire("replicate", { key: "a", ownerId });
  expect(owners).toEqual(Array(4).fill(expect.stringMatching(/^[0-9a-f]{32}$/)));
  expect(new Set(owners).size).toBe(3);
  expect(owners[1]).toBe(owners[0]);
});

test("a penalty blocks one provider's rate limiter and no other", async () => {
  const { limiters } = memory();
  await limiters.penalize("replicate", 30);
  expect(await limiters.acquire("openai", { key: "a", ownerId: "ada" })).toEqual({
    kind: "go",
    probing: false,
  });
});

test("a reported success raises the rate of a slowed rate limiter", async () => {
  const { limiters, of } = memory();
  await limiters.penalize("replicate", 10);
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  const before = of("replicate").perMinute;
  await limiters.reportSuccess("replicate");
  expect(of("replicate").perMinute).toBeGreaterThan(before);
});

test("a rate limiter that fails lets every call pass, loses reports without an error, and is logged", async () => {
  const { limiters, logged } = unreachable(() => Promise.reject(new Error("overloaded")));
  expect(await limiters.acquire("replicate", { key: "a", ownerId: "ada" })).toEqual({
    kind: "go",
    probing: false,
  });
  await limiters.penalize("replicate", 5);
  await limiters.reportSuccess("replicate");
  expect(logged).toEqual(Array(3).fill(["warn", "rate_limiter_unreachable", "replicate"]));
});

test("a rate limiter that does not answer lets the call pass after three seconds", async () => {
  const { limiters, logged } = unreachable(() => new Promise(() => {}));
  const turn = limiters.acquire("replicate", { key: "a", ownerId: "ada" });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await turn).toEqual({ kind: "go", probing: false });
  expect(logged).toHaveLength(1);
});
