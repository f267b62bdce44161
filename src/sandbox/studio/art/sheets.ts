/** Planes painted once onto sheets, and sheets put before a camera frame by frame. */
import { type Canvas, createCanvas } from "@napi-rs/canvas";
import type { View } from "../camera.ts";
import { type Brush, type Frame, type Plane, swayed } from "./plane.ts";

/**
 * Frees a frame's memory at once. The garbage collector does not count it: gigabytes pile up before it runs,
 * and new memory costs ten times as much time as the copy.
 */
export function release(pixels: Buffer): void {
  if (pixels.buffer instanceof ArrayBuffer) pixels.buffer.transfer(0);
}

/** Planes this near to each other move as one. */
const SAME_DEPTH = 0.13;

export interface Sheet {
  depth: number;
  plane: Plane | null;
  picture: Canvas | null;
  /** Where the picture's corner stands in the frame. */
  left: number;
  top: number;
}

/** The part of `picture` that has any paint; a sheet is mostly empty, and each frame pays for its area. */
function trimmed(picture: Canvas): { picture: Canvas; left: number; top: number } | null {
  const { width, height } = picture;
  const bytes = picture.data();
  const pixels = new Uint32Array(bytes.buffer, bytes.byteOffset, width * height);
  let [left, right, top, bottom] = [width, -1, -1, -1];
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width);
    const first = row.findIndex((p) => p !== 0);
    if (first < 0) continue;
    if (top < 0) top = y;
    bottom = y;
    left = Math.min(left, first);
    right = Math.max(
      right,
      row.findLastIndex((p) => p !== 0),
    );
  }
  release(bytes);
  if (right < 0) return null;
  if (right - left > width * 0.9 && bottom - top > height * 0.9) return { picture, left: 0, top: 0 };
  const own = createCanvas(right - left + 3, bottom - top + 3);
  own.getContext("2d").drawImage(picture, 1 - left, 1 - top);
  return { picture: own, left: left - 1, top: top - 1 };
}

/** Paints what stands still once, planes of like depth on one sheet; what moves by itself stays apart. */
export function sheetsOf(planes: readonly Plane[], frame: Frame): Sheet[] {
  const groups: { depth: number; plane: Plane | null; painters: Plane[]; live: boolean }[] = [];
  for (const plane of planes) {
    const apart = plane.sway !== undefined || plane.light === true;
    const last = groups.at(-1);
    const joins =
      last && !apart && !last.live && last.plane === null && Math.abs(last.depth - plane.depth) <= SAME_DEPTH;
    if (plane.paint && joins) last.painters.push(plane);
    else if (plane.paint)
      groups.push({ depth: plane.depth, plane: apart ? plane : null, painters: [plane], live: false });
    if (plane.live) groups.push({ depth: plane.depth, plane, painters: [], live: true });
  }
  return groups.flatMap(({ depth, plane, painters, live }): Sheet[] => {
    if (live) return [{ depth, plane, picture: null, left: 0, top: 0 }];
    const whole = createCanvas(frame.width + frame.bleed * 2, frame.height + frame.bleed * 2);
    const brush = whole.getContext("2d");
    brush.translate(frame.bleed, frame.bleed);
    for (const painter of painters) {
      brush.save();
      painter.paint?.(brush, frame);
      brush.restore();
    }
    const cut = trimmed(whole);
    return cut
      ? [{ depth, plane, picture: cut.picture, left: cut.left - frame.bleed, top: cut.top - frame.bleed }]
      : [];
  });
}

/** Paints one frame: each sheet as the camera sees it at its depth, `seconds` from the start. */
export function expose(
  brush: Brush,
  sheets: readonly Sheet[],
  frame: Frame,
  view: (depth: number) => View,
  seconds: number,
): void {
  for (const sheet of sheets) {
    const { scale, x, y } = view(sheet.depth);
    brush.save();
    brush.translate(frame.width / 2 + x, frame.height * 0.48 + y);
    brush.scale(scale, scale);
    brush.translate(-frame.width / 2, -frame.height * 0.48);
    if (sheet.picture) {
      const sway = sheet.plane?.sway?.(seconds) ?? {};
      swayed(brush, frame, sway);
      brush.globalAlpha = sway.opacity ?? 1;
      if (sheet.plane?.light) brush.globalCompositeOperation = "screen";
      brush.drawImage(sheet.picture, sheet.left, sheet.top);
    } else {
      sheet.plane?.live?.(brush, frame, seconds);
    }
    brush.restore();
  }
}
