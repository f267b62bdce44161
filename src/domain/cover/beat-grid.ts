/** The song's beats as frames, and whether cuts snap to them. */
import type { BeatGrid } from "../record/record.ts";

export interface Beat {
  frame: number;
  /** The first of its bar. */
  downbeat: boolean;
}

/** Below this confidence cuts ignore the grid: a cut on a wrong beat looks worse than one beside any beat. */
export const SNAP_CONFIDENCE = 0.6;

/** Whether cuts snap to this grid. */
export const snapping = (grid: BeatGrid | null | undefined): grid is BeatGrid =>
  (grid?.confidence ?? 0) >= SNAP_CONFIDENCE;

const isGrid = ({ bpm, offsetSeconds, beatsPerBar }: Omit<BeatGrid, "confidence" | "source">): boolean =>
  Number.isFinite(bpm) && bpm > 0 && Number.isFinite(offsetSeconds) && beatsPerBar >= 1;

/**
 * The grid's beats in the song, ascending, each at the whole frame nearest to its own time; those before
 * the first downbeat too. Empty for an invalid grid, or beats that are less than two frames apart.
 */
export function beatsIn(grid: BeatGrid, totalFrames: number, fps: number): Beat[] {
  const period = (60 / grid.bpm) * fps;
  if (!isGrid(grid) || period < 2) return [];
  const offset = grid.offsetSeconds * fps;
  const perBar = Math.round(grid.beatsPerBar);
  const beats: Beat[] = [];
  for (let n = Math.ceil((-0.5 - offset) / period); ; n++) {
    const frame = Math.round(offset + n * period) + 0;
    if (frame >= totalFrames) return beats;
    if (frame >= 0) beats.push({ frame, downbeat: n % perBar === 0 });
  }
}

/** The grid that a person tapped: confidence 1, the offset moved by whole bars to the first downbeat. */
export function tappedBeat(tap: { bpm: number; offsetSeconds: number; beatsPerBar: number }): BeatGrid {
  const bar = (tap.beatsPerBar * 60) / tap.bpm;
  const past = tap.offsetSeconds - Math.floor(tap.offsetSeconds / bar) * bar;
  // Rounding may leave almost a whole bar where the downbeat is the song's start.
  const offsetSeconds = bar - past < 1e-6 ? 0 : Math.max(0, past);
  return { ...tap, offsetSeconds, confidence: 1, source: "tapped" };
}
