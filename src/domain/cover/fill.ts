/** Which clip can last as long as its scene, and by what means. */
import type { Fill } from "../record/record.ts";

/** A stretched clip runs at half its speed or faster. */
const MOST_STRETCH = 2;
/** A looped clip is played so often at most. */
const MOST_ROUNDS = 50;
/** Frames of the film by which a clip may end early: its last picture lasts that bit longer. */
export const SLACK_FRAMES = 0.5;
/** What is lost of a clip's length where its rate is known to three decimals. */
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
 * Whether the clip lasts as long as its scene. One that does so by itself needs no fill and is trimmed;
 * holding the last picture makes any clip last, playing it again does so up to 50 times, slowing it
 * down doubles it at most.
 */
export function fillsScene({ clipFrames, clipFps, sceneFrames, fps, fill }: Fit): boolean {
  const lasts = (clipFrames * fps) / clipFps;
  if (!(lasts > 0)) return false;
  if (lasts >= sceneFrames - SLACK_FRAMES || fill === "hold") return true;
  const times = fill === "stretch" ? MOST_STRETCH : fill === "loop" ? MOST_ROUNDS : 0;
  return lasts * times * (1 + RATE_ROUNDING) >= sceneFrames;
}
