/**
 * What size of clip each family of models gives, where its maker or a reseller publishes that. What stands
 * nowhere is left out, and nothing is guessed: clips of unknown size can't be promised to join others.
 *
 * How sure a fact is, here and beside each model: A the schema as the provider's API returned it, B the
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

export function sizeIn(table: SizeTable, resolution: Resolution, ratio: AspectRatio): Size | null {
  const pair = table[resolution]?.[ratio];
  return pair ? { width: pair[0], height: pair[1] } : null;
}

/** B: BytePlus, "create a video generation task", as of 2026-08-24. The start picture is cut to the ratio. */
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

/** A as the start pictures that its schema calls ideal, D as what comes out; of 1080p nothing is published. */
export const VEO_SIZES: SizeTable = {
  "720p": { "16:9": [1280, 720], "9:16": [720, 1280] },
};

/** B: Runware's page and OpenRouter's list, which differ on 1:1 (960 and 720); of 1080p nothing is published. */
export const KLING_3_SIZES: SizeTable = {
  "720p": { "16:9": [1280, 720], "9:16": [720, 1280] },
};

/** It follows the start picture, and nobody publishes to which pixels. */
export const NO_SIZES: SizeTable = {};
