import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coverCost } from "../../../../src/domain/cover/cover-cost.ts";
import {
  type CoverProblem,
  type PreparedCover,
  prepareCover,
  solveCover,
} from "../../../../src/domain/cover/solve.ts";
import type { Span } from "../../../../src/domain/record/song.ts";
import { anyCover, coversUpTo } from "../../../support/any-cover.ts";
import { greedyCover, sungSong } from "../../../support/covers.ts";

const scenePins = ({ pins }: CoverProblem): Span[] =>
  (pins ?? []).flatMap((p) => (p.kind === "scene" ? [p] : []));
const mustCut = (problem: CoverProblem): Set<number> =>
  new Set([
    0,
    problem.totalFrames,
    ...scenePins(problem).flatMap((p) => [p.startFrame, p.endFrame]),
    ...(problem.pins ?? []).flatMap((p) => (p.kind === "cut" ? [p.frame] : [])),
  ]);

/** No scene between pins is shorter than this: half a second, less where the limits are shorter themselves. */
const shortest = ({ fps, minFrames, maxFrames }: CoverProblem) =>
  Math.min(minFrames, Math.ceil(fps / 2), Math.ceil(maxFrames / 2));

/** Whether any chain of cuts keeps the pins, found by walking the song frame by frame. */
function possible(problem: CoverProblem): boolean {
  const { totalFrames, minFrames, maxFrames } = problem;
  if (minFrames < 1 || minFrames > maxFrames) return false;
  const must = mustCut(problem);
  if ([...must].some((f) => f < 0 || f > totalFrames)) return false;
  const scenes = scenePins(problem);
  if (scenes.some((s) => s.endFrame <= s.startFrame || s.endFrame - s.startFrame > maxFrames)) return false;
  const least = must.size === 2 ? Math.min(totalFrames, shortest(problem)) : shortest(problem);
  const reached = [true];
  for (let end = 1; end <= totalFrames; end++) {
    if (scenes.some((s) => s.startFrame < end && end < s.endFrame)) continue;
    const pinned = scenes.find((s) => s.endFrame === end);
    for (let at = end - 1; at >= 0 && end - at <= maxFrames; at--) {
      const legal = pinned ? at === pinned.startFrame : end - at >= least;
      if (legal && reached[at]) reached[end] = true;
      if (reached[end] || must.has(at)) break;
    }
  }
  return reached[totalFrames] === true;
}

/** The greatest shortest length with which some number of scenes fills the frames. */
function greatestLeast(frames: number, { minFrames, maxFrames }: CoverProblem): number {
  for (let least = minFrames; least > 1; least--) {
    for (let n = 1; n * least <= frames; n++) if (n * maxFrames >= frames) return least;
  }
  return 1;
}

/** What is wrong with scenes as an answer to the problem; nothing for an exact cover. */
function faults(scenes: readonly Span[], problem: CoverProblem): string[] {
  const must = [...mustCut(problem)].toSorted((a, b) => a - b);
  const pinned = new Set(scenePins(problem).map((p) => `${p.startFrame}-${p.endFrame}`));
  const found: string[] = [];
  let at = 0;
  for (const { startFrame, endFrame } of scenes) {
    if (startFrame !== at) found.push(`starts at ${startFrame}, the one before ends at ${at}`);
    if (must.some((f) => startFrame < f && f < endFrame))
      found.push(`a pin inside ${startFrame}-${endFrame}`);
    const long = endFrame - startFrame;
    if (!Number.isInteger(long) || long > problem.maxFrames) found.push(`${long} frames long`);
    if (!pinned.delete(`${startFrame}-${endFrame}`)) {
      const from = must.findLast((f) => f <= startFrame) ?? 0;
      const to = must.find((f) => f >= endFrame) ?? 0;
      if (long < greatestLeast(to - from, problem)) found.push(`only ${long} frames long`);
    }
    at = endFrame;
  }
  if (at !== problem.totalFrames) found.push(`ends at ${at}`);
  for (const left of pinned) found.push(`no scene ${left}`);
  return found;
}

/** The cheapest cover, by trying all of them. */
function cheapestByTrying(problem: CoverProblem, { cost }: PreparedCover): number {
  let best = Number.POSITIVE_INFINITY;
  const go = (scenes: Span[], at: number) => {
    if (at === problem.totalFrames && faults(scenes, problem).length === 0)
      best = Math.min(best, cost.total(scenes));
    for (let end = at + 1; end <= Math.min(at + problem.maxFrames, problem.totalFrames); end++)
      go([...scenes, { startFrame: at, endFrame: end }], end);
  };
  go([], 0);
  return best;
}

/** The cheapest cover by dynamic programming in its plainest form: every pair of frames, nothing left out. */
function cheapestPlainly(problem: CoverProblem, { cost, stretches }: PreparedCover): number {
  let total = 0;
  for (const { startFrame, endFrame, minFrames, pinned } of stretches) {
    const best = new Float64Array(endFrame + 1).fill(Number.POSITIVE_INFINITY);
    best[startFrame] = 0;
    for (let end = startFrame + minFrames; end <= endFrame; end++) {
      for (let at = Math.max(startFrame, end - problem.maxFrames); at <= end - minFrames; at++) {
        if (pinned && at > startFrame) break;
        const price = (best[at] ?? 0) + (cost.length[end - at] ?? 0) + cost.missedCuts(at, end);
        best[end] = Math.min(best[end] ?? 0, price + (end < problem.totalFrames ? (cost.cut[end] ?? 0) : 0));
      }
    }
    total += best[endFrame] ?? 0;
  }
  return total;
}

