/** How a clip's header asks players to transform its pictures; a film can't ask this for one of its parts. */

import { boxesIn, viewOf } from "../lib/mp4-boxes.ts";
import { PICTURE_ENTRY_FIELDS } from "./avc.ts";
import type { IndexedTrack } from "./clip-index.ts";

/** Share by which aspect ratios may differ: 1,088 coded lines are shown as 1,080. */
const ROUNDING = 0.01;

/**
 * What the matrix does to a picture; null when it does nothing or only scales. A matrix of zeros is ignored.
 */
function matrixEffect([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string | null {
  if (a === 0 && b === 0 && c === 0 && d === 0) return null;
  if (a * d - b * c < 0) return "mirrored by its header";
  if (b === 0 && c === 0 && a > 0) return a === d ? null : "stretched by its header";
  const degrees = (Math.round((Math.atan2(b, a) * 180) / Math.PI) + 360) % 360;
  return `turned by ${degrees}° by its header`;
}

/** What `pasp` and `clap` of a sample entry do to a picture (ISO 14496-12, 12.1.4); null when nothing. */
function shapeEffect(entry: Uint8Array, width: number, height: number): string | null {
  const view = viewOf(entry);
  for (const { name, start, end } of boxesIn(entry, PICTURE_ENTRY_FIELDS, entry.length)) {
    const numbers = Array.from({ length: Math.floor((end - start) / 4) }, (_, i) =>
      view.getInt32(start + 4 * i),
    );
    const [n0 = 0, n1 = 0, n2 = 0, n3 = 0, acrossN = 0, , downN = 0] = numbers;
    if (name === "pasp" && n0 > 0 && n1 > 0 && n0 !== n1)
      return `made of pixels that are not square (${n0}:${n1})`;
    if (name !== "clap" || numbers.length < 8) continue;
    if (n0 !== width * n1 || n2 !== height * n3 || acrossN !== 0 || downN !== 0)
      return "to be shown only in part (clean aperture)";
  }
  return null;
}

/**
 * What a player would do to a clip's pictures, as the end of "The clip's pictures are"; null when it shows
 * them as they are stored. A film can't keep any of this: it has one header for all its clips, and Chromium
 * and Firefox use a track's first sample entry for the whole track. So clips are refused that are rotated,
 * mirrored, stretched, made of pixels that are not square, or to be shown in part. Scaling and translation
 * alone are accepted, because players fit pictures into their window.
 */
export function displayTransform({ matrices, entry, shownSize }: IndexedTrack): string | null {
  for (const matrix of matrices) {
    const effect = matrixEffect(matrix);
    if (effect) return effect;
  }
  const view = viewOf(entry);
  const [width, height] = [view.getUint16(32), view.getUint16(34)];
  const shape = shapeEffect(entry, width, height);
  if (shape) return shape;
  if (!(shownSize.width > 0 && shownSize.height > 0 && width > 0 && height > 0)) return null;
  const stretch = (shownSize.width * height) / (shownSize.height * width);
  return Math.abs(stretch - 1) > ROUNDING ? "stretched by its header" : null;
}
