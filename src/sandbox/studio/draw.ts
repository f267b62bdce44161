/** Images: a prompt drawn as a scene. The same prompt, seed and size give the same bytes. */
import { type Canvas, createCanvas } from "@napi-rs/canvas";
import { compose, paintFront } from "./art/compose.ts";
import { grain } from "./art/grain.ts";
import { type Brush, type Frame, type Plane, swayed } from "./art/plane.ts";
import { readScene } from "./art/scene.ts";
import { stamp } from "./art/stamp.ts";

type ImageFormat = "jpg" | "png" | "webp";

/** How far paint reaches beyond each edge, in pixels, so that a camera may move. */
export const bleedOf = (width: number, height: number): number => Math.round(Math.max(width, height) * 0.08);

function paintPlane(brush: Brush, frame: Frame, plane: Plane): void {
  brush.save();
  const sway = plane.sway?.(0) ?? {};
  swayed(brush, frame, sway);
  brush.globalAlpha = sway.opacity ?? 1;
  if (plane.light) brush.globalCompositeOperation = "screen";
  plane.paint?.(brush, frame);
  brush.restore();
  brush.save();
  plane.live?.(brush, frame, 0);
  brush.restore();
}

export interface DrawInput {
  prompt: string;
  /** Null draws from the prompt alone. */
  seed: number | null;
  width: number;
  height: number;
  format: ImageFormat;
  /** 0 to 100, for jpg and webp. */
  quality: number;
}

export async function drawPicture(input: DrawInput): Promise<Uint8Array> {
  const { prompt, seed, width, height, format, quality } = input;
  const scene = readScene(prompt, seed);
  const canvas = createCanvas(width, height);
  const brush = canvas.getContext("2d");
  const frame: Frame = { width, height, bleed: bleedOf(width, height) };
  for (const plane of compose(scene)) paintPlane(brush, frame, plane);
  grain(brush, frame, 0.05);
  paintFront(scene, frame, brush);
  const bytes = new Uint8Array(await encode(canvas, format, quality));
  return stamp(bytes, format, { prompt, seed });
}

function encode(canvas: Canvas, format: ImageFormat, quality: number): Promise<Buffer> {
  if (format === "png") return canvas.encode("png");
  return canvas.encode(format === "jpg" ? "jpeg" : "webp", quality);
}
