import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Rate, type RateLimit, rateLimitOf } from "../../../src/domain/models/rate-limits.ts";
import {
  acquire,
  needsNoStorage,
  newRateLimiter,
  penalize,
  type RateLimiter,
  reportSuccess,
  restoredRateLimiter,
} from "../../../src/domain/rate-limiter.ts";
import { acquireAll, seeded, simulate } from "../../support/crowd.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const REPLICATE = rateLimitOf("replicate");
/** A rate limiter that keeps its rate. */
const steady = (rate: Rate): RateLimit => ({ nominal: rate, floor: rate });
const times = (count: number, at = 0) => Array.from({ length: count }, () => at);
const rate = fc.record({
  perMinute: fc.integer({ min: 1, max: 1_000 }),
  burst: fc.integer({ min: 1, max: 20 }),
});
/** For properties that simulate a whole crowd in each run. */
const numRuns = 60;

/** A caller with a task of one owner. */
const ada = (key: string) => ({ key, owner: "ada" });

describe("the rate", () => {
  test("in any window, at most the burst plus the rate's share of the window goes", () => {
    const calls = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5_000 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(rate, calls, (limit, steps) => {
        let limiter = newRateLimiter(steady(limit), 0);
        let now = 0;
        const passed: number[] = [];
        for (const [caller, step] of steps) {
          now += step;
          const { state, admission } = acquire(limiter, ada(String(caller)), now);
          limiter = state;
          if (admission.kind === "go") passed.push(now);
        }
        passed.forEach((end, last) => {
          passed.slice(0, last + 1).forEach((start, first) => {
            const most = limit.burst + ((end - start) * limit.perMinute) / MINUTE;
            expect(last - first + 1).toBeLessThanOrEqual(most + 1e-6);
          });
        });
      }),
    );
  });

  test("every caller that comes back when told goes, and the last one no later than the rate requires", () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: MINUTE }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        rate,
        arrivals,
        fc.integer(),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (limit, at, seed, late) => {
          const interval = MINUTE / limit.perMinute;
          const random = seeded(seed);
          const lateness = () => Math.floor(random() * late * interval);
          const { taken, visits: made } = simulate({
            limiter: newRateLimiter(steady(limit), 0),
            arrivals: at,
            takes: null,
            lateness,
          });
          expect(taken).toHaveLength(at.length);
          expect(Math.max(...taken)).toBeLessThanOrEqual(
            Math.max(...at) + at.length * (interval * (1 + late) + 1),
          );
          expect(made).toBeLessThanOrEqual(at.length * 40);
        },
      ),
      { numRuns },
    );
  });

  test("callers of one owner go in the order of their first call", () => {
    const { state, answers } = acquireAll(
      newRateLimiter(steady({ perMinute: 60, burst: 2 }), 0),
      ["a", 0],
      ["b", 0],
      ["c", 0],
      ["d", 0],
    );
    expect(answers).toEqual(["go", "go", 1_000, 2_000]);
    expect(acquireAll(state, ["e", 1_000], ["c", 1_000], ["d", 2_000], ["e", 3_000]).answers).toEqual([
      2_000,
      "go",
      "go",
      "go",
    ]);
  });

  test("a key is queued once, however often it asks, and again only after it has gone", () => {
    const { state, answers } = acquireAll(
      newRateLimiter(steady({ perMinute: 60, burst: 1 }), 0),
      ["a", 0],
      ["b", 0],
      ["b", 0],
      ["b", 400],
    );
    expect(answers).toEqual(["go", 1_000, 1_000, 600]);
    expect(state.queue).toHaveLength(1);
    expect(acquireAll(state, ["b", 1_000], ["b", 1_000]).answers).toEqual(["go", 1_000]);
  });

  test("a caller so late that others used its time goes next", () => {
    const { state } = acquireAll(
      newRateLimiter(steady({ perMinute: 60, burst: 1 }), 0),
      ["go", 0],
      ["late", 0],
      ["b", 0],
      ["c", 0],
    );
    expect(
      acquireAll(state, ["b", 2_000], ["late", 2_500], ["c", 3_000], ["late", 3_000], ["c", 4_000]).answers,
    ).toEqual(["go", 500, 1_000, "go", "go"]);
  });

  test("callers that never return delay no queued caller, and a new one by at most their slot", () => {
    const limiter = newRateLimiter(steady({ perMinute: 6, burst: 1 }), 0);
    const { state } = acquireAll(limiter, ["go", 0], ["dead", 0], ["dead too", 0], ["alive", 0]);
    expect(
      acquireAll(state, ["new", 25 * SECOND], ["alive", 30 * SECOND], ["new", 40 * SECOND]).answers,
    ).toEqual([20 * SECOND, "go", "go"]);
    const idle = acquireAll(limiter, ["go", 0], ["dead", 0]).state;
    expect(acquireAll(idle, ["new", 15 * SECOND], ["new", 25 * SECOND]).answers).toEqual([10 * SECOND, "go"]);
    expect(acquireAll(idle, ["new", 10 * SECOND + 2 * MINUTE + 1]).answers).toEqual(["go"]);
  });
});

