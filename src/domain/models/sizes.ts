/**
 * Sizes of the clips of each family of models, in pixels, as published by its maker or a reseller. A size
 * that is not published is left out and not guessed: clips of unknown size may not fit beside others in one
 * film.
 *
 * Source of each fact, here and beside each model: A the schema as the provider's API returned it, B the
 * vendor's page, C second hand (clients, resellers), D a guess. Nothing was measured at Replicate.
 */
import type { AspectRatio, Settings } from "../record/record.ts";

export type Resolution = Settings["clipResolution"];

export interface Size {
  width: number;
  height: number;
}

export type SizeTable = Readonly<
  Partial<Record<Resolution, Readonly<Partial<Record<AspectRatio, readonly [number, number]>>>>>
>;

/** The size in the table; null if it is not published. */
export function sizeIn(table: SizeTable, resolution: Resolution, ratio: AspectRatio): Size | null {
  const pair = table[resolution]?.[ratio];
  return pair ? { width: pair[0], height: pair[1] } : null;
}

/**
 * B: BytePlus, "create a video generation task", as of 2026-08-24. The first frame is cropped to the ratio.
 */
export const SEEDANCE_1_SIZES: SizeTable = {
  "480p": { "16:9": [864, 480], "9:16": [480, 864], "1:1": [640, 640] },
  "720p": {
    "16:9": [1248, 704],
    "9:16": [704, 1248],
    "1:1": [960, 960],
    "4:3": [1120, 832],
    "3:4": [832, 1120],
    "21:9": [1504, 640],
  },
  "1080p": {
    "16:9": [1920, 1088],
    "9:16": [1088, 1920],
    "1:1": [1440, 1440],
    "4:3": [1664, 1248],
    "3:4": [1248, 1664],
    "21:9": [2176, 928],
  },
};

/** B: the same page. */
export const SEEDANCE_2_SIZES: SizeTable = {
  "480p": { "16:9": [864, 496], "9:16": [496, 864], "1:1": [640, 640] },
  "720p": {
    "16:9": [1280, 720],
    "9:16": [720, 1280],
    "1:1": [960, 960],
    "4:3": [1112, 834],
    "3:4": [834, 1112],
    "21:9": [1470, 630],
  },
  "1080p": {
    "16:9": [1920, 1080],
    "9:16": [1080, 1920],
    "1:1": [1440, 1440],
    "4:3": [1664, 1248],
    "3:4": [1248, 1664],
    "21:9": [2206, 946],
  },
};

/** B: OpenRouter's list of video models, autumn of 2026; 480p is not in it. */
export const GROK_SIZES: SizeTable = {
  "720p": {
    "16:9": [1280, 720],
    "9:16": [720, 1280],
    "1:1": [720, 720],
    "4:3": [960, 720],
    "3:4": [720, 960],
  },
};

/**
 * A for the first frames that its schema calls ideal; D that clips have the same size. Nothing is published
 * of 1080p.
 */
export const VEO_SIZES: SizeTable = {
  "720p": { "16:9": [1280, 720], "9:16": [720, 1280] },
};

/**
 * B: Runware's page and OpenRouter's list, which differ on 1:1 (960 and 720). Nothing is published of 1080p.
 */
export const KLING_3_SIZES: SizeTable = {
  "720p": { "16:9": [1280, 720], "9:16": [720, 1280] },
};

/** For models whose clips follow the first frame; their exact sizes are not published. */
export const NO_SIZES: SizeTable = {};
