/**
 * Arbitrary problems for the cover's solver: valid ones, and with mistakes that a model or a person can make.
 */
import fc from "fast-check";
import { beatsIn } from "../../src/domain/cover/beat-grid.ts";
import type { SungLine } from "../../src/domain/cover/cover-cost.ts";
import type { CoverProblem } from "../../src/domain/cover/solve.ts";
import type { Pin } from "../../src/domain/record/record.ts";

const wild = fc.oneof(fc.integer({ min: -5, max: 40 }), fc.constant(null), fc.double());
const proposal = fc.array(fc.record({ firstLine: wild, lastLine: wild }), { maxLength: 20 });

/** Lines in order that do not overlap; some touch the next one, some have words. */
const anyLines = (totalFrames: number): fc.Arbitrary<SungLine[]> =>
  fc
    .record({
      marks: fc.uniqueArray(fc.integer({ min: 0, max: totalFrames }), { maxLength: 40 }),
      touching: fc.boolean(),
      worded: fc.boolean(),
    })
    .map(({ marks, touching, worded }) => {
      const sorted = marks.toSorted((a, b) => a - b);
      return sorted.flatMap((startFrame, i) => {
        const endFrame = sorted[i + 1];
        if (endFrame === undefined || (!touching && i % 2 === 1)) return [];
        const middle = Math.floor((startFrame + endFrame) / 2);
        const words = [
          { startFrame, endFrame: middle },
          { startFrame: middle, endFrame },
        ];
        return [worded ? { startFrame, endFrame, words } : { startFrame, endFrame }];
      });
    });

/** Pins, mostly inside the song and of an allowed length, but often not. */
const anyPins = (totalFrames: number, maxFrames: number, fps: number): fc.Arbitrary<Pin[]> => {
  const place = fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 0, max: totalFrames }) },
    { weight: 1, arbitrary: fc.integer({ min: -3, max: totalFrames + 3 }) },
  );
  const cut = place.map((frame): Pin => ({ kind: "cut", frame }));
  const scene = fc
    .tuple(
      place,
      fc.oneof(fc.integer({ min: 1, max: maxFrames }), fc.integer({ min: -1, max: maxFrames + 9 })),
    )
    .map(([at, long]): Pin => {
      const startFrame = Math.min(at, Math.max(0, totalFrames - long));
      return { kind: "scene", startFrame, endFrame: startFrame + long };
    });
  /** Far enough from each other that most can be kept. */
  const apart = fc
    .array(fc.record({ step: fc.integer({ min: fps, max: fps + 3 * maxFrames }), whole: fc.boolean() }), {
      maxLength: 8,
    })
    .map((steps) => {
      let from = 0;
      return steps.flatMap(({ step, whole }): Pin[] => {
        const [startFrame, endFrame] = [from, from + step];
        from = endFrame;
        if (endFrame > totalFrames) return [];
        return [
          whole && step <= maxFrames
            ? { kind: "scene", startFrame, endFrame }
            : { kind: "cut", frame: endFrame },
        ];
      });
    });
  const none: fc.Arbitrary<Pin[]> = fc.constant([]);
  return fc.oneof(none, apart, apart, fc.array(fc.oneof(cut, scene), { maxLength: 4 }));
};

const anyBeats = (totalFrames: number, fps: number) =>
  fc
    .record({
      bpm: fc.integer({ min: 50, max: 200 }),
      offsetSeconds: fc.double({ min: 0, max: 3, noNaN: true }),
      beatsPerBar: fc.integer({ min: 2, max: 7 }),
    })
    .map((grid) => beatsIn({ ...grid, confidence: 1, source: "tapped" }, totalFrames, fps));

/** Problems over a song of up to `longest` frames. */
export const coversUpTo = (
  longest: number,
  { fps, min, max }: { fps: number; min: number; max: number },
): fc.Arbitrary<CoverProblem> =>
  fc
    .record({
      totalFrames: fc.integer({ min: 1, max: longest }),
      limits: fc.oneof(
        { weight: 30, arbitrary: fc.tuple(fc.integer({ min: 1, max: min }), fc.nat(max)) },
        { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 0, max: min }), fc.constant(-1)) },
      ),
    })
    .chain(({ totalFrames, limits: [minFrames, more] }) => {
      const maxFrames = minFrames + more;
      return fc.record(
        {
          totalFrames: fc.constant(totalFrames),
          fps: fc.constant(fps),
          lines: anyLines(totalFrames),
          proposal,
          minFrames: fc.constant(minFrames),
          maxFrames: fc.constant(maxFrames),
          targetFrames: fc.integer({ min: 1, max: Math.max(1, maxFrames) }),
          clipFrames: fc.constant([maxFrames / 2, maxFrames].map(Math.ceil)),
          pins: anyPins(totalFrames, Math.max(1, maxFrames), fps),
          beats: anyBeats(totalFrames, fps),
        },
        { requiredKeys: ["totalFrames", "fps", "lines", "proposal", "minFrames", "maxFrames"] },
      );
    });

export const anyCover = fc.oneof(
  { weight: 12, arbitrary: coversUpTo(600, { fps: 24, min: 120, max: 240 }) },
  { weight: 4, arbitrary: coversUpTo(60, { fps: 8, min: 12, max: 24 }) },
  { weight: 1, arbitrary: coversUpTo(4000, { fps: 24, min: 240, max: 480 }) },
);
