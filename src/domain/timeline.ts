/**
 * From a proposal by lyric line to scenes in whole frames that cover the song exactly.
 * The language model never decides times; this does, by dynamic programming over cut frames.
 */
import { type CoverCost, coverCost, type SungLine } from "./cover-cost.ts";
import { type Part, type ProposedScene, repairProposal, type Span } from "./proposal.ts";
import type { CoverCertificate, Failure } from "./record.ts";

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
  /** The length to aim for where nothing else speaks; the middle of the legal lengths where not given. */
  wishFrames?: number;
  /** Lengths of clip that the model sells, in frames, ascending; whole seconds where not given. */
  clipFrames?: readonly number[];
}

export interface CoveredScene extends Span {
  /** The proposed scene that this one carries out; null where nothing was proposed for its time. */
  proposalIndex: number | null;
  /** Lines `lineFrom` (inclusive) to `lineTo` (exclusive): those whose middle lies in the scene. Equal without words. */
  lineFrom: number;
  lineTo: number;
}

export type Cover =
  | { ok: true; scenes: CoveredScene[]; certificate: CoverCertificate }
  | { ok: false; failure: Failure };

/** How many candidate scenes are weighed at most; longer songs and wider limits are cut on a coarser grid. */
const EFFORT = 1_500_000;
const MAX_REPAIRS = 40;

/** The problem as solved: sound proposal, legal lengths under which a cover exists, and its cost function. */
export interface PreparedCover {
  parts: Part[];
  minFrames: number;
  cost: CoverCost;
  repairs: string[];
}

const seconds = (frames: number, fps: number) => `${(frames / fps).toFixed(1)} s`;

function impossible(problem: CoverProblem): Failure | undefined {
  const { totalFrames, fps, minFrames, maxFrames } = problem;
  const whole = [totalFrames, minFrames, maxFrames].every(Number.isSafeInteger);
  if (whole && fps > 0 && totalFrames >= 1 && minFrames >= 1 && maxFrames >= minFrames) return undefined;
  return {
    code: "cover_impossible",
    message: `A song of ${totalFrames} frames cannot be covered by scenes of ${minFrames} to ${maxFrames} frames.`,
    retryable: false,
    nextAction: "Choose a shortest scene length that is not above the longest, and a song that is not empty.",
  };
}

/**
 * Repairs the proposal and, where no number of scenes of legal length fills the song, lowers the
 * shortest length as little as possible: clips can be trimmed, never stretched.
 */
export function prepareCover(problem: CoverProblem): PreparedCover {
  const { totalFrames, fps, lines, maxFrames } = problem;
  const least = Math.ceil(problem.minFrames / 2);
  const { parts, repairs } = repairProposal({
    proposal: problem.proposal,
    lines,
    totalFrames,
    leastFrames: least,
  });
  const fewest = Math.ceil(totalFrames / maxFrames);
  const minFrames = Math.min(problem.minFrames, Math.floor(totalFrames / fewest));
  if (totalFrames < problem.minFrames) {
    repairs.push(
      `The song lasts ${seconds(totalFrames, fps)}, less than the shortest scene of ${seconds(problem.minFrames, fps)}; it is one scene.`,
    );
  } else if (minFrames < problem.minFrames) {
    repairs.push(
      `No number of scenes of ${seconds(problem.minFrames, fps)} to ${seconds(maxFrames, fps)} fills the song, so scenes may be as short as ${seconds(minFrames, fps)}.`,
    );
  }
  const proposedCuts = parts.slice(1).map((p) => p.startFrame);
  const wishFrames = problem.wishFrames ?? Math.round((minFrames + maxFrames) / 2);
  const cost = coverCost({ ...problem, proposedCuts, wishFrames: Math.max(1, wishFrames) });
  return { parts, minFrames, cost, repairs };
}

/** Frames where a cut may fall, ascending: all of them, or a grid with every frame that matters. */
function candidates(problem: CoverProblem, { parts, minFrames }: PreparedCover): Int32Array {
  const { totalFrames, maxFrames, lines } = problem;
  const stride = Math.max(1, Math.ceil(Math.sqrt((totalFrames * (maxFrames - minFrames + 1)) / EFFORT)));
  const frames = new Set([0, totalFrames]);
  for (let f = 0; f < totalFrames; f += stride) frames.add(f);
  if (stride > 1) {
    for (const line of lines) frames.add(line.startFrame).add(line.endFrame);
    for (const part of parts) frames.add(part.startFrame);
    // Even scenes, fewest of them: whatever the grid leaves out, this cover remains.
    const fewest = Math.ceil(totalFrames / maxFrames);
    for (let i = 1; i < fewest; i++) frames.add(Math.round((totalFrames * i) / fewest));
  }
  return Int32Array.from(frames)
    .filter((f) => f >= 0 && f <= totalFrames)
    .sort();
}

