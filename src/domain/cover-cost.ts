/** What a cover of the song costs, in seconds of harm: the stated taste that the solver follows. */
import type { Span } from "./proposal.ts";

/** Weights, per second unless said otherwise. */
const COST = {
  /** For each cut inside a lyric line: more than everything else in a song together. */
  insideLine: 1e6,
  /** For each cut inside a sung word, on top. */
  insideWord: 2,
  /** From a cut to the nearest proposed cut, and from a proposed cut to the nearest cut; at most `farSeconds`. */
  fromProposal: 1,
  farSeconds: 3,
  /** From a cut to the nearest start or end of a line; at most `farSeconds`. */
  fromLyric: 0.3,
  /** Times the squared relative distance of a scene's length from the wish. */
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
  wishFrames: number;
  maxFrames: number;
  /** Lengths of clip that the model sells, in frames, ascending; whole seconds where not given. */
  clipFrames?: readonly number[];
}

export interface CoverCost {
  /** Of a cut at this frame, by itself. */
  cut: Float64Array;
  /** Of a scene of this length, by itself; up to `maxFrames`. */
  length: Float64Array;
  /** Of the proposed cuts that a scene passes over. */
  passedOver(start: number, end: number): number;
  /** Of a whole cover. */
  total(scenes: readonly Span[]): number;
}

/** For each frame, the distance to the nearest mark, in frames; infinite where there are none. */
function distances(totalFrames: number, marks: readonly number[]): Float64Array {
  const out = new Float64Array(totalFrames + 1).fill(Number.POSITIVE_INFINITY);
  for (const mark of marks) if (mark >= 0 && mark <= totalFrames) out[mark] = 0;
  for (let f = 1; f <= totalFrames; f++) out[f] = Math.min(out[f] ?? 0, (out[f - 1] ?? 0) + 1);
  for (let f = totalFrames - 1; f >= 0; f--) out[f] = Math.min(out[f] ?? 0, (out[f + 1] ?? 0) + 1);
  return out;
}

function addInside(cost: Float64Array, span: Span, weight: number): void {
  for (let f = Math.max(0, span.startFrame + 1); f < Math.min(cost.length, span.endFrame); f++) {
    cost[f] = Math.max(cost[f] ?? 0, weight);
  }
}

function cutCosts(input: CostInput): Float64Array {
  const { totalFrames, fps, lines, proposedCuts } = input;
  const far = COST.farSeconds * fps;
  const inLine = new Float64Array(totalFrames + 1);
  const inWord = new Float64Array(totalFrames + 1);
  for (const line of lines) {
    addInside(inLine, line, COST.insideLine);
    for (const word of line.words ?? []) addInside(inWord, word, COST.insideWord);
  }
  const toProposal = distances(totalFrames, proposedCuts);
  const toLyric = distances(
    totalFrames,
    lines.flatMap((l) => [l.startFrame, l.endFrame]),
  );
  return inLine.map((line, f) => {
    const proposal = proposedCuts.length > 0 ? Math.min(far, toProposal[f] ?? 0) : 0;
    const lyric = lines.length > 0 ? Math.min(far, toLyric[f] ?? 0) : 0;
    return line + (inWord[f] ?? 0) + (COST.fromProposal * proposal + COST.fromLyric * lyric) / fps;
  });
}

function lengthCosts({ fps, wishFrames, maxFrames, clipFrames }: CostInput): Float64Array {
  const bought = (frames: number) =>
    clipFrames ? (clipFrames.find((n) => n >= frames) ?? frames) : Math.ceil(frames / fps) * fps;
  return Float64Array.from({ length: maxFrames + 1 }, (_, n) => {
    const off = (n - wishFrames) / wishFrames;
    return COST.length * off * off + (COST.waste * (bought(n) - n)) / fps;
  });
}

/** The cost function of one song. Frames are whole; see `COST` for what counts. */
export function coverCost(input: CostInput): CoverCost {
  const { fps, proposedCuts } = input;
  const far = COST.farSeconds * fps;
  const cut = cutCosts(input);
  const length = lengthCosts(input);
  const marks = Int32Array.from(proposedCuts);
  /** Index of the first proposed cut after each frame. */
  const after = new Int32Array(input.totalFrames + 2);
  for (let f = 0, k = 0; f < after.length; f++) {
    while (k < marks.length && (marks[k] ?? 0) <= f) k++;
    after[f] = k;
  }
  const passedOver = (start: number, end: number) => {
    let sum = 0;
    for (let k = after[start] ?? 0; k < marks.length; k++) {
      const mark = marks[k] ?? 0;
      if (mark >= end) break;
      sum += Math.min(mark - start, end - mark, far);
    }
    return (COST.fromProposal * sum) / fps;
  };
  const total = (scenes: readonly Span[]) =>
    scenes.reduce((sum, s, i) => {
      const own =
        (length[s.endFrame - s.startFrame] ?? Number.POSITIVE_INFINITY) +
        passedOver(s.startFrame, s.endFrame);
      return sum + own + (i > 0 ? (cut[s.startFrame] ?? 0) : 0);
    }, 0);
  return { cut, length, passedOver, total };
}
