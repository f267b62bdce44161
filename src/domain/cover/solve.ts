/**
 * The solver: turns a proposal by lyric lines into scenes in whole frames that cover the song exactly.
 * The language model never decides times; the solver does, at the least cost (cheapest-cuts.ts).
 */

import { failure } from "../record/failures.ts";
import type { CoverCertificate, Failure, Pin } from "../record/record.ts";
import type { Span } from "../record/song.ts";
import type { Beat } from "./beat-grid.ts";
import { cheapestCuts } from "./cheapest-cuts.ts";
import { type CoverCost, coverCost, type SungLine } from "./cover-cost.ts";
import { type Stretch, stretchesOf } from "./pins.ts";
import { type Part, type ProposedScene, repairProposal } from "./proposal.ts";

export interface CoverProblem {
  totalFrames: number;
  fps: number;
  /** The song's lines in order; none for a song without words. With `words`, forced cuts avoid them. */
  lines: readonly SungLine[];
  /** Untrusted; see `repairProposal`. */
  proposal: readonly ProposedScene[];
  /** Legal lengths of a scene, in frames, both inclusive. */
  minFrames: number;
  maxFrames: number;
  /** The preferred length of a scene; the middle of the legal lengths where not given. */
  targetFrames?: number;
  /** Lengths of clip that the model sells, in frames, ascending; whole seconds where not given. */
  clipFrames?: readonly number[];
  /** Cuts and scenes that a person fixed: kept to the frame, whatever that costs. */
  pins?: readonly Pin[];
  /** The song's beats, where the grid is confident enough (`snapping`): cuts prefer them. */
  beats?: readonly Beat[];
}

export interface CoveredScene extends Span {
  /** Index of the proposed scene that this one is made from; null where nothing was proposed for its time. */
  proposalIndex: number | null;
  /** Lines whose middle lies in the scene: `lineFrom` (inclusive) to `lineTo` (exclusive), equal for none. */
  lineFrom: number;
  lineTo: number;
}

export type SolvedCover =
  | { ok: true; scenes: CoveredScene[]; certificate: CoverCertificate }
  | { ok: false; failure: Failure };

const MAX_REPAIRS = 40;

/** The problem as solved: the repaired proposal, stretches that can be filled, and the cost function. */
export interface PreparedCover {
  parts: Part[];
  stretches: Stretch[];
  cost: CoverCost;
  repairs: string[];
}

const seconds = (frames: number, fps: number) => `${(frames / fps).toFixed(1)} s`;

function impossible(problem: CoverProblem): Failure | undefined {
  const { totalFrames, fps, minFrames, maxFrames } = problem;
  const whole = [totalFrames, minFrames, maxFrames].every(Number.isSafeInteger);
  if (whole && fps > 0 && totalFrames >= 1 && minFrames >= 1 && maxFrames >= minFrames) return undefined;
  return failure(
    "cover_impossible",
    `A song of ${totalFrames} frames cannot be covered by scenes of ${minFrames} to ${maxFrames} frames.`,
    {
      nextAction:
        "Choose a shortest scene length that is not above the longest, and a song that is not empty.",
    },
  );
}

/** Where scenes may be shorter than the shortest, and why. */
function lowered(stretches: readonly Stretch[], problem: CoverProblem): string[] {
  const { totalFrames, fps, minFrames, maxFrames } = problem;
  const [shortest, longest] = [seconds(minFrames, fps), seconds(maxFrames, fps)];
  if (totalFrames < minFrames && stretches.length === 1) {
    const lasts = seconds(totalFrames, fps);
    return [`The song lasts ${lasts}, less than the shortest scene of ${shortest}; it is one scene.`];
  }
  return stretches
    .filter((s) => !s.pinned && s.minFrames < minFrames)
    .map((s) => {
      const whole = s.endFrame - s.startFrame === totalFrames;
      const what = whole
        ? "the song"
        : `${seconds(s.startFrame, fps)} to ${seconds(s.endFrame, fps)}, between the pins`;
      return `No number of scenes of ${shortest} to ${longest} fills ${what}, so scenes${whole ? "" : " there"} may be as short as ${seconds(s.minFrames, fps)}.`;
    });
}

/**
 * Repairs the proposal, splits the song at its pins and, where no number of scenes of legal length
 * fills a stretch, lowers its shortest length as little as possible: clips can be trimmed, never stretched.
 */
export function prepareCover(
  problem: CoverProblem,
): { ok: true; prepared: PreparedCover } | { ok: false; failure: Failure } {
  const why = impossible(problem);
  if (why) return { ok: false, failure: why };
  const { totalFrames, lines } = problem;
  const split = stretchesOf(problem.pins ?? [], problem);
  if (!split.ok) return split;
  const { parts, repairs } = repairProposal({
    proposal: problem.proposal,
    lines,
    totalFrames,
    leastFrames: Math.ceil(problem.minFrames / 2),
  });
  const targetFrames = problem.targetFrames ?? Math.round((problem.minFrames + problem.maxFrames) / 2);
  const cost = coverCost({
    ...problem,
    proposedCuts: parts.slice(1).map((p) => p.startFrame),
    targetFrames: Math.max(1, targetFrames),
    maxFrames: Math.min(problem.maxFrames, totalFrames),
  });
  const { stretches } = split;
  return {
    ok: true,
    prepared: { parts, stretches, cost, repairs: [...repairs, ...lowered(stretches, problem)] },
  };
}

