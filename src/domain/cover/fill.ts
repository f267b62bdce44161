/** Whether a clip can last as long as its scene, and by which fill. */
import type { Fill } from "../record/record.ts";

/** The slowest stretch plays a clip at half its speed. */
const MAX_STRETCH = 2;
/** How often a loop plays a clip at most. */
const MAX_ROUNDS = 50;
/** Frames of the film by which a clip may end early: its last picture is shown that much longer. */
export const SLACK_FRAMES = 0.5;
/** Relative error of a clip's length, where its frame rate is rounded to three decimals. */
const RATE_ROUNDING = 1e-4;

export interface Fit {
  clipFrames: number;
  /** Frames per second of the clip. */
  clipFps: number;
  sceneFrames: number;
  /** Frames per second of the film. */
  fps: number;
  /** What is done to a clip that is too short; null for nothing. */
  fill: Fill | null;
}

/**
 * Whether the clip can last as long as its scene. A clip that is long enough needs no fill and is trimmed.
 * `hold` makes any clip long enough, `loop` plays it up to 50 times, `stretch` at most doubles its length.
 */
export function canFillScene({ clipFrames, clipFps, sceneFrames, fps, fill }: Fit): boolean {
  const lasts = (clipFrames * fps) / clipFps;
  if (!(lasts > 0)) return false;
  if (lasts >= sceneFrames - SLACK_FRAMES || fill === "hold") return true;
  const times = fill === "stretch" ? MAX_STRETCH : fill === "loop" ? MAX_ROUNDS : 0;
  return lasts * times * (1 + RATE_ROUNDING) >= sceneFrames;
}
