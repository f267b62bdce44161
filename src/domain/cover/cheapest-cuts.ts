/** Search for the cheapest cuts: dynamic programming over every frame that skips whole blocks of starts. */
import type { CoverCost } from "./cover-cost.ts";
import type { Stretch } from "./pins.ts";

/** Number of neighbouring starts that share one lower bound. */
const BLOCK = 16;

/** For each length, the least cost among it and the `BLOCK - 1` lengths below it. */
function leastBefore(length: Float64Array): Float64Array {
  const least = new Float64Array(length.length + BLOCK).fill(Number.POSITIVE_INFINITY);
  length.forEach((cost, n) => {
    for (let k = n; k < n + BLOCK; k++) least[k] = Math.min(least[k] ?? 0, cost);
  });
  return least;
}

/**
 * The cuts of one stretch, ascending, its end included. Lower bound of a block of starts: the least cost of a
 * cover up to any of them, the least cost of their scenes' lengths, and the cost of the proposed cuts that a
 * later start passes over (an earlier one passes over these too). A block is skipped where its bound reaches
 * the best cost so far.
 */
function cutsIn(stretch: Stretch, cost: CoverCost, lengthBound: Float64Array): number[] {
  const { startFrame, endFrame, minFrames } = stretch;
  const { cut, length, missedCuts } = cost;
  const frames = endFrame - startFrame;
  const longest = length.length - 1;
  const best = new Float64Array(frames + 1).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(frames + 1);
  const blockBest = new Float64Array(Math.ceil((frames + 1) / BLOCK)).fill(Number.POSITIVE_INFINITY);
  best[0] = 0;
  blockBest[0] = 0;
  for (let end = minFrames; end <= frames; end++) {
    const first = Math.max(0, end - longest);
    const last = end - minFrames;
    // A good first guess: the best start of a scene that ends one frame earlier.
    let found = Math.min(last, Math.max(first, from[end - 1] ?? 0));
    let least =
      (best[found] ?? 0) + (length[end - found] ?? 0) + missedCuts(startFrame + found, startFrame + end);
    let passed = 0;
    for (let block = Math.floor(last / BLOCK); block >= 0; block--) {
      const low = block * BLOCK;
      const high = Math.min(last, low + BLOCK - 1);
      if (high < first) break;
      const bound = (blockBest[block] ?? 0) + (lengthBound[end - low] ?? 0);
      if (bound + passed >= least) continue;
      passed = missedCuts(startFrame + high, startFrame + end);
      if (bound + passed >= least) continue;
      for (let i = high; i >= Math.max(first, low); i--) {
        const own = (best[i] ?? 0) + (length[end - i] ?? 0);
        if (own + passed >= least) continue;
        passed = missedCuts(startFrame + i, startFrame + end);
        if (own + passed < least) {
          least = own + passed;
          found = i;
        }
      }
    }
    least += end < frames ? (cut[startFrame + end] ?? 0) : 0;
    best[end] = least;
    from[end] = found;
    const block = Math.floor(end / BLOCK);
    blockBest[block] = Math.min(blockBest[block] ?? 0, least);
  }
  const cuts: number[] = [];
  for (let end = frames; end > 0; end = from[end] ?? 0) cuts.push(startFrame + end);
  return cuts.reverse();
}

/** The cheapest chain of cuts from frame 0 to the song's end, both included; every stretch must be fillable. */
export function cheapestCuts(stretches: readonly Stretch[], cost: CoverCost): number[] {
  const lengthBound = leastBefore(cost.length);
  return [
    0,
    ...stretches.flatMap((stretch) =>
      stretch.pinned ? [stretch.endFrame] : cutsIn(stretch, cost, lengthBound),
    ),
  ];
}
