/** What the lists of clip models have in common. */
import type { Pixels, Shape } from "../studio/clip-size.ts";
import type { Work } from "./model.ts";

export const clip = (work: Omit<Extract<Work, { kind: "clip" }>, "kind">): Work => ({
  kind: "clip",
  ...work,
});

export const RESOLUTIONS = ["480p", "720p", "1080p"] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** Sizes of clips, in pixels, by ratio. */
export type Sizes = Readonly<Record<string, Pixels>>;

/** The size of `ratio`; for `auto` and `adaptive`, the size nearest to the image's shape. */
export function shapeIn(sizes: Sizes, ratio: string): Shape {
  const pixels = sizes[ratio];
  return pixels ? { kind: "exact", pixels } : { kind: "nearest", sizes: Object.values(sizes) };
}

/**
 * The image's shape, with as many lines as the resolution is named for: the exact sizes are not published.
 */
export const follows = (resolution: Resolution) =>
  ({ kind: "picture", lines: Number.parseInt(resolution, 10) }) as const;

/** The ratios that both Seedances list. */
export const SEEDANCE_RATIOS = ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "9:21"] as const;

export const lastNeedsFirst = {
  path: ["last_frame_image"],
  message: "last_frame_image needs image",
};
