/** How a camera moves in front of the planes of an image. */
import type { Frame, Plane } from "./art/plane.ts";

export interface Camera {
  /** Scale at the end of the clip, at the lens. */
  zoom: number;
  /** Shift at the end, in frame widths and heights, at the lens. */
  x: number;
  y: number;
}

/**
 * The largest shift, as a share of a side: less than what is painted beyond the edges, because planes sway
 * too.
 */
const SHIFT_ROOM = 0.07;

const names = (text: string, words: string) => new RegExp(`\\b(${words})`, "iu").test(text);

/** The camera move that a motion prompt asks for; a push in where it names none. */
export function cameraOf(motion: string): Camera {
  const strength = names(motion, "fast|quick|drive|whip|energetic|rush")
    ? 1.35
    : names(motion, "very slow|subtle|barely|gentle")
      ? 0.75
      : 1;
  const still = names(motion, "static|locked|still camera|no camera");
  const back = names(motion, "pull|zoom(s|ing)? out|dolly out|back away");
  const left = names(motion, "left");
  const right = names(motion, "right");
  const up = names(motion, "rise|rising|crane up|tilt up|ascend|climb|up\\b");
  const down = names(motion, "sink|descend|tilt down|lower");
  const sideways = left || right;
  const zoom = still
    ? 1.02
    : back
      ? 1 - 0.055 * strength
      : 1 + (sideways || up || down ? 0.055 : 0.12) * strength;
  // A shift can show only what is painted beyond the edges, less what pulling back shows already.
  const room = SHIFT_ROOM - Math.max(0, (1 / zoom - 1) / 2);
  const shift = (wanted: number) => Math.sign(wanted) * Math.min(Math.abs(wanted) * strength, room * zoom);
  return {
    zoom,
    x: still ? 0 : shift(left ? 0.034 : right ? -0.034 : 0),
    y: still ? 0 : shift(up ? 0.04 : down ? -0.04 : 0),
  };
}

/** The share of the move that is done at the share `u` of the time; starts slowly. */
const ease = (u: number): number => u * u * (3 - 2 * u) * 0.6 + u * 0.4 * u;

/** A scale about the frame's centre, and a shift in pixels. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

/** Where a plane at `depth` stands after the share `u` of the move. */
export function viewAt(camera: Camera, depth: Plane["depth"], u: number, frame: Frame): View {
  const p = ease(u);
  return {
    scale: 1 + (camera.zoom - 1) * p * (0.3 + 0.7 * depth),
    x: camera.x * p * (0.15 + 0.85 * depth) * frame.width,
    y: camera.y * p * (0.15 + 0.85 * depth) * frame.height,
  };
}

/**
 * The same move for a flat image, which has nothing beyond its edges: always zooms in, and shifts within what
 * the zoom hides.
 */
export function flatCamera(camera: Camera): Camera {
  const zoom = 1 + Math.max(0.05, Math.abs(camera.zoom - 1));
  const room = (zoom - 1) / 2;
  return { zoom, x: Math.sign(camera.x) * room * 0.9, y: Math.sign(camera.y) * room * 0.9 };
}
