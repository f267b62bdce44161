/** Songs to cover, and a plain greedy cover to compare the solver with. */
import { beatsIn } from "../../src/domain/cover/beat-grid.ts";
import type { CoverProblem, PreparedCover } from "../../src/domain/cover/solve.ts";
import type { Pin } from "../../src/domain/record/record.ts";
import type { Span } from "../../src/domain/record/song.ts";

/** Every scene ends at the cheapest legal cut from which the rest of its stretch can still be filled. */
export function greedyCover({ cost, stretches }: PreparedCover, maxFrames: number): Span[] {
  const scenes: Span[] = [];
  for (const { startFrame, endFrame, minFrames, pinned } of stretches) {
    const fillable = (frames: number) => Math.ceil(frames / maxFrames) * minFrames <= frames;
    for (let at = startFrame; at < endFrame; ) {
      let best = { price: Number.POSITIVE_INFINITY, end: endFrame };
      for (let end = at + minFrames; !pinned && end <= Math.min(at + maxFrames, endFrame); end++) {
        if (!fillable(endFrame - end)) continue;
        const price = (cost.cut[end] ?? 0) + (cost.length[end - at] ?? 0) + cost.missedCuts(at, end);
        if (price < best.price) best = { price, end };
      }
      scenes.push({ startFrame: at, endFrame: best.end });
      at = best.end;
    }
  }
  return scenes;
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * A realistic song: lines of 2 to 4 s, pauses, a proposal of one to three lines to a scene, 123 beats a
 * minute.
 */
export function sungSong(
  minutes: number,
  seed: number,
  given: Pick<CoverProblem, "minFrames" | "maxFrames"> & { pinned?: boolean },
): CoverProblem {
  const fps = 24;
  const random = seeded(seed);
  const totalFrames = Math.round(minutes * 60 * fps) - Math.floor(random() * 48);
  const lines = [];
  for (let at = Math.round(8 * fps); at < totalFrames - 5 * fps; ) {
    const endFrame = at + Math.round((2 + 2 * random()) * fps);
    const words = [];
    for (let w = at; w < endFrame - 10; w += 12) words.push({ startFrame: w, endFrame: w + 9 });
    lines.push({ startFrame: at, endFrame, words });
    at = endFrame + Math.round((random() < 0.1 ? 12 : random()) * fps);
  }
  const proposal = [];
  for (let i = 0; i < lines.length; ) {
    const lastLine = Math.min(lines.length - 1, i + Math.floor(random() * 3));
    proposal.push({ firstLine: i, lastLine });
    i = lastLine + 1;
  }
  // A cut or a whole scene about every 30 s, where a line begins.
  const pins: Pin[] = [];
  let next = 20 * fps;
  for (const { startFrame, endFrame } of given.pinned ? lines : []) {
    if (startFrame < next) continue;
    next = startFrame + 30 * fps;
    pins.push(random() < 0.5 ? { kind: "cut", frame: startFrame } : { kind: "scene", startFrame, endFrame });
  }
  const grid = {
    bpm: 123,
    offsetSeconds: 0.3,
    beatsPerBar: 4,
    confidence: 0.9,
    source: "estimated" as const,
  };
  return {
    totalFrames,
    fps,
    lines,
    proposal,
    pins,
    minFrames: given.minFrames,
    maxFrames: given.maxFrames,
    clipFrames: Array.from({ length: 29 }, (_, i) => (i + 2) * fps),
    beats: beatsIn(grid, totalFrames, fps),
  };
}
