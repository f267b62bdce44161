/**
 * The sizes of clips, in pixels. Seedance's are BytePlus's (page of 2026-08-24), those of the others at 720p
 * OpenRouter's and Google's. Those that are marked as guesses are not published.
 */
import type { Pixels, Shape } from "../studio/clip-size.ts";

export type Resolution = "480p" | "720p" | "1080p";
type Sizes = Readonly<Record<string, Pixels>>;

export const SEEDANCE_1: Readonly<Record<Resolution, readonly Pixels[]>> = {
  "480p": [
    [864, 480],
    [480, 864],
    [640, 640],
    // Guesses.
    [736, 544],
    [544, 736],
    [960, 416],
    [416, 960],
  ],
  "720p": [
    [1248, 704],
    [704, 1248],
    [960, 960],
    [1120, 832],
    [832, 1120],
    [1504, 640],
    [640, 1504],
  ],
  "1080p": [
    [1920, 1088],
    [1088, 1920],
    [1440, 1440],
    [1664, 1248],
    [1248, 1664],
    [2176, 928],
    [928, 2176],
  ],
};

export const SEEDANCE_2: Readonly<Record<Resolution, Sizes>> = {
  "480p": {
    "16:9": [864, 496],
    "9:16": [496, 864],
    "1:1": [640, 640],
    // Guesses.
    "4:3": [752, 560],
    "3:4": [560, 752],
    "21:9": [992, 432],
    "9:21": [432, 992],
  },
  "720p": {
    "16:9": [1280, 720],
    "9:16": [720, 1280],
    "1:1": [960, 960],
    "4:3": [1112, 834],
    "3:4": [834, 1112],
    "21:9": [1470, 630],
    // A guess: 21:9, turned.
    "9:21": [630, 1470],
  },
  "1080p": {
    "16:9": [1920, 1080],
    "9:16": [1080, 1920],
    "1:1": [1440, 1440],
    "4:3": [1664, 1248],
    "3:4": [1248, 1664],
    "21:9": [2206, 946],
    "9:21": [946, 2206],
  },
};

export const GROK: Readonly<Record<"480p" | "720p", Sizes>> = {
  // Guesses: 480 lines, even.
  "480p": {
    "16:9": [854, 480],
    "9:16": [480, 854],
    "1:1": [480, 480],
    "4:3": [640, 480],
    "3:4": [480, 640],
    "3:2": [720, 480],
    "2:3": [480, 720],
  },
  "720p": {
    "16:9": [1280, 720],
    "9:16": [720, 1280],
    "1:1": [720, 720],
    "4:3": [960, 720],
    "3:4": [720, 960],
    "3:2": [1080, 720],
    "2:3": [720, 1080],
  },
};

export const VEO: Readonly<Record<"720p" | "1080p", Sizes>> = {
  "720p": { "16:9": [1280, 720], "9:16": [720, 1280] },
  // Guesses.
  "1080p": { "16:9": [1920, 1080], "9:16": [1080, 1920] },
};

/** The size of `ratio`; for `auto` and `adaptive`, the size nearest to the image's shape. */
export function shapeIn(sizes: Sizes, ratio: string): Shape {
  const pixels = sizes[ratio];
  return pixels ? { kind: "exact", pixels } : { kind: "nearest", sizes: Object.values(sizes) };
}
