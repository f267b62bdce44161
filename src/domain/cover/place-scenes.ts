/**
 * Places existing scenes in a song: each near its wished span and of a legal length, so that new scenes of
 * legal lengths can fill the rest of the song.
 */
import type { Span } from "../record/song.ts";

export interface WishedScene extends Span {
  /** The shortest length that the scene may have. */
  minFrames: number;
  /** Frames that the scene's clip covers; null where it has none, or where the length does not matter. */
  footageFrames: number | null;
}

export interface Placing {
  totalFrames: number;
  fps: number;
  /** In song order; wished spans ascend and stay in the song. */
  scenes: readonly WishedScene[];
  /** Legal lengths of new scenes between them; `maxFrames` holds for all scenes. */
  minFrames: number;
  maxFrames: number;
  /** By frame: not 0 where a cut should not be moved to. */
  avoid: Uint8Array;
}

/** In seconds. Besides these, a boundary costs its distance from its wished frame, in seconds. */
const COST = {
  /** For a boundary that is moved into a lyric line. */
  insideLine: 1,
  /** For a scene that outlasts its clip, which must be made again. */
  redo: 0.5,
  /** For each new scene. */
  added: 3,
  /** For a scene that is dropped: only where there is no other cover. */
  dropped: 1e6,
} as const;

const DROPPED = -1;
const ADDED = -2;

/** Sliding-window minimum over `values`, pushed at ascending indices; amortised constant time. */
function slidingLeast(values: Float64Array) {
  const indices: number[] = [];
  let head = 0;
  return {
    push(index: number): void {
      const value = values[index] ?? 0;
      while (indices.length > head && (values[indices.at(-1) ?? 0] ?? 0) >= value) indices.pop();
      indices.push(index);
    },
    /** Index of the least value pushed at `from` or later; undefined where there is none. */
    from(from: number): number | undefined {
      while ((indices[head] ?? from) < from) head++;
      return indices[head];
    },
  };
}

/**
 * One step of the dynamic program, once the first scenes are placed: for each frame of a band that begins at
 * `low`, the least cost of a cover up to that frame, and its last scene.
 */
interface Layer {
  low: number;
  best: Float64Array;
  /** Start of the scene that ends here, or `DROPPED`; for a new scene, `ADDED` minus its start. */
  from: Int32Array;
}

const layer = (low: number, high: number): Layer => ({
  low,
  best: new Float64Array(high - low + 1).fill(Number.POSITIVE_INFINITY),
  from: new Int32Array(high - low + 1).fill(DROPPED),
});

/** Adds new scenes after any scene that ends in the band. */
function addNew({ low, best, from }: Layer, { minFrames, maxFrames }: Placing): void {
  const starts = slidingLeast(best);
  for (let at = minFrames; at < best.length; at++) {
    starts.push(at - minFrames);
    const start = starts.from(at - maxFrames);
    const price = start === undefined ? Number.POSITIVE_INFINITY : (best[start] ?? 0) + COST.added;
    if (start !== undefined && price < (best[at] ?? 0)) {
      best[at] = price;
      from[at] = ADDED - (low + start);
    }
  }
}

/** The next layer: `before` with this scene placed or dropped. */
function place(before: Layer, scene: WishedScene, [low, high]: [number, number], placing: Placing): Layer {
  const { fps, maxFrames, avoid } = placing;
  const moveCost = (frame: number, wish: number) =>
    frame === wish ? 0 : Math.abs(frame - wish) / fps + (avoid[frame] ? COST.insideLine : 0);
  const started = before.best.map((cost, i) => cost + moveCost(before.low + i, scene.startFrame));
  const covered = scene.footageFrames ?? maxFrames;
  const inClip = slidingLeast(started);
  const inAny = slidingLeast(started);
  const out = layer(low, high);
  let pushed = 0;
  for (let end = low; end <= high; end++) {
    const i = end - low;
    const dropCost = (before.best[end - before.low] ?? Number.POSITIVE_INFINITY) + COST.dropped;
    if (dropCost < (out.best[i] ?? 0)) out.best[i] = dropCost;
    const latest = Math.min(end - scene.minFrames, before.low + started.length - 1);
    for (; before.low + pushed <= latest; pushed++) {
      inClip.push(pushed);
      inAny.push(pushed);
    }
    const near = inClip.from(end - Math.min(maxFrames, covered) - before.low);
    const any = inAny.from(end - maxFrames - before.low);
    for (const [start, redo] of [
      [near, 0],
      [any, COST.redo],
    ] as const) {
      if (start === undefined) continue;
      const price = (started[start] ?? 0) + redo + moveCost(end, scene.endFrame);
      if (price < (out.best[i] ?? 0)) {
        out.best[i] = price;
        out.from[i] = before.low + start;
      }
    }
  }
  return out;
}

/**
 * The span of each scene; null for a scene that was dropped. What lies between them can be filled by new
 * scenes of legal lengths. Every boundary stays within two longest scenes of its wished frame; of all such
 * placings it is the one of least cost (`COST`). The song must be fillable by new scenes alone.
 */
export function placeScenes(placing: Placing): (Span | null)[] {
  const { totalFrames, scenes, maxFrames } = placing;
  const reach = 2 * maxFrames;
  const layers: Layer[] = [];
  for (let k = 0; k <= scenes.length; k++) {
    const behind = scenes[k - 1]?.endFrame ?? 0;
    const ahead = scenes[k]?.startFrame ?? totalFrames;
    const low = k === 0 ? 0 : Math.max(0, Math.min(behind, ahead) - reach);
    const high = k === scenes.length ? totalFrames : Math.min(totalFrames, Math.max(behind, ahead) + reach);
    const [before, scene] = [layers[k - 1], scenes[k - 1]];
    const next = before && scene ? place(before, scene, [low, high], placing) : layer(low, high);
    if (k === 0) next.best[0] = 0;
    addNew(next, placing);
    layers.push(next);
  }
  const placed: (Span | null)[] = scenes.map(() => null);
  let at = totalFrames;
  for (let k = scenes.length; k > 0; ) {
    const { low, from } = layers[k] ?? layer(0, 0);
    const start = from[at - low] ?? DROPPED;
    if (start <= ADDED) {
      at = ADDED - start;
      continue;
    }
    k--;
    if (start === DROPPED) continue;
    placed[k] = { startFrame: start, endFrame: at };
    at = start;
  }
  return placed;
}
