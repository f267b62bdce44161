import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutClip } from "../../src/media/cut.ts";

const FPS = 24;
/** Decode order of a clip with mini groups of 4: I0 P4 B2 B1 B3 P8 … */
const reordered = (frames: number) => {
  const order = [0];
  for (let at = 0; at + 1 < frames; at += 4) order.push(...[4, 2, 1, 3].map((n) => at + n));
  return order.filter((n) => n < frames).map((n) => n / FPS);
};

const anyClip = fc
  .record({
    frames: fc.integer({ min: 1, max: 200 }),
    rate: fc.constantFrom(16, 23.976, 24, 25, 30, 60),
    offset: fc.double({ min: -1, max: 3, noNaN: true }),
  })
  .chain(({ frames, rate, offset }) =>
    fc.record({
      times: fc
        .shuffledSubarray(
          Array.from({ length: frames }, (_, i) => offset + i / rate),
          { minLength: frames },
        )
        .map((times) => [offset, ...times.filter((time) => time !== offset)]),
      end: fc.constant(offset + frames / rate),
      span: fc.integer({ min: 1, max: frames }).map((n) => n / FPS),
    }),
  );

describe("a cut", () => {
  it("shows whole frames from the scene’s start to exactly its end, whatever the rate and order", () => {
    fc.assert(
      fc.property(anyClip, ({ times, end, span }) => {
        const shown = cutClip(times, end, span, 0.5 / FPS);
        const length = end - Math.min(...times);
        expect(shown === null).toBe(!(length >= span - 0.5 / FPS));
        if (!shown) return;
        const inOrder = shown.toSorted((a, b) => a.timestamp - b.timestamp);
        let at = 0;
        for (const { timestamp, duration } of inOrder) {
          expect(timestamp).toBeCloseTo(at, 9);
          expect(duration).toBeGreaterThan(0);
          at = timestamp + duration;
        }
        expect(at).toBeCloseTo(span, 9);
      }),
    );
  });

  it("keeps every frame’s own time in the order in which the clip shows them", () => {
    fc.assert(
      fc.property(anyClip, ({ times, end, span }) => {
        const shown = cutClip(times, end, span, 0.5 / FPS) ?? [];
        const pairs = shown.map((s, i) => ({ given: times[i] ?? 0, now: s.timestamp }));
        const byGiven = pairs.toSorted((a, b) => a.given - b.given).map((p) => p.now);
        expect(byGiven).toEqual(byGiven.toSorted((a, b) => a - b));
      }),
    );
  });

  it("has exactly the frames asked for, at any frame of a clip with B-frames", () => {
    const times = reordered(121);
    for (let wanted = 1; wanted <= 121; wanted++) {
      const shown = cutClip(times, 121 / FPS, wanted / FPS, 0.5 / FPS);
      expect(shown?.map((s) => Math.round(s.timestamp * FPS)).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: wanted }, (_, i) => i),
      );
    }
  });

  it("never moves a frame further than a group of B-frames reaches", () => {
    const times = reordered(121);
    for (let wanted = 1; wanted <= 121; wanted++) {
      cutClip(times, 121 / FPS, wanted / FPS, 0)?.forEach((shown, i) => {
        const early = (times[i] ?? 0) - shown.timestamp;
        expect(early * FPS).toBeGreaterThanOrEqual(-1e-9);
        expect(early * FPS).toBeLessThanOrEqual(3 + 1e-9);
      });
    }
  });

  it("refuses a clip that is a frame short", () => {
    expect(cutClip(reordered(119), 119 / FPS, 120 / FPS, 0.5 / FPS)).toBeNull();
  });
});
