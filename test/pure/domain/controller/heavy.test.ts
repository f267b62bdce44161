import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  HEAVY_STAGES,
  isFree,
  isHeavy,
  REQUEUE_SECONDS,
  requeue,
  SILENT_MS,
} from "../../../../src/domain/controller/heavy.ts";
import { REDISPATCH_MS, RENEW_MS } from "../../../../src/domain/controller/tasks.ts";
import { STAGES, TASK_STATUSES } from "../../../../src/domain/record/record.ts";
import { newHeavyGate } from "../../../../src/pipeline/heavy-gate.ts";

describe("isHeavy", () => {
  const cases = STAGES.flatMap((type) => TASK_STATUSES.map((status) => ({ type, status })));
  test.each(cases)("of a task of $type that is $status", ({ type, status }) => {
    expect(isHeavy({ type, status })).toBe(status === "pending" && HEAVY_STAGES.includes(type));
  });
});

describe("a message that found the gate taken", () => {
  test("is requeued until the plan sends a new one, and no longer", () => {
    const steps = Array.from({ length: 100 }, (_, i) => requeue(i + 1));
    const back = steps.filter((step) => step.kind === "back");
    expect(back.length).toBeGreaterThan(0);
    expect(steps.slice(back.length)).toEqual(steps.slice(back.length).map(() => ({ kind: "drop" })));
    const lastReturn = back.reduce((at, step) => at + step.afterSeconds * 1000, 0);
    expect(lastReturn).toBeLessThan(REDISPATCH_MS);
    expect(lastReturn + REQUEUE_SECONDS * 1000).toBeGreaterThanOrEqual(REDISPATCH_MS);
  });

  test("has a delay that the queue accepts: whole seconds, half a day at most", () => {
    expect(REQUEUE_SECONDS).toSatisfy((seconds: number) => Number.isInteger(seconds) && seconds <= 43_200);
  });
});

describe("the heavy gate", () => {
  test("is free once its holder has been silent for `SILENT_MS`, and not before", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 2 * SILENT_MS }), (seenAt, silence) => {
        expect(isFree({ seenAt }, seenAt + silence)).toBe(silence >= SILENT_MS);
      }),
    );
  });

  const action = fc.record({
    what: fc.constantFrom("enter", "enter", "leave", "die"),
    who: fc.nat({ max: 4 }),
    afterMs: fc.nat({ max: RENEW_MS }),
  });

  test("has at most one holder whatever enters, leaves or dies, and never stays taken", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const gate = newHeavyGate();
        const inside = new Map<number, NonNullable<ReturnType<typeof gate.enter>>>();
        let now = 0;
        const advance = (ms: number) => {
          now += ms;
          for (const holder of inside.values()) holder.seen(now);
        };
        for (const { what, who, afterMs } of actions) {
          advance(afterMs);
          const mine = inside.get(who);
          const entered = what === "enter" && !mine ? gate.enter(now) : null;
          if (entered) inside.set(who, entered);
          if (what === "leave") mine?.leave();
          if (what !== "enter") inside.delete(who);
          expect(inside.size).toBeLessThanOrEqual(1);
        }
        for (const holder of inside.values()) holder.leave();
        expect(gate.enter(now + SILENT_MS)).not.toBeNull();
      }),
    );
  });

  test("stays taken when an earlier holder that was taken for dead leaves late", () => {
    const gate = newHeavyGate();
    const late = gate.enter(0);
    expect(gate.enter(SILENT_MS)).not.toBeNull();
    late?.leave();
    expect(gate.enter(SILENT_MS)).toBeNull();
  });
});