describe("of any song, proposal, pins, limits and beats", () => {
  it("there is an exact cover that costs no more than plain greedy, or a failure says that there can be none: 10,000 cases", () => {
    const counted = { covered: 0, pinned: 0, beaten: 0, impossible: 0 };
    fc.assert(
      fc.property(anyCover, (problem) => {
        const solved = solveCover(problem);
        if (solved.ok !== possible(problem)) expect(solved).toEqual({ ok: possible(problem) });
        if (!solved.ok) {
          counted.impossible++;
          if (solved.failure.code !== "cover_impossible" || !solved.failure.nextAction)
            expect(solved.failure).toMatchObject({
              code: "cover_impossible",
              nextAction: expect.any(String),
            });
          return;
        }
        counted.covered++;
        if (problem.pins?.length) counted.pinned++;
        const { certificate, scenes } = solved;
        const wrong = faults(scenes, problem);
        if (wrong.length > 0) expect(wrong).toEqual([]);
        if (certificate.gaps + certificate.overlaps > 0 || certificate.scenes !== scenes.length)
          expect(certificate).toMatchObject({ gaps: 0, overlaps: 0, scenes: scenes.length });
        const sound = prepareCover(problem);
        if (!sound.ok) throw new Error("covered without a preparation");
        const price = sound.prepared.cost.total(scenes);
        const greedy = sound.prepared.cost.total(greedyCover(sound.prepared, problem.maxFrames));
        if (price < greedy - 1e-6) counted.beaten++;
        if (!(price <= greedy + 1e-6)) expect(price).toBeLessThanOrEqual(greedy);
      }),
      { numRuns: 10_000 },
    );
    // Not about the solver: the cases must be of enough kinds.
    expect(counted.impossible).toBeGreaterThan(1000);
    expect(counted.pinned).toBeGreaterThan(2000);
    expect(counted.beaten).toBeGreaterThan(2000);
    expect(counted.covered).toBeGreaterThan(5000);
  });

  it("the cover of a tiny song costs as little as the best of all that there are", () => {
    const tiny = fc.oneof(
      coversUpTo(14, { fps: 2, min: 4, max: 5 }),
      coversUpTo(14, { fps: 6, min: 5, max: 6 }),
    );
    fc.assert(
      fc.property(tiny, (problem) => {
        const [sound, solved] = [prepareCover(problem), solveCover(problem)];
        if (!sound.ok || !solved.ok) return;
        const best = cheapestByTrying(problem, sound.prepared);
        expect(sound.prepared.cost.total(solved.scenes)).toBeCloseTo(best, 6);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["10 min, 4 to 9 s", sungSong(10, 11, { minFrames: 96, maxFrames: 216 })],
    ["10 min, 2 to 30 s, pinned", sungSong(10, 12, { minFrames: 48, maxFrames: 720, pinned: true })],
    [
      "10 min, 2 to 30 s, without beats",
      { ...sungSong(10, 13, { minFrames: 48, maxFrames: 720 }), beats: [] },
    ],
    [
      "4 min without words",
      { ...sungSong(4, 14, { minFrames: 48, maxFrames: 300 }), lines: [], proposal: [] },
    ],
    ["30 min, 2 to 12 s", sungSong(30, 15, { minFrames: 48, maxFrames: 288 })],
  ])("no frame of a long song is left out of the search: %s", (_name, problem) => {
    const [sound, solved] = [prepareCover(problem), solveCover(problem)];
    if (!sound.ok || !solved.ok) throw new Error("a song without a cover");
    expect(faults(solved.scenes, problem)).toEqual([]);
    expect(sound.prepared.cost.total(solved.scenes)).toBeCloseTo(cheapestPlainly(problem, sound.prepared), 5);
  });
});

describe("the cost of proposed cuts that a scene passes over", () => {
  it("is each one's distance to the nearer end of the scene, at most 3 s", () => {
    const marked = fc.record({
      fps: fc.constantFrom(2, 24, 29.97),
      marks: fc.uniqueArray(fc.integer({ min: 1, max: 399 }), { maxLength: 60 }),
      start: fc.integer({ min: 0, max: 399 }),
      long: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(marked, ({ fps, marks, start, long }) => {
        const end = Math.min(400, start + long);
        const proposedCuts = marks.toSorted((a, b) => a - b);
        const cost = coverCost({
          totalFrames: 400,
          fps,
          lines: [],
          proposedCuts,
          targetFrames: 9,
          maxFrames: 400,
        });
        const inside = proposedCuts.filter((m) => start < m && m < end);
        const sum = inside.reduce((all, m) => all + Math.min(m - start, end - m, 3 * fps) / fps, 0);
        expect(cost.missedCuts(start, end)).toBeCloseTo(sum, 8);
      }),
      { numRuns: 500 },
    );
  });
});
