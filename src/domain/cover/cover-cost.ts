/** The cost of a cover of the song, in seconds: the preferences that the solver follows. */

import type { Span } from "../record/song.ts";
import type { Beat } from "./beat-grid.ts";

/** Weights, per second unless said otherwise. */
const COST = {
  /** For each cut inside a lyric line: more than all other costs of a song together. */
  insideLine: 1e6,
  /** For each cut inside a sung word, on top. */
  insideWord: 2,
  /** From a cut to the nearest proposed cut and the other way round; at most `farSeconds`. */
  fromProposal: 1,
  farSeconds: 3,
  /** From a cut to the nearest start or end of a line; at most `farSeconds`. */
  fromLyric: 0.3,
  /** From a cut to the nearest beat, at most `offBeatSeconds`: more than so short a move costs otherwise. */
  fromBeat: 5,
  offBeatSeconds: 0.25,
  /** For each cut whose beat is not a downbeat, within the same bound. */
  offDownbeat: 0.2,
  /** Times the squared relative distance of a scene's length from the target length. */
  length: 1,
  /** For footage that is bought and trimmed away. */
  waste: 1,
} as const;

export interface SungLine extends Span {
  words?: readonly Span[];
}

export interface CostInput {
  totalFrames: number;
  fps: number;
  lines: readonly SungLine[];
  /** Inner cuts that the proposal asks for, ascending. */
  proposedCuts: readonly number[];
  targetFrames: number;
  maxFrames: number;
  /** Lengths of clip that the model sells, in frames, ascending; whole seconds where not given. */
  clipFrames?: readonly number[];
  /** Where cuts should fall; absent where the beat grid is not confident enough. */
  beats?: readonly Beat[];
}

export interface CoverCost {
  /** By frame: the cost of a cut there, by itself. */
  cut: Float64Array;
  /** By length in frames, up to `maxFrames`: the cost of a scene that long, by itself. */
  length: Float64Array;
  /** The cost of the proposed cuts inside a scene. */
  missedCuts(start: number, end: number): number;
  /** The cost of a whole cover. */
  total(scenes: readonly Span[]): number;
}

/** For each frame, the distance to the nearest mark, in frames; infinite where there are none. */
function distances(totalFrames: number, marks: readonly number[]): Float64Array {
  const sorted = Float64Array.from(marks).sort();
  const out = new Float64Array(totalFrames + 1);
  for (let f = 0, k = 0; f <= totalFrames; f++) {
    let near = Math.abs((sorted[k] ?? Number.POSITIVE_INFINITY) - f);
    for (let next = near; k + 1 < sorted.length; near = next) {
      next = Math.abs((sorted[k + 1] ?? 0) - f);
      if (next > near) break;
      k++;
    }
    out[f] = near;
  }
  return out;
}

/** Sets `weight` where a cut would fall inside one of the spans; a cut at a span's first frame is outside. */
function fillInside(cost: Float64Array, spans: readonly Span[], weight: number): Float64Array {
  for (const { startFrame, endFrame } of spans) {
    cost.fill(weight, Math.max(0, startFrame + 1), Math.max(0, endFrame));
  }
  return cost;
}

/** Adds the distance to the nearest mark, in seconds, times `weight`; nothing where there are no marks. */
function addDistance(cost: Float64Array, marks: readonly number[], fps: number, weight: number): void {
  if (marks.length === 0) return;
  const far = COST.farSeconds * fps;
  const to = distances(cost.length - 1, marks);
  for (let f = 0; f < cost.length; f++) {
    cost[f] = (cost[f] ?? 0) + (weight * Math.min(far, to[f] ?? 0)) / fps;
  }
}

