import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CoveredScene,
  type CoverProblem,
  checkCover,
  solveCover,
} from "../../../../src/domain/cover/solve.ts";
import type { Span } from "../../../../src/domain/record/song.ts";
import { anyCover } from "../../../support/any-cover.ts";

const FPS = 24;

function cover(problem: CoverProblem) {
  const solved = solveCover(problem);
  if (!solved.ok) throw new Error(solved.failure.message);
  return solved;
}

/** Lines of `[startSeconds, endSeconds]`. */
const sung = (...spans: [number, number][]) =>
  spans.map(([from, to]) => ({ startFrame: from * FPS, endFrame: to * FPS }));

const song = (over: Partial<CoverProblem>): CoverProblem => ({
  totalFrames: 30 * FPS,
  fps: FPS,
  lines: [],
  proposal: [],
  minFrames: 4 * FPS,
  maxFrames: 9 * FPS,
  ...over,
});
const cuts = (scenes: readonly Span[]) => scenes.map((s) => s.startFrame / FPS);
const lengths = (scenes: readonly Span[]) => scenes.map((s) => s.endFrame - s.startFrame);

describe("a cover of the song", () => {
  it("gives every line to exactly one scene, and names only proposed scenes that exist", () => {
    fc.assert(
      fc.property(anyCover, (problem) => {
        const solved = solveCover(problem);
        if (!solved.ok) return;
        let next = 0;
        for (const scene of solved.scenes) {
          expect(scene.lineFrom).toBe(next);
          expect(scene.lineTo).toBeGreaterThanOrEqual(scene.lineFrom);
          if (scene.proposalIndex !== null) expect(problem.proposal[scene.proposalIndex]).toBeDefined();
          next = scene.lineTo;
        }
        expect(next).toBe(problem.lines.length);
      }),
      { numRuns: 100 },
    );
  });

  it("cuts where the proposal asks when lengths allow", () => {
    const lines = sung([5, 9], [10, 14], [15, 19], [20, 24]);
    const proposal = [
      { firstLine: null, lastLine: null },
      { firstLine: 0, lastLine: 0 },
      { firstLine: 1, lastLine: 1 },
      { firstLine: 2, lastLine: 2 },
      { firstLine: 3, lastLine: 3 },
    ];
    const { scenes, certificate } = cover(song({ lines, proposal, totalFrames: 25 * FPS }));
    expect(cuts(scenes)).toEqual([0, 5, 10, 15, 20]);
    expect(scenes.map((s) => s.proposalIndex)).toEqual([0, 1, 2, 3, 4]);
    expect(scenes.map((s) => [s.lineFrom, s.lineTo])).toEqual([
      [0, 0],
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(certificate.repairs).toEqual([]);
  });

  it("splits a proposed scene that is too long, and says so", () => {
    const lines = sung([0, 5], [6, 11], [12, 17], [18, 23], [24, 29]);
    const proposal = [{ firstLine: 0, lastLine: 4 }];
    const { scenes, certificate } = cover(song({ lines, proposal }));
    expect(cuts(scenes)).toEqual([0, 6, 12, 18, 24]);
    expect(certificate.repairs).toEqual(["Proposed scene 1 would last 30.0 s; it was split into 5."]);
  });

  it("merges proposed scenes that are too short, and says so", () => {
    const lines = sung([0, 2], [2, 4], [4, 6], [6, 8]);
    const proposal = [0, 1, 2, 3].map((n) => ({ firstLine: n, lastLine: n }));
    const { scenes, certificate } = cover(song({ lines, proposal, totalFrames: 8 * FPS }));
    expect(cuts(scenes)).toEqual([0, 4]);
    expect(certificate.repairs.filter((r) => r.includes("merged"))).toHaveLength(2);
  });

  it("does not cut inside a line while another cut is legal", () => {
    const separable = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 })), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(separable, (shape) => {
        let at = 0;
        const lines = shape.map(([long, pause]) => {
          const line = { startFrame: at, endFrame: at + long * FPS };
          at = line.endFrame + pause * FPS;
          return line;
        });
        const { scenes } = cover(song({ lines, totalFrames: at, minFrames: FPS, maxFrames: 4 * FPS }));
        const inside = scenes.filter((s) =>
          lines.some((l) => l.startFrame < s.startFrame && s.startFrame < l.endFrame),
        );
        expect(inside).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("cuts a line that outlasts every scene between two words, and says so", () => {
    const words = [
      { startFrame: 0, endFrame: 130 },
      { startFrame: 150, endFrame: 288 },
    ];
    const lines = [{ startFrame: 0, endFrame: 288, words }];
    const { scenes, certificate } = cover(song({ lines, totalFrames: 288 }));
    expect(scenes).toHaveLength(2);
    expect(scenes[1]?.startFrame).toBeGreaterThanOrEqual(130);
    expect(scenes[1]?.startFrame).toBeLessThanOrEqual(150);
    expect(certificate.repairs.join()).toMatch(/falls inside line 1; no other cut was possible/);
  });

  it("covers a song without words with scenes near the wished length, wasting no bought second", () => {
    const { scenes } = cover(song({ totalFrames: 65 * FPS }));
    for (const length of lengths(scenes)) {
      expect(length % FPS).toBe(0);
      expect(Math.abs(length - 6.5 * FPS)).toBeLessThanOrEqual(FPS);
    }
    expect(cover(song({ totalFrames: 60 * FPS, targetFrames: 5 * FPS })).scenes).toHaveLength(12);
  });

  it("shares a song without words evenly between the scenes proposed for it", () => {
    const proposal = Array.from({ length: 5 }, () => ({ firstLine: null, lastLine: null }));
    const { scenes } = cover(song({ proposal }));
    expect(cuts(scenes)).toEqual([0, 6, 12, 18, 24]);
    expect(scenes.map((s) => s.proposalIndex)).toEqual([0, 1, 2, 3, 4]);
  });

  it("trims to the clips that the model sells", () => {
    const { scenes } = cover(
      song({ totalFrames: 60 * FPS, maxFrames: 10 * FPS, clipFrames: [5 * FPS, 10 * FPS] }),
    );
    expect(lengths(scenes).every((n) => n === 5 * FPS || n === 10 * FPS)).toBe(true);
  });

  it("makes one scene of a song shorter than the shortest scene, and says so", () => {
    const { scenes, certificate } = cover(song({ totalFrames: 50 }));
    expect(scenes).toMatchObject([{ startFrame: 0, endFrame: 50 }]);
    expect(certificate.repairs).toEqual([
      "The song lasts 2.1 s, less than the shortest scene of 4.0 s; it is one scene.",
    ]);
  });

  it("allows shorter scenes where no number of legal ones fills the song, and says so", () => {
    const { scenes, certificate } = cover(song({ totalFrames: 150, minFrames: 100, maxFrames: 110 }));
    expect(lengths(scenes)).toEqual([75, 75]);
    expect(certificate.repairs.join()).toMatch(/may be as short as 3\.1 s/);
  });

  it("fills a song of 10 minutes within wide limits", () => {
    const totalFrames = 600 * FPS;
    const lines = Array.from({ length: 120 }, (_, i) => ({ startFrame: i * 120, endFrame: i * 120 + 97 }));
    const proposal = Array.from({ length: 90 }, (_, i) => ({ firstLine: i, lastLine: i + 1 }));
    const { certificate } = cover(
      song({ totalFrames, lines, proposal, minFrames: 2 * FPS, maxFrames: 30 * FPS }),
    );
    expect(certificate).toMatchObject({ gaps: 0, overlaps: 0 });
    expect(certificate.repairs.length).toBeLessThanOrEqual(41);
  });
});

describe("an untrusted proposal", () => {
  const lines = sung([0, 4], [5, 9], [10, 14], [15, 19], [20, 24], [25, 29]);
  const repairsOf = (proposal: CoverProblem["proposal"]) =>
    cover(song({ lines, proposal })).certificate.repairs;

  it.each([
    [
      "lines the song does not have",
      [
        { firstLine: 0, lastLine: 5 },
        { firstLine: 9, lastLine: 12 },
      ],
      /scene 2 names lines that the song does not have/,
    ],
    [
      "indices past the end",
      [{ firstLine: 0, lastLine: 99 }],
      /scene 1 reaches past the lyrics; it was cut to lines 1 to 6/,
    ],
    ["ends before its beginning", [{ firstLine: 5, lastLine: 0 }], /scene 1 ends before it begins/],
    [
      "overlap",
      [
        { firstLine: 0, lastLine: 3 },
        { firstLine: 2, lastLine: 5 },
      ],
      /scene 2 overlaps an earlier scene; it starts at line 5/,
    ],
    [
      "repetition",
      [
        { firstLine: 0, lastLine: 5 },
        { firstLine: 2, lastLine: 3 },
      ],
      /scene 2 repeats lines/,
    ],
    [
      "disorder",
      [
        { firstLine: 3, lastLine: 5 },
        { firstLine: 0, lastLine: 2 },
      ],
      /not in the order of the lyrics/,
    ],
    [
      "lines left out",
      [
        { firstLine: 0, lastLine: 1 },
        { firstLine: 4, lastLine: 5 },
      ],
      /No scene was proposed for lines 3 to 4; scene 1 took them/,
    ],
    [
      "not a number",
      [{ firstLine: Number.NaN, lastLine: null }],
      /scene 1 names lines that the song does not have/,
    ],
    [
      "a silent scene without a pause",
      [
        { firstLine: 0, lastLine: 2 },
        { firstLine: null, lastLine: null },
        { firstLine: 3, lastLine: 5 },
      ],
      /scene 2 has no words and there is no pause for it/,
    ],
  ])("is repaired in words: %s", (_what, proposal, said) => {
    expect(repairsOf(proposal).join("\n")).toMatch(said);
  });

  it("keeps the certificate short however much it breaks", () => {
    const broken = Array.from({ length: 500 }, () => ({ firstLine: 77, lastLine: 78 }));
    expect(repairsOf(broken)).toHaveLength(41);
    expect(repairsOf(broken).at(-1)).toMatch(/And 460 more repairs/);
  });
});

describe("checkCover", () => {
  it("counts no gap and no overlap exactly for covers that tile the song in order", () => {
    fc.assert(
      fc.property(
        anyCover,
        fc.nat(),
        fc.integer({ min: -3, max: 3 }),
        fc.boolean(),
        (problem, at, by, start) => {
          const solved = solveCover(problem);
          if (!solved.ok) return;
          const scenes: CoveredScene[] = structuredClone(solved.scenes);
          const hit = scenes[at % scenes.length];
          if (!hit) return;
          if (start) hit.startFrame += by;
          else hit.endFrame += by;
          const { gaps, overlaps } = checkCover(scenes, problem.totalFrames);
          expect(gaps + overlaps > 0).toBe(by !== 0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ["no scenes", [], { gaps: 1, overlaps: 0 }],
    ["a late start", [{ startFrame: 1, endFrame: 10 }], { gaps: 1, overlaps: 0 }],
    ["an early end", [{ startFrame: 0, endFrame: 9 }], { gaps: 1, overlaps: 0 }],
    ["past the song", [{ startFrame: 0, endFrame: 11 }], { gaps: 0, overlaps: 1 }],
    [
      "a gap between",
      [
        { startFrame: 0, endFrame: 4 },
        { startFrame: 5, endFrame: 10 },
      ],
      { gaps: 1, overlaps: 0 },
    ],
    [
      "an overlap",
      [
        { startFrame: 0, endFrame: 6 },
        { startFrame: 5, endFrame: 10 },
      ],
      { gaps: 0, overlaps: 1 },
    ],
    [
      "an empty scene",
      [
        { startFrame: 0, endFrame: 10 },
        { startFrame: 10, endFrame: 10 },
      ],
      { gaps: 1, overlaps: 0 },
    ],
    [
      "half frames",
      [
        { startFrame: 0, endFrame: 4.5 },
        { startFrame: 4.5, endFrame: 10 },
      ],
      { gaps: 3, overlaps: 0 },
    ],
  ])("counts %s", (_what, scenes, found) => {
    expect(checkCover(scenes, 10)).toMatchObject(found);
  });
});