describe("a penalty", () => {
  test("blocks all callers until the provider accepts calls again", () => {
    const limiter = penalize(newRateLimiter(REPLICATE, 0), 30, 0);
    expect(acquireAll(limiter, ["a", 0], ["b", 29_999], ["a", 30_000]).answers).toEqual([
      30_000,
      expect.any(Number),
      "go",
    ]);
  });

  test("of ten minutes is one wait of ten minutes", () => {
    const limiter = penalize(newRateLimiter(REPLICATE, 0), 600, 0);
    expect(acquireAll(limiter, ["a", 0]).answers).toEqual([10 * MINUTE]);
  });

  test("moves the queued slots behind the block, in their order, at the lower rate", () => {
    const { state } = acquireAll(newRateLimiter(REPLICATE, 0), ["go", 0], ["late", 0], ["a", 0], ["b", 0]);
    const penalized = penalize(state, 5, 150);
    expect(penalized.perMinute).toBe(12);
    const slots = ({ queue }: RateLimiter) => queue.map(({ key, slot }) => [key, slot]);
    expect(slots(penalized)).toEqual([
      ["late", 100],
      ["a", 5_150],
      ["b", 10_150],
    ]);
    expect(slots(acquireAll(penalized, ["late", 200]).state)).toEqual([
      ["late", 5_150],
      ["a", 10_150],
      ["b", 15_150],
    ]);
  });

  test("is followed by one call and no burst", () => {
    const limiter = penalize(newRateLimiter(rateLimitOf("openrouter"), 0), null, 0);
    expect(acquireAll(limiter, ["a", 10_000], ["b", 10_000], ["c", 10_000]).answers).toEqual([
      "go",
      800,
      1_600,
    ]);
  });

  test.each([
    [null, 150],
    [5, 12],
    [10, 6],
    [30, 150],
  ])(
    "with a retry_after of %s lowers 600 a minute to %d: a short wait is for one call, a long one for a window",
    (seconds, rate) => {
      expect(penalize(newRateLimiter(REPLICATE, 0), seconds, 0).perMinute).toBe(rate);
    },
  );

  test("lowers the rate once for all calls that were under way, and blocks until the latest of their times", () => {
    const once = penalize(newRateLimiter(REPLICATE, 0), 20, 0);
    const more = penalize(penalize(once, null, 100), 25, 200);
    expect(more.perMinute).toBe(once.perMinute);
    expect(more.blockedUntil).toBe(25_200);
  });

  test("never lowers the rate below that of the most restricted account", () => {
    let limiter = newRateLimiter(REPLICATE, 0);
    for (let at = 0; at < HOUR; at += 2 * MINUTE) limiter = penalize(limiter, null, at);
    expect(limiter.perMinute).toBe(REPLICATE.floor.perMinute);
  });

  test("without a retry_after blocks for 10 s, each next one twice as long, up to a minute; a success resets this", () => {
    let limiter = newRateLimiter(REPLICATE, 0);
    let now = 0;
    const blocks = times(5).map(() => {
      limiter = penalize(limiter, null, now);
      const blockedFor = limiter.blockedUntil - now;
      now = limiter.blockedUntil;
      return blockedFor / SECOND;
    });
    expect(blocks).toEqual([10, 20, 40, 60, 60]);
    limiter = penalize(reportSuccess(limiter, now), null, now);
    expect(limiter.blockedUntil - now).toBe(10 * SECOND);
  });

  test("is not made up for by the success of a call that was sent before it", () => {
    const limiter = reportSuccess(penalize(newRateLimiter(REPLICATE, 0), null, 0), 5 * SECOND);
    expect(penalize(limiter, null, 10 * SECOND).blockedUntil).toBe(30 * SECOND);
  });

  test.each([
    [0, SECOND],
    [1e9, HOUR],
  ])("with a retry_after of %d s blocks for %d ms", (seconds, ms) => {
    expect(penalize(newRateLimiter(REPLICATE, 0), seconds, 0).blockedUntil).toBe(ms);
  });
});

