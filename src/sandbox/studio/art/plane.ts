/** A picture is a stack of planes at different depths; a clip moves a camera in front of the same stack. */
import { type Canvas, createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { fade } from "./colour.ts";

export type Brush = SKRSContext2D;

/**
 * The visible frame, in pixels. Planes are painted `bleed` further on each side, so that the camera can move.
 */
export interface Frame {
  width: number;
  height: number;
  bleed: number;
}

/** A plane's own movement: offsets in frame heights, a turn in radians about the frame's centre. */
export interface Sway {
  x?: number;
  y?: number;
  turn?: number;
  opacity?: number;
}

export interface Plane {
  /** 0 at the horizon (hardly moves with the camera) to 1 at the lens. */
  depth: number;
  /** Painted once. */
  paint?(brush: Brush, frame: Frame): void;
  /** `seconds` from the clip's start; at 0 it is the still picture. */
  sway?(seconds: number): Sway;
  /** Painted for each frame. */
  live?(brush: Brush, frame: Frame, seconds: number): void;
  /** Adds light to what is behind it. */
  light?: boolean;
}

/** A soft round light. */
export function glow(
  brush: Brush,
  x: number,
  y: number,
  radius: number,
  colour: string,
  opacity: number,
): void {
  const gradient = brush.createRadialGradient(x, y, 0, x, y, radius);
  gradient.addColorStop(0, fade(colour, opacity));
  gradient.addColorStop(0.35, fade(colour, opacity * 0.42));
  gradient.addColorStop(0.7, fade(colour, opacity * 0.1));
  gradient.addColorStop(1, fade(colour, 0));
  brush.fillStyle = gradient;
  brush.fillRect(x - radius, y - radius, radius * 2, radius * 2);
}

const SPRITE = 64;
const sprites = new Map<string, Canvas>();

/** `glow` for things that move: the same light from a picture made once for each colour. */
export function mote(
  brush: Brush,
  x: number,
  y: number,
  radius: number,
  colour: string,
  opacity: number,
): void {
  let sprite = sprites.get(colour);
  if (!sprite) {
    sprite = createCanvas(SPRITE, SPRITE);
    glow(sprite.getContext("2d"), SPRITE / 2, SPRITE / 2, SPRITE / 2, colour, 1);
    if (sprites.size > 500) sprites.clear();
    sprites.set(colour, sprite);
  }
  brush.globalAlpha = opacity;
  brush.drawImage(sprite, x - radius, y - radius, radius * 2, radius * 2);
  brush.globalAlpha = 1;
}

/** A vertical gradient of equally spaced colours from `top` to `bottom`. */
export function vertical(brush: Brush, top: number, bottom: number, colours: readonly string[]) {
  const gradient = brush.createLinearGradient(0, top, 0, bottom);
  colours.forEach((colour, i) => {
    gradient.addColorStop(colours.length === 1 ? 0 : i / (colours.length - 1), colour);
  });
  return gradient;
}

/** Everything below a line: `line` gives y in pixels for x in pixels. */
export function below(
  brush: Brush,
  frame: Frame,
  line: (x: number) => number,
  bottom = frame.height + frame.bleed,
): void {
  const step = Math.max(2, frame.width / 320);
  brush.beginPath();
  brush.moveTo(-frame.bleed, bottom);
  for (let x = -frame.bleed; x <= frame.width + frame.bleed + step; x += step) brush.lineTo(x, line(x));
  brush.lineTo(frame.width + frame.bleed, bottom);
  brush.closePath();
  brush.fill();
}

/** The whole frame with its bleed. */
export function flood(
  brush: Brush,
  frame: Frame,
  top = -frame.bleed,
  bottom = frame.height + frame.bleed,
): void {
  brush.fillRect(-frame.bleed, top, frame.width + frame.bleed * 2, bottom - top);
}

/** Paints out of focus: `radius` in pixels. */
export function soften(brush: Brush, frame: Frame, radius: number, paint: (brush: Brush) => void): void {
  const { width, height, bleed } = frame;
  const sheet = createCanvas(width + bleed * 2, height + bleed * 2);
  const own = sheet.getContext("2d");
  own.translate(bleed, bleed);
  paint(own);
  brush.save();
  brush.filter = `blur(${Math.max(1, Math.round(radius))}px)`;
  brush.drawImage(sheet, -bleed, -bleed);
  brush.restore();
}

export type Point = readonly [number, number];

export function polygon(brush: Brush, fill: string, points: readonly Point[]): void {
  brush.fillStyle = fill;
  brush.beginPath();
  for (const [x, y] of points) brush.lineTo(x, y);
  brush.closePath();
  brush.fill();
}

/** Applies a plane's own movement about the frame's centre. */
export function swayed(brush: Brush, frame: Frame, sway: Sway): void {
  const { x = 0, y = 0, turn = 0 } = sway;
  brush.translate(frame.width / 2 + x * frame.height, frame.height / 2 + y * frame.height);
  if (turn !== 0) brush.rotate(turn);
  brush.translate(-frame.width / 2, -frame.height / 2);
}
