import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { doorsOf } from "../../../src/coordinator/rate-limiters.ts";
import { rateLimitOf } from "../../../src/domain/models/rate-limits.ts";
import {
  type Door,
  enter,
  openDoor,
  throttled,
  type Verdict,
  went,
} from "../../../src/domain/rate-limiter.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The doors of a namespace in memory, each answering as the object would. */
function memory() {
  const doors = new Map<string, Door>();
  const logged: string[] = [];
  const of = (provider: string) => doors.get(provider) ?? openDoor(rateLimitOf(provider), Date.now());
  const namespace = {
    getByName: (provider: string) => ({
      pass: async (key: string): Promise<Verdict> => {
        const { state, verdict } = enter(of(provider), key, Date.now());
        doors.set(provider, state);
        return verdict;
      },
      throttled: async (seconds: number | null) =>
        void doors.set(provider, throttled(of(provider), seconds, Date.now())),
      went: async () => void doors.set(provider, went(of(provider), Date.now())),
    }),
  };
  return { doors: doorsOf(namespace, (_, event) => logged.push(event)), of, logged };
}

/** Doors whose objects answer with `answer`. */
function unreachable(answer: () => Promise<never>) {
  const logged: [level: string, event: string, provider: unknown][] = [];
  const stub = { pass: answer, throttled: answer, went: answer };
  const doors = doorsOf({ getByName: () => stub }, (level, event, fields) =>
    logged.push([level, event, fields?.provider]),
  );
  return { doors, logged };
}

test("a turn within five seconds is waited for on the spot", async () => {
  const { doors } = memory();
  expect(await doors.pass("replicate", "a")).toEqual({ kind: "go", careful: false });
  const second = doors.pass("replicate", "b");
  await vi.advanceTimersByTimeAsync(100);
  expect(await second).toEqual({ kind: "go", careful: false });
  expect(Date.now()).toBe(100);
});

test("who has longer to wait is sent away, and called a little early, to be punctual", async () => {
  const { doors } = memory();
  await doors.throttled("replicate", 30);
  expect(await doors.pass("replicate", "a")).toEqual({ kind: "wait", afterMs: 27_500 });
  await vi.advanceTimersByTimeAsync(28_000);
  const back = doors.pass("replicate", "a");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await back).toEqual({ kind: "go", careful: true });
  expect(Date.now()).toBe(30_000);
});

test("a refusal closes one provider's door and no other", async () => {
  const { doors } = memory();
  await doors.throttled("replicate", 30);
  expect(await doors.pass("openai", "a")).toEqual({ kind: "go", careful: false });
});

test("a success behind a careful door is reported to it", async () => {
  const { doors, of } = memory();
  await doors.throttled("replicate", 10);
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  const before = of("replicate").perMinute;
  await doors.went("replicate");
  expect(of("replicate").perMinute).toBeGreaterThan(before);
});

test("a door that fails lets pass, loses reports without harm, and says so in the log", async () => {
  const { doors, logged } = unreachable(() => Promise.reject(new Error("overloaded")));
  expect(await doors.pass("replicate", "a")).toEqual({ kind: "go", careful: false });
  await doors.throttled("replicate", 5);
  await doors.went("replicate");
  expect(logged).toEqual(Array(3).fill(["warn", "door_unreachable", "replicate"]));
});

test("a door that does not answer lets pass after three seconds", async () => {
  const { doors, logged } = unreachable(() => new Promise(() => {}));
  const turn = doors.pass("replicate", "a");
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await turn).toEqual({ kind: "go", careful: false });
  expect(logged).toHaveLength(1);
});
