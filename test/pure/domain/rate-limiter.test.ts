import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Rate, type RateLimit, rateLimitOf } from "../../../src/domain/models/rate-limits.ts";
import {
  type Door,
  enter,
  isAtRest,
  openDoor,
  reopened,
  throttled,
  went,
} from "../../../src/domain/rate-limiter.ts";
import { seeded, simulate } from "../../support/crowd.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const REPLICATE = rateLimitOf("replicate");
/** A door that keeps its rate. */
const steady = (rate: Rate): RateLimit => ({ nominal: rate, floor: rate });
const times = (count: number, at = 0) => Array.from({ length: count }, () => at);
const rate = fc.record({
  perMinute: fc.integer({ min: 1, max: 1_000 }),
  burst: fc.integer({ min: 1, max: 20 }),
});
/** Of properties with a whole simulation in each run. */
const numRuns = 60;

/** Visits in turn; the door after them and what each was told. */
function visits(door: Door, ...calls: [key: string, at: number][]) {
  let state = door;
  const told = calls.map(([key, at]) => {
    const entered = enter(state, key, at);
    state = entered.state;
    return entered.verdict.kind === "go" ? "go" : entered.verdict.afterMs;
  });
  return { state, told };
}

describe("the pace", () => {
  test("in any window, no more go than the burst and the rate's share of the window", () => {
    const calls = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5_000 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(rate, calls, (limit, steps) => {
        let door = openDoor(steady(limit), 0);
        let now = 0;
        const passed: number[] = [];
        for (const [caller, step] of steps) {
          now += step;
          const { state, verdict } = enter(door, String(caller), now);
          door = state;
          if (verdict.kind === "go") passed.push(now);
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

  test("whoever keeps coming back when told goes, the last of them when the rate allows it", () => {
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
            door: openDoor(steady(limit), 0),
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

  test("callers go in the order in which they came", () => {
    const { state, told } = visits(
      openDoor(steady({ perMinute: 60, burst: 2 }), 0),
      ["a", 0],
      ["b", 0],
      ["c", 0],
      ["d", 0],
    );
    expect(told).toEqual(["go", "go", 1_000, 2_000]);
    expect(visits(state, ["e", 1_000], ["c", 1_000], ["d", 2_000], ["e", 3_000]).told).toEqual([
      2_000,
      "go",
      "go",
      "go",
    ]);
  });

  test("one key has one place, however often it asks; it asks anew once it has gone", () => {
    const { state, told } = visits(
      openDoor(steady({ perMinute: 60, burst: 1 }), 0),
      ["a", 0],
      ["b", 0],
      ["b", 0],
      ["b", 400],
    );
    expect(told).toEqual(["go", 1_000, 1_000, 600]);
    expect(state.places).toHaveLength(1);
    expect(visits(state, ["b", 1_000], ["b", 1_000]).told).toEqual(["go", 1_000]);
  });

  test("who comes so late that others used the time goes next", () => {
    const { state } = visits(
      openDoor(steady({ perMinute: 60, burst: 1 }), 0),
      ["go", 0],
      ["late", 0],
      ["b", 0],
      ["c", 0],
    );
    expect(
      visits(state, ["b", 2_000], ["late", 2_500], ["c", 3_000], ["late", 3_000], ["c", 4_000]).told,
    ).toEqual(["go", 500, 1_000, "go", "go"]);
  });

  test("the dead hold up nobody who has a place, and no newcomer two minutes after their time", () => {
    const door = openDoor(steady({ perMinute: 6, burst: 1 }), 0);
    const { state } = visits(door, ["go", 0], ["dead", 0], ["dead too", 0], ["alive", 0]);
    expect(visits(state, ["alive", 30 * SECOND], ["new", 45 * SECOND]).told).toEqual(["go", 20 * SECOND]);
    expect(visits(state, ["new", 30 * SECOND + 2 * MINUTE + 1]).told).toEqual(["go"]);
  });

  test("past five thousand places a caller is told to come later, without a place", () => {
    let door = openDoor(steady({ perMinute: 60, burst: 1 }), 0);
    for (let i = 0; i <= 5_000; i++) door = enter(door, String(i), 0).state;
    const { state, told } = visits(door, ["one more", 0], ["5000", 0]);
    expect(state.places).toHaveLength(5_000);
    expect(state.places.some(({ key }) => key === "one more")).toBe(false);
    expect(told[0]).toBeGreaterThan(MINUTE);
    expect(told[0]).toBeLessThanOrEqual(HOUR);
  });
});

describe("a refusal", () => {
  test("closes the door for everybody until the provider takes calls again", () => {
    const door = throttled(openDoor(REPLICATE, 0), 30, 0);
    expect(visits(door, ["a", 0], ["b", 29_999], ["a", 30_000]).told).toEqual([
      30_000,
      expect.any(Number),
      "go",
    ]);
  });

  test("of ten minutes is waited for in one go", () => {
    const door = throttled(openDoor(REPLICATE, 0), 600, 0);
    expect(visits(door, ["a", 0]).told).toEqual([10 * MINUTE]);
  });

  test("lays the kept places out again after the opening, in their order, at the slower rate", () => {
    const { state } = visits(openDoor(REPLICATE, 0), ["go", 0], ["a", 0], ["b", 0], ["c", 0]);
    // The first is overdue by then.
    const closed = throttled(state, 5, 150);
    expect(closed.perMinute).toBe(12);
    expect(closed.places.map(({ key, slot }) => [key, slot])).toEqual([
      ["a", 5_150],
      ["b", 10_150],
      ["c", 15_150],
    ]);
  });

  test("lets one caller go when it opens again, and no burst", () => {
    const door = throttled(openDoor(rateLimitOf("openrouter"), 0), null, 0);
    expect(visits(door, ["a", 10_000], ["b", 10_000], ["c", 10_000]).told).toEqual(["go", 800, 1_600]);
  });

  test.each([
    [null, 150],
    [5, 12],
    [10, 6],
    [30, 150],
  ])(
    "with a retry_after of %s slows 600 a minute to %d: a short wait is for one call, a long one for a window",
    (seconds, rate) => {
      expect(throttled(openDoor(REPLICATE, 0), seconds, 0).perMinute).toBe(rate);
    },
  );

  test("that many calls on their way tell of slows the door once, and the latest opening counts", () => {
    const once = throttled(openDoor(REPLICATE, 0), 20, 0);
    const more = throttled(throttled(once, null, 100), 25, 200);
    expect(more.perMinute).toBe(once.perMinute);
    expect(more.closedUntil).toBe(25_200);
  });

  test("never slows the door below the rate of the most reduced account", () => {
    let door = openDoor(REPLICATE, 0);
    for (let at = 0; at < HOUR; at += 2 * MINUTE) door = throttled(door, null, at);
    expect(door.perMinute).toBe(REPLICATE.floor.perMinute);
  });

  test("that names no time closes for 10 s, each one twice as long, up to a minute; a success starts again", () => {
    let door = openDoor(REPLICATE, 0);
    let now = 0;
    const closings = times(5).map(() => {
      door = throttled(door, null, now);
      const closedFor = door.closedUntil - now;
      now = door.closedUntil;
      return closedFor / SECOND;
    });
    expect(closings).toEqual([10, 20, 40, 60, 60]);
    door = throttled(went(door, now), null, now);
    expect(door.closedUntil - now).toBe(10 * SECOND);
  });

  test("is not made up for by a success that left before the door closed", () => {
    const door = went(throttled(openDoor(REPLICATE, 0), null, 0), 5 * SECOND);
    expect(throttled(door, null, 10 * SECOND).closedUntil).toBe(30 * SECOND);
  });

  test.each([
    [0, SECOND],
    [1e9, HOUR],
  ])("with a retry_after of %d s closes for %d ms", (seconds, ms) => {
    expect(throttled(openDoor(REPLICATE, 0), seconds, 0).closedUntil).toBe(ms);
  });
});

describe("recovery", () => {
  const slowed = () => throttled(openDoor(REPLICATE, 0), 10, 0);

  test("a slowed door is careful, and a success right after the refusal does not hurry it", () => {
    const { state, verdict } = enter(slowed(), "a", 10 * SECOND);
    expect(verdict).toEqual({ kind: "go", careful: true });
    expect(went(state, 11 * SECOND).perMinute).toBe(state.perMinute);
  });

  test("successes raise the rate slowly, until it is nominal and nobody needs to report", () => {
    let door = slowed();
    const rates: number[] = [];
    for (let at = 3 * MINUTE; door.perMinute < 600; at += SECOND) {
      door = went(door, at);
      rates.push(door.perMinute);
    }
    expect(rates.length).toBeGreaterThan(100);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    expect(isAtRest(door)).toBe(true);
    expect(enter(door, "a", 10 * MINUTE).verdict).toEqual({ kind: "go", careful: false });
    expect(went(door, 10 * MINUTE)).toBe(door);
  });

  test("a door that has recovered takes the next refusal as its first", () => {
    let door = slowed();
    for (let at = 3 * MINUTE; door.perMinute < 600; at += SECOND) door = went(door, at);
    const again = throttled(door, 10, 20 * MINUTE);
    expect(went(again, 22 * MINUTE - 1).perMinute).toBe(again.perMinute);
    expect(went(again, 22 * MINUTE).perMinute).toBeGreaterThan(again.perMinute);
  });

  test("after one refusal that meant nothing, a busy door is back at its nominal rate within a quarter of an hour", () => {
    const arrivals = Array.from({ length: 2_000 }, (_, i) => i * 300);
    const { door, taken } = simulate({ door: slowed(), arrivals, takes: null });
    expect(taken).toHaveLength(2_000);
    expect(door.perMinute).toBe(600);
    expect(Math.max(...taken)).toBeLessThan(15 * MINUTE);
  });

  test("who has a far place goes earlier when the door got faster, and looks again every two minutes", () => {
    const { taken, waits } = simulate({ door: slowed(), arrivals: times(60), takes: null });
    const atTheFloor = 59 * (MINUTE / REPLICATE.floor.perMinute);
    expect(Math.max(...taken)).toBeLessThan(atTheFloor / 2);
    expect(Math.max(...waits)).toBe(2 * MINUTE);
  });

  test("a limit that stays is tried ever more seldom", () => {
    const arrivals = Array.from({ length: 600 }, (_, i) => i * 10_000);
    const door = throttled(openDoor(REPLICATE, 0), 10, 0);
    const { refused, taken } = simulate({
      door,
      arrivals,
      takes: { perMinute: 6, burst: 1 },
      latency: () => 200,
    });
    expect(taken).toHaveLength(600);
    expect(refused.length).toBeLessThanOrEqual(20);
  });

  test("what was told an hour ago is forgotten", () => {
    const closed = slowed();
    expect(enter(closed, "a", closed.closedUntil + HOUR - 1).verdict).toEqual({ kind: "go", careful: true });
    expect(enter(closed, "a", closed.closedUntil + HOUR).verdict).toEqual({ kind: "go", careful: false });
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
            door: openDoor(REPLICATE, 0),
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

  test("a hundred callers at a provider that names no time are refused seldom, too", () => {
    const { taken, refused } = simulate({
      door: openDoor(REPLICATE, 0),
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
  test("by up to ten minutes, back and forth, locks nobody up", () => {
    const jump = fc.record({
      at: fc.integer({ min: 0, max: 5 * MINUTE }),
      ms: fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE }),
    });
    fc.assert(
      fc.property(fc.integer(), fc.array(jump, { maxLength: 6 }), (seed, jumps) => {
        const random = seeded(seed);
        const errorAt = (now: number) => jumps.filter(({ at }) => at <= now).at(-1)?.ms ?? 0;
        const { taken, waits } = simulate({
          door: openDoor(REPLICATE, 0),
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

  test("a closed door stays closed for as long as was left when the clock steps back", () => {
    const { state } = visits(throttled(openDoor(REPLICATE, HOUR), 30, HOUR), ["a", HOUR + 10_000]);
    expect(visits(state, ["a", HOUR - 10 * MINUTE]).told).toEqual([20_000]);
  });

  test("nobody is told to wait longer than an hour, however many wait", () => {
    let door = throttled(openDoor(steady({ perMinute: 1, burst: 1 }), 0), 3_600, 0);
    for (let i = 0; i < 300; i++) {
      const { state, verdict } = enter(door, String(i), 0);
      door = state;
      expect(verdict).toMatchObject({ kind: "wait", afterMs: expect.any(Number) });
      if (verdict.kind === "wait") expect(verdict.afterMs).toBeLessThanOrEqual(HOUR);
    }
  });
});

describe("a door that was kept", () => {
  test("is the same door after a round through JSON", () => {
    const { state } = visits(throttled(openDoor(REPLICATE, 0), 5, 0), ["a", 0], ["b", 10]);
    expect(reopened(JSON.parse(JSON.stringify(state)), REPLICATE, 20)).toEqual(state);
  });

  test("keeps to today's limit", () => {
    const slow = throttled(openDoor(REPLICATE, 0), 10, 0);
    const limit = steady({ perMinute: 60, burst: 1 });
    expect(reopened(slow, limit, 0).perMinute).toBe(60);
    expect(reopened(openDoor(REPLICATE, 0), limit, 0).perMinute).toBe(60);
  });

  test.each([[undefined], [null], ["door"], [{ perMinute: -1 }], [{ places: 3 }]])(
    "is a new one where %j was kept",
    (kept) => {
      expect(reopened(kept, REPLICATE, 7)).toEqual(openDoor(REPLICATE, 7));
    },
  );

  test("is at rest when it is open, nominal and empty", () => {
    const open = openDoor(REPLICATE, 0);
    expect(isAtRest(enter(open, "a", 0).state)).toBe(true);
    expect(isAtRest(visits(open, ["a", 0], ["b", 0]).state)).toBe(false);
    expect(isAtRest(throttled(open, 1, 0))).toBe(false);
    expect(isAtRest(throttled(openDoor(steady({ perMinute: 60, burst: 1 }), 0), 1, 0))).toBe(false);
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