describe("recovery", () => {
  const slowed = () => penalize(newRateLimiter(REPLICATE, 0), 10, 0);

  test("a slowed rate limiter is probing, and a success right after the penalty does not raise its rate", () => {
    const { state, admission } = acquire(slowed(), ada("a"), 10 * SECOND);
    expect(admission).toEqual({ kind: "go", probing: true });
    expect(reportSuccess(state, 11 * SECOND).perMinute).toBe(state.perMinute);
  });

  test("successes raise the rate slowly, until it is nominal and no reports are wanted", () => {
    let limiter = slowed();
    const rates: number[] = [];
    for (let at = 3 * MINUTE; limiter.perMinute < 600; at += SECOND) {
      limiter = reportSuccess(limiter, at);
      rates.push(limiter.perMinute);
    }
    expect(rates.length).toBeGreaterThan(100);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    expect(needsNoStorage(limiter)).toBe(true);
    expect(acquire(limiter, ada("a"), 10 * MINUTE).admission).toEqual({ kind: "go", probing: false });
    expect(reportSuccess(limiter, 10 * MINUTE)).toBe(limiter);
  });

  test("a rate limiter that has recovered treats the next penalty as its first", () => {
    let limiter = slowed();
    for (let at = 3 * MINUTE; limiter.perMinute < 600; at += SECOND) limiter = reportSuccess(limiter, at);
    const again = penalize(limiter, 10, 20 * MINUTE);
    expect(reportSuccess(again, 22 * MINUTE - 1).perMinute).toBe(again.perMinute);
    expect(reportSuccess(again, 22 * MINUTE).perMinute).toBeGreaterThan(again.perMinute);
  });

  test("after one penalty for a single 429, a busy rate limiter is back at its nominal rate within 15 minutes", () => {
    const arrivals = Array.from({ length: 2_000 }, (_, i) => i * 300);
    const { limiter, taken } = simulate({ limiter: slowed(), arrivals, takes: null });
    expect(taken).toHaveLength(2_000);
    expect(limiter.perMinute).toBe(600);
    expect(Math.max(...taken)).toBeLessThan(15 * MINUTE);
  });

  test("a caller with a distant slot goes earlier when the rate rises, and asks again every two minutes", () => {
    const { taken, waits } = simulate({ limiter: slowed(), arrivals: times(60), takes: null });
    const atTheFloor = 59 * (MINUTE / REPLICATE.floor.perMinute);
    expect(Math.max(...taken)).toBeLessThan(atTheFloor / 2);
    expect(Math.max(...waits)).toBe(2 * MINUTE);
  });

  test("a lower limit that lasts is tried less and less often", () => {
    const arrivals = Array.from({ length: 600 }, (_, i) => i * 10_000);
    const limiter = penalize(newRateLimiter(REPLICATE, 0), 10, 0);
    const { refused, taken } = simulate({
      limiter,
      arrivals,
      takes: { perMinute: 6, burst: 1 },
      latency: () => 200,
    });
    expect(taken).toHaveLength(600);
    expect(refused.length).toBeLessThanOrEqual(20);
  });

  test("a penalty is forgotten an hour after its block", () => {
    const penalized = slowed();
    expect(acquire(penalized, ada("a"), penalized.blockedUntil + HOUR - 1).admission).toEqual({
      kind: "go",
      probing: true,
    });
    expect(acquire(penalized, ada("a"), penalized.blockedUntil + HOUR).admission).toEqual({
      kind: "go",
      probing: false,
    });
  });
});

describe("an account under $5 at Replicate: 6 creates a minute, burst 1", () => {
  const hints = { "the time to the next token": null, "5 s to 10 s": 6 };

  test.each(Object.entries(hints))(
    "30 callers finish with at most 5 refusals and a fifth more than the least time (retry_after: %s)",
    (_, span) => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const random = seeded(seed);
          const { taken, refused } = simulate({
            limiter: newRateLimiter(REPLICATE, 0),
            arrivals: Array.from({ length: 30 }, (_, i) => i * 5),
            takes: { perMinute: 6, burst: 1 },
            hint: (ms) => (span === null ? Math.ceil(ms / 1000) : 5 + Math.floor(random() * span)),
            latency: () => 100 + random() * 200,
            lateness: () => random() * 2_000,
          });
          expect(taken).toHaveLength(30);
          expect(refused.length).toBeLessThanOrEqual(5);
          expect(Math.max(...taken)).toBeLessThan(29 * 10 * SECOND * 1.2);
        }),
        { numRuns },
      );
    },
  );

  test("a hundred callers at a provider that gives no retry_after are seldom refused either", () => {
    const { taken, refused } = simulate({
      limiter: newRateLimiter(REPLICATE, 0),
      arrivals: times(100),
      takes: { perMinute: 6, burst: 1 },
      hint: () => null,
      latency: () => 200,
    });
    expect(taken).toHaveLength(100);
    expect(refused.length).toBeLessThanOrEqual(15);
    expect(Math.max(...taken)).toBeLessThan(99 * 10 * SECOND * 1.25);
  });
});

