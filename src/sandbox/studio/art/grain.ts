/** Fine noise over flat colour: keeps wide gradients from showing steps. */
import { type Canvas, createCanvas } from "@napi-rs/canvas";
import { chanceOf } from "./chance.ts";
import type { Brush, Frame } from "./plane.ts";

const SIZE = 192;
let tile: Canvas | undefined;

function noise(): Canvas {
  if (tile) return tile;
  const chance = chanceOf("grain");
  tile = createCanvas(SIZE, SIZE);
  const brush = tile.getContext("2d");
  const pixels = brush.createImageData(SIZE, SIZE);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const value = (chance.between(0, 255) + chance.between(0, 255)) / 2;
    pixels.data.fill(value, i, i + 3);
    pixels.data[i + 3] = 255;
  }
  brush.putImageData(pixels, 0, 0);
  return tile;
}

/** `strength` 0 to 1. */
export function grain(brush: Brush, frame: Frame, strength: number): void {
  const pattern = brush.createPattern(noise(), "repeat");
  if (!pattern) return;
  brush.save();
  brush.globalAlpha = strength;
  brush.globalCompositeOperation = "overlay";
  brush.fillStyle = pattern;
  brush.fillRect(-frame.bleed, -frame.bleed, frame.width + 2 * frame.bleed, frame.height + 2 * frame.bleed);
  brush.restore();
}
