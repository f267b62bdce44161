/** How a camera moves before the planes of a picture. */
import type { Frame, Plane } from "./art/plane.ts";

export interface Camera {
  /** Scale at the end of the clip, at the lens. */
  zoom: number;
  /** Shift at the end, in frame widths and heights, at the lens. */
  x: number;
  y: number;
}

/** Of the larger side, with a margin for planes that sway. */
const SHIFT_ROOM = 0.07;

const said = (text: string, words: string) => new RegExp(`\\b(${words})`, "iu").test(text);

/** The move that a motion prompt asks for. A push in where it asks for none. */
export function cameraOf(motion: string): Camera {
  const strength = said(motion, "fast|quick|drive|whip|energetic|rush")
    ? 1.35
    : said(motion, "very slow|subtle|barely|gentle")
      ? 0.75
      : 1;
  const still = said(motion, "static|locked|still camera|no camera");
  const back = said(motion, "pull|zoom(s|ing)? out|dolly out|back away");
  const left = said(motion, "left");
  const right = said(motion, "right");
  const up = said(motion, "rise|rising|crane up|tilt up|ascend|climb|up\\b");
  const down = said(motion, "sink|descend|tilt down|lower");
  const sideways = left || right;
  const zoom = still
    ? 1.02
    : back
      ? 1 - 0.055 * strength
      : 1 + (sideways || up || down ? 0.055 : 0.12) * strength;
  // What lies beyond the edges is all that a shift can bring in, less what pulling back already shows.
  const room = SHIFT_ROOM - Math.max(0, (1 / zoom - 1) / 2);
  const shift = (wanted: number) => Math.sign(wanted) * Math.min(Math.abs(wanted) * strength, room * zoom);
  return {
    zoom,
    x: still ? 0 : shift(left ? 0.034 : right ? -0.034 : 0),
    y: still ? 0 : shift(up ? 0.04 : down ? -0.04 : 0),
  };
}

/** Starts at rest; `u` from 0 to 1. */
const ease = (u: number): number => u * u * (3 - 2 * u) * 0.6 + u * 0.4 * u;

/** A scale about the frame's middle, and a shift in pixels. */
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

/** The same move for a flat picture, which has no paint beyond its edges: always in, shifting within what the zoom hides. */
export function flatCamera(camera: Camera): Camera {
  const zoom = 1 + Math.max(0.05, Math.abs(camera.zoom - 1));
  const room = (zoom - 1) / 2;
  return { zoom, x: Math.sign(camera.x) * room * 0.9, y: Math.sign(camera.y) * room * 0.9 };
}
