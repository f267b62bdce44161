import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FILLS } from "../../../../src/domain/record/record.ts";
import { cutClip, type Shown } from "../../../../src/media/film/cut.ts";

const FPS = 24;
const FRAME = 1 / FPS;
/** Decode order of a clip with mini groups of 4: I0 P4 B2 B1 B3 P8 … */
const reordered = (frames: number) => {
  const order = [0];
  for (let at = 0; at + 1 < frames; at += 4) order.push(...[4, 2, 1, 3].map((n) => at + n));
  return order.filter((n) => n < frames).map((n) => n / FPS);
};
const inOrder = (shown: readonly Shown[]) => shown.toSorted((a, b) => a.timestamp - b.timestamp);

/** A clip of any rate, order and start, and a scene of any length up to `most` times as long. */
const anyClip = (most: number) =>
  fc
    .record({
      frames: fc.integer({ min: 1, max: 200 }),
      rate: fc.constantFrom(16, 23.976, 24, 25, 30, 60),
      offset: fc.double({ min: -1, max: 3, noNaN: true }),
    })
    .chain(({ frames, rate, offset }) => {
      const times = Array.from({ length: frames }, (_, i) => offset + i / rate);
      const longest = Math.max(1, Math.floor((most * frames * FPS) / rate));
      return fc.record({
        times: fc
          .shuffledSubarray(times, { minLength: frames })
          .map((shuffled) => [offset, ...shuffled.filter((time) => time !== offset)]),
        end: fc.constant(offset + frames / rate),
        span: fc.integer({ min: 1, max: longest }).map((n) => n / FPS),
      });
    });
const lengthOf = ({ times, end }: { times: number[]; end: number }) => end - Math.min(...times);

function expectWhole(shown: readonly Shown[], span: number): void {
  let at = 0;
  for (const { timestamp, duration } of inOrder(shown)) {
    expect(timestamp).toBeCloseTo(at, 9);
    expect(duration).toBeGreaterThan(0);
    at = timestamp + duration;
  }
  expect(at).toBeCloseTo(span, 9);
}

describe("a cut", () => {
  it("shows pictures from the scene’s start to exactly its end, whatever the rate, order and fill", () => {
    fc.assert(
      fc.property(anyClip(3), fc.constantFrom(null, ...FILLS), ({ times, end, span }, fill) => {
        expectWhole(cutClip(times, end, span, fill, FRAME), span);
      }),
    );
  });

  it("keeps every frame’s own time in the order in which the clip shows them", () => {
    fc.assert(
      fc.property(anyClip(1), ({ times, end, span }) => {
        const shown = cutClip(times, end, span, null, FRAME);
        const pairs = shown.map((s) => ({ given: times[s.packet] ?? 0, now: s.timestamp }));
        const byGiven = pairs.toSorted((a, b) => a.given - b.given).map((p) => p.now);
        expect(byGiven).toEqual(byGiven.toSorted((a, b) => a - b));
      }),
    );
  });

  it("uses packets in decode order, from the first on, without gaps", () => {
    fc.assert(
      fc.property(anyClip(3), fc.constantFrom(null, ...FILLS), ({ times, end, span }, fill) => {
        let expected = 0;
        for (const { packet } of cutClip(times, end, span, fill, FRAME)) {
          if (packet === 0) expected = 0;
          expect(packet).toBe(expected++);
        }
      }),
    );
  });

  it("has exactly the requested frames, at any frame of a clip with B-frames", () => {
    const times = reordered(121);
    for (let wanted = 1; wanted <= 121; wanted++) {
      const shown = cutClip(times, 121 / FPS, wanted / FPS, null, FRAME);
      expect(inOrder(shown).map((s) => Math.round(s.timestamp * FPS))).toEqual(
        Array.from({ length: wanted }, (_, i) => i),
      );
    }
  });

  it("never moves a frame further than a group of B-frames reaches", () => {
    const times = reordered(121);
    for (let wanted = 1; wanted <= 121; wanted++) {
      for (const shown of cutClip(times, 121 / FPS, wanted / FPS, null, FRAME)) {
        const early = (times[shown.packet] ?? 0) - shown.timestamp;
        expect(early * FPS).toBeGreaterThanOrEqual(-1e-9);
        expect(early * FPS).toBeLessThanOrEqual(3 + 1e-9);
      }
    }
  });

  it("extends the last picture when a clip ends slightly early", () => {
    const shown = inOrder(cutClip(reordered(119), 119.6 / FPS, 120 / FPS, null, FRAME));
    expect(shown).toHaveLength(119);
    expect((shown.at(-1)?.duration ?? 0) * FPS).toBeCloseTo(2, 9);
  });
});

describe("a clip that is shorter than its scene", () => {
  const tooShort = anyClip(4).filter((clip) => lengthOf(clip) < clip.span - FRAME / 2);

  it("stretched, is slowed down evenly: every picture is shown, each longer by the same factor", () => {
    fc.assert(
      fc.property(tooShort, ({ times, end, span }) => {
        const shown = cutClip(times, end, span, "stretch", FRAME);
        const first = Math.min(...times);
        expect(shown).toHaveLength(times.length);
        for (const { packet, timestamp } of shown)
          expect(timestamp).toBeCloseTo((((times[packet] ?? 0) - first) * span) / (end - first), 9);
      }),
    );
  });

  it("held, keeps every picture’s time, and the last one lasts to the scene’s end", () => {
    fc.assert(
      fc.property(tooShort, ({ times, end, span }) => {
        const shown = cutClip(times, end, span, "hold", FRAME);
        const first = Math.min(...times);
        expect(shown).toHaveLength(times.length);
        for (const { packet, timestamp } of shown)
          expect(timestamp).toBeCloseTo((times[packet] ?? 0) - first, 9);
      }),
    );
  });

  it("looped, begins again exactly where it ended, and no round is shorter than half a frame", () => {
    fc.assert(
      fc.property(tooShort, ({ times, end, span }) => {
        const shown = cutClip(times, end, span, "loop", FRAME);
        const length = lengthOf({ times, end });
        const starts = shown.filter(({ packet }) => packet === 0).map(({ timestamp }) => timestamp);
        const rounds = Math.max(1, Math.ceil((span - FRAME / 2) / length - 1e-9));
        expect(starts).toHaveLength(rounds);
        starts.forEach((start, round) => {
          expect(start).toBeCloseTo(round * length, 9);
        });
        const last = shown.slice(shown.findLastIndex(({ packet }) => packet === 0));
        expect(span - (starts.at(-1) ?? 0)).toBeGreaterThan(FRAME / 2 - 1e-9);
        expect(shown.length - last.length).toBe((rounds - 1) * times.length);
      }),
    );
  });
});