/** The cheapest chain of cuts from 0 to the last frame, both included. */
function cheapestCuts(problem: CoverProblem, prepared: PreparedCover): number[] {
  const frames = candidates(problem, prepared);
  const { cut, length, passedOver } = prepared.cost;
  const best = new Float64Array(frames.length).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(frames.length).fill(-1);
  best[0] = 0;
  let low = 0;
  for (let j = 1; j < frames.length; j++) {
    const end = frames[j] ?? 0;
    while ((frames[low] ?? end) < end - problem.maxFrames) low++;
    let least = Number.POSITIVE_INFINITY;
    for (let i = low; i < j; i++) {
      const start = frames[i] ?? 0;
      if (end - start < prepared.minFrames) break;
      const bound = (best[i] ?? 0) + (length[end - start] ?? 0);
      if (bound >= least) continue;
      const price = bound + passedOver(start, end);
      if (price < least) {
        least = price;
        from[j] = i;
      }
    }
    best[j] = least + (j < frames.length - 1 ? (cut[end] ?? 0) : 0);
  }
  const cuts: number[] = [];
  for (let j = frames.length - 1; j >= 0; j = from[j] ?? -1) cuts.push(frames[j] ?? 0);
  return cuts.reverse();
}

/** The part that shares most time with a scene; the earlier one where two share alike. */
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

/** What the solver did to the (sound) proposal, in sentences. */
function differences(
  scenes: readonly CoveredScene[],
  problem: CoverProblem,
  parts: readonly Part[],
): string[] {
  const { fps, lines } = problem;
  const said: string[] = [];
  for (const part of parts) {
    const made = scenes.filter((s) => s.proposalIndex === part.proposalIndex).length;
    const lasts = `Proposed scene ${part.proposalIndex + 1} would last ${seconds(part.endFrame - part.startFrame, fps)}`;
    if (made === 0) said.push(`${lasts}; it was merged into its neighbours.`);
    if (made > 1) said.push(`${lasts}; it was split into ${made}.`);
  }
  for (const scene of scenes.slice(1)) {
    const part = parts.find((p) => p.proposalIndex === scene.proposalIndex);
    const first = scenes.find((s) => s.proposalIndex === scene.proposalIndex) === scene;
    const moved = part && first ? scene.startFrame - part.startFrame : 0;
    if (part && Math.abs(moved) >= fps / 2) {
      const way = moved > 0 ? "later" : "earlier";
      said.push(
        `Proposed scene ${part.proposalIndex + 1} starts ${seconds(Math.abs(moved), fps)} ${way} than proposed.`,
      );
    }
    const inside = lines.findIndex((l) => l.startFrame < scene.startFrame && scene.startFrame < l.endFrame);
    if (inside >= 0)
      said.push(
        `The cut at ${seconds(scene.startFrame, fps)} falls inside line ${inside + 1}; no other cut was possible.`,
      );
  }
  return said;
}

function inBrief(repairs: readonly string[]): string[] {
  const more = repairs.length - MAX_REPAIRS;
  return more > 0 ? [...repairs.slice(0, MAX_REPAIRS), `And ${more} more repairs like these.`] : [...repairs];
}

/**
 * Scenes that tile the song from frame 0 to the last: no gap, no overlap, each of a legal length,
 * at the least cost (`COST` in cover-cost.ts). Fails with `cover_impossible` for lengths that mean
 * nothing; any other song is covered, and what had to give is in the certificate's repairs.
 */
export function solveCover(problem: CoverProblem): Cover {
  const failure = impossible(problem);
  if (failure) return { ok: false, failure };
  const prepared = prepareCover(problem);
  const scenes = withWords(cheapestCuts(problem, prepared), problem.lines, prepared.parts);
  const repairs = inBrief([...prepared.repairs, ...differences(scenes, problem, prepared.parts)]);
  return { ok: true, scenes, certificate: { ...checkCover(scenes, problem.totalFrames), repairs } };
}

/**
 * Counts what is wrong with scenes as a cover of the song, in the order given: places that no scene
 * fills, and places where a scene starts before the one ahead of it ends or reaches past the song.
 * Both are 0 exactly for an exact cover. Frames that are not whole, or a scene without length, count as a gap.
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