/** Index of the proposed scene that shares most time with a scene (the earlier of equals), or null. */
function partOf(scene: Span, parts: readonly Part[]): number | null {
  let most = 0;
  let found: number | null = null;
  for (const part of parts) {
    const shared = Math.min(scene.endFrame, part.endFrame) - Math.max(scene.startFrame, part.startFrame);
    if (shared > most) {
      most = shared;
      found = part.proposalIndex;
    }
  }
  return found;
}

function withWords(
  cuts: readonly number[],
  lines: readonly SungLine[],
  parts: readonly Part[],
): CoveredScene[] {
  let line = 0;
  return cuts.slice(1).map((endFrame, i) => {
    const span = { startFrame: cuts[i] ?? 0, endFrame };
    const lineFrom = line;
    const last = i === cuts.length - 2;
    for (let next = lines[line]; next; next = lines[line]) {
      if (!last && (next.startFrame + next.endFrame) / 2 >= endFrame) break;
      line++;
    }
    return { ...span, proposalIndex: partOf(span, parts), lineFrom, lineTo: line };
  });
}

/** How the scenes differ from the repaired proposal, in sentences. */
function differences(
  scenes: readonly CoveredScene[],
  problem: CoverProblem,
  { parts, stretches }: PreparedCover,
): string[] {
  const { fps, lines } = problem;
  const sentences: string[] = [];
  const made = Map.groupBy(scenes, (s) => s.proposalIndex);
  for (const part of parts) {
    const count = made.get(part.proposalIndex)?.length ?? 0;
    const lasts = `Proposed scene ${part.proposalIndex + 1} would last ${seconds(part.endFrame - part.startFrame, fps)}`;
    if (count === 0) sentences.push(`${lasts}; it was merged into its neighbours.`);
    if (count > 1) sentences.push(`${lasts}; it was split into ${count}.`);
  }
  const partAt = new Map(parts.map((p) => [p.proposalIndex, p]));
  const fixed = new Set(stretches.map((s) => s.startFrame));
  for (const scene of scenes.slice(1)) {
    const part = partAt.get(scene.proposalIndex ?? -1);
    const first = made.get(scene.proposalIndex)?.[0] === scene;
    const moved = part && first ? scene.startFrame - part.startFrame : 0;
    if (part && Math.abs(moved) >= fps / 2) {
      const way = moved > 0 ? "later" : "earlier";
      sentences.push(
        `Proposed scene ${part.proposalIndex + 1} starts ${seconds(Math.abs(moved), fps)} ${way} than proposed.`,
      );
    }
    const inside = lines.findIndex((l) => l.startFrame < scene.startFrame && scene.startFrame < l.endFrame);
    if (inside >= 0) {
      const why = fixed.has(scene.startFrame) ? "it is pinned there" : "no other cut was possible";
      sentences.push(`The cut at ${seconds(scene.startFrame, fps)} falls inside line ${inside + 1}; ${why}.`);
    }
  }
  return sentences;
}

function inBrief(repairs: readonly string[]): string[] {
  const more = repairs.length - MAX_REPAIRS;
  return more > 0 ? [...repairs.slice(0, MAX_REPAIRS), `And ${more} more repairs like these.`] : [...repairs];
}

/**
 * Scenes that tile the song from frame 0 to the last: no gap, no overlap, each of a legal length, pins kept
 * exactly, at the least cost of all such covers (`COST` in cover-cost.ts). Fails with `cover_impossible` for
 * invalid lengths and for pins that no cover can keep (`stretchesOf`). Any other song is covered; the
 * certificate's repairs say what had to be changed for it.
 */
export function solveCover(problem: CoverProblem): SolvedCover {
  const preparation = prepareCover(problem);
  if (!preparation.ok) return preparation;
  const { prepared } = preparation;
  const cuts = cheapestCuts(prepared.stretches, prepared.cost);
  const scenes = withWords(cuts, problem.lines, prepared.parts);
  const repairs = inBrief([...prepared.repairs, ...differences(scenes, problem, prepared)]);
  return { ok: true, scenes, certificate: { ...checkCover(scenes, problem.totalFrames), repairs } };
}

/**
 * Counts what is wrong with scenes as a cover of the song, in the order given: places that no scene
 * fills, and places where a scene starts before the end of the one before it, or reaches past the song.
 * Both are 0 only for an exact cover. Frames that are not whole, or a scene without length, count as a gap.
 */
export function checkCover(scenes: readonly Span[], totalFrames: number): CoverCertificate {
  let gaps = 0;
  let overlaps = 0;
  let cursor = 0;
  for (const { startFrame, endFrame } of scenes) {
    const sound = Number.isSafeInteger(startFrame) && Number.isSafeInteger(endFrame) && endFrame > startFrame;
    if (!sound || startFrame > cursor) gaps++;
    if (startFrame < cursor) overlaps++;
    if (sound) cursor = Math.max(cursor, endFrame);
  }
  if (cursor < totalFrames) gaps++;
  if (cursor > totalFrames) overlaps++;
  return { frames: totalFrames, scenes: scenes.length, gaps, overlaps, repairs: [] };
}