describe("a clock that is wrong", () => {
  test("by up to ten minutes, back and forth, delays no caller for long", () => {
    const jump = fc.record({
      at: fc.integer({ min: 0, max: 5 * MINUTE }),
      ms: fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE }),
    });
    fc.assert(
      fc.property(fc.integer(), fc.array(jump, { maxLength: 6 }), (seed, jumps) => {
        const random = seeded(seed);
        const errorAt = (now: number) => jumps.filter(({ at }) => at <= now).at(-1)?.ms ?? 0;
        const { taken, waits } = simulate({
          limiter: newRateLimiter(REPLICATE, 0),
          arrivals: times(30),
          takes: { perMinute: 6, burst: 1 },
          latency: () => 200,
          lateness: () => random() * 2_000,
          clockError: errorAt,
        });
        expect(taken).toHaveLength(30);
        expect(Math.max(...taken)).toBeLessThan(15 * MINUTE);
        for (const ms of waits) expect(ms).toSatisfy((wait: number) => wait >= 1 && wait <= HOUR);
      }),
      { numRuns },
    );
  });

  test("a block keeps its remaining length when the clock steps back", () => {
    const { state } = acquireAll(penalize(newRateLimiter(REPLICATE, HOUR), 30, HOUR), ["a", HOUR + 10_000]);
    expect(acquireAll(state, ["a", HOUR - 10 * MINUTE]).answers).toEqual([20_000]);
  });

  test("no caller is told to wait longer than an hour, however many are queued", () => {
    let limiter = penalize(newRateLimiter(steady({ perMinute: 1, burst: 1 }), 0), 3_600, 0);
    for (let i = 0; i < 300; i++) {
      const { state, admission } = acquire(limiter, ada(String(i)), 0);
      limiter = state;
      expect(admission).toMatchObject({ kind: "wait", afterMs: expect.any(Number) });
      if (admission.kind === "wait") expect(admission.afterMs).toBeLessThanOrEqual(HOUR);
    }
  });
});

describe("a stored rate limiter", () => {
  test("is the same after a round trip through JSON", () => {
    const { state } = acquireAll(penalize(newRateLimiter(REPLICATE, 0), 5, 0), ["a", 0], ["b", 10]);
    expect(restoredRateLimiter(JSON.parse(JSON.stringify(state)), REPLICATE, 20)).toEqual(state);
  });

  test("is held within today's limit", () => {
    const slow = penalize(newRateLimiter(REPLICATE, 0), 10, 0);
    const limit = steady({ perMinute: 60, burst: 1 });
    expect(restoredRateLimiter(slow, limit, 0).perMinute).toBe(60);
    expect(restoredRateLimiter(newRateLimiter(REPLICATE, 0), limit, 0).perMinute).toBe(60);
  });

  test.each([[undefined], [null], ["rate_limiter"], [{ perMinute: -1 }], [{ queue: 3 }]])(
    "is a new one if %j was stored",
    (stored) => {
      expect(restoredRateLimiter(stored, REPLICATE, 7)).toEqual(newRateLimiter(REPLICATE, 7));
    },
  );

  test("need not be stored while it is unblocked, at its nominal rate and without a queue", () => {
    const open = newRateLimiter(REPLICATE, 0);
    expect(needsNoStorage(acquire(open, ada("a"), 0).state)).toBe(true);
    expect(needsNoStorage(acquireAll(open, ["a", 0], ["b", 0]).state)).toBe(false);
    expect(needsNoStorage(penalize(open, 1, 0))).toBe(false);
    expect(needsNoStorage(penalize(newRateLimiter(steady({ perMinute: 60, burst: 1 }), 0), 1, 0))).toBe(
      false,
    );
  });
});

describe("the limits", () => {
  test.each(["replicate", "openai", "openrouter", "nobody knows", "toString", "__proto__"])(
    "of %s are usable",
    (provider) => {
      const { nominal, floor } = rateLimitOf(provider);
      expect(nominal.perMinute).toBeGreaterThan(floor.perMinute);
      expect(floor.perMinute).toBeGreaterThan(1);
      expect(nominal.burst).toBeGreaterThanOrEqual(floor.burst);
      expect(floor.burst).toBe(1);
    },
  );
});