function addOffBeat(cost: Float64Array, beats: readonly Beat[], fps: number): void {
  if (beats.length === 0) return;
  const frames = (some: readonly Beat[]) => some.map((b) => b.frame);
  const toBeat = distances(cost.length - 1, frames(beats));
  const toDownbeat = distances(cost.length - 1, frames(beats.filter((b) => b.downbeat)));
  const off = COST.fromBeat * COST.offBeatSeconds;
  for (let f = 0; f < cost.length; f++) {
    const beat = COST.offDownbeat + (COST.fromBeat * (toBeat[f] ?? 0)) / fps;
    const downbeat = (COST.fromBeat * (toDownbeat[f] ?? 0)) / fps;
    cost[f] = (cost[f] ?? 0) + Math.min(off, beat, downbeat);
  }
}

function cutCosts(input: CostInput): Float64Array {
  const { totalFrames, fps, lines, proposedCuts, beats } = input;
  const cost = fillInside(new Float64Array(totalFrames + 1), lines, COST.insideLine);
  const words = lines.flatMap((l) => l.words ?? []);
  const inWord = fillInside(new Float64Array(totalFrames + 1), words, COST.insideWord);
  for (let f = 0; f <= totalFrames; f++) cost[f] = (cost[f] ?? 0) + (inWord[f] ?? 0);
  const edges = lines.flatMap((l) => [l.startFrame, l.endFrame]);
  addDistance(cost, proposedCuts, fps, COST.fromProposal);
  addDistance(cost, edges, fps, COST.fromLyric);
  addOffBeat(cost, beats ?? [], fps);
  return cost;
}

function lengthCosts({ fps, targetFrames, maxFrames, clipFrames }: CostInput): Float64Array {
  const bought = (frames: number) =>
    clipFrames ? (clipFrames.find((n) => n >= frames) ?? frames) : Math.ceil(frames / fps) * fps;
  return Float64Array.from({ length: maxFrames + 1 }, (_, n) => {
    const off = (n - targetFrames) / targetFrames;
    return COST.length * off * off + (COST.waste * (bought(n) - n)) / fps;
  });
}

/** For each frame, how many marks there are up to it, and their sum. `marks` ascending, in the song. */
function runningSums(totalFrames: number, marks: readonly number[]) {
  const count = new Float64Array(totalFrames + 1);
  const sum = new Float64Array(totalFrames + 1);
  for (let f = 0, k = 0, s = 0; f <= totalFrames; f++) {
    for (; (marks[k] ?? Number.POSITIVE_INFINITY) <= f; k++) s += marks[k] ?? 0;
    count[f] = k;
    sum[f] = s;
  }
  return { count, sum };
}

/** The cost function of one song (see `COST`). Frames are whole. */
export function coverCost(input: CostInput): CoverCost {
  const { fps, proposedCuts } = input;
  const far = COST.farSeconds * fps;
  const cut = cutCosts(input);
  const length = lengthCosts(input);
  const { count, sum } = runningSums(input.totalFrames, proposedCuts);
  const missedCuts = (start: number, end: number) => {
    const before = count[start] ?? 0;
    const through = count[end - 1] ?? 0;
    if (through === before) return 0;
    // Marks up to `near` are measured from the start, those from `late` on from the end; others are far.
    const near = Math.floor(Math.min(start + far, (start + end) / 2));
    const late = Math.max(Math.ceil(end - far), near + 1);
    const upToNear = count[near] ?? 0;
    const beforeLate = count[late - 1] ?? 0;
    const fromStart = (sum[near] ?? 0) - (sum[start] ?? 0) - (upToNear - before) * start;
    const toEnd = (through - beforeLate) * end - ((sum[end - 1] ?? 0) - (sum[late - 1] ?? 0));
    return (COST.fromProposal * (fromStart + (beforeLate - upToNear) * far + toEnd)) / fps;
  };
  const total = (scenes: readonly Span[]) =>
    scenes.reduce((all, s, i) => {
      const own =
        (length[s.endFrame - s.startFrame] ?? Number.POSITIVE_INFINITY) +
        missedCuts(s.startFrame, s.endFrame);
      return all + own + (i > 0 ? (cut[s.startFrame] ?? 0) : 0);
    }, 0);
  return { cut, length, missedCuts, total };
}
