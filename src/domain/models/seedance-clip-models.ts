/** ByteDance's clip models. */
import type { AspectRatio } from "../record/record.ts";
import { seeded } from "./image-models.ts";
import { type Listed, type Prices, prices, range } from "./listed.ts";
import { SEEDANCE_1_SIZES, SEEDANCE_2_SIZES } from "./sizes.ts";

/**
 * Seedance 1: whole seconds from 2 to 12, always 24 fps; the ratio is ignored when there is an image (A, B,
 * 2026).
 */
const seedance1 = (
  name: string,
  lastFrame: boolean,
  usdPerSecond: Prices,
  more: Pick<Listed, "retired"> = {},
): Listed => ({
  name,
  output: "uri",
  family: "seedance-1",
  fps: 24,
  seconds: range(2, 12),
  usdPerSecond,
  seed: true,
  negativePrompt: false,
  lastFrame,
  // Seedance 2's page says that it accepts none; it says nothing about Seedance 1.
  acceptsFaces: null,
  sound: "none",
  ratios: null,
  sizes: SEEDANCE_1_SIZES,
  ...more,
  input: ({ prompt, imageUrl, seconds, resolution, aspectRatio, seed }) => ({
    prompt,
    image: imageUrl,
    duration: seconds,
    resolution,
    aspect_ratio: aspectRatio,
    fps: 24,
    ...seeded(seed),
  }),
});

const SEEDANCE_2_RATIOS: readonly AspectRatio[] = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"];

/**
 * Seedance 2: A, schema of seedance-2.0 of 2026-04-23, and of its sister 2.0-fast of 2026-09-25; C that
 * mini's is the same. The schema allows lengths from -1 (the model chooses); BytePlus sells from 4 seconds
 * (B).
 */
const seedance2 = (name: string, usdPerSecond: Prices): Listed => ({
  name,
  output: "uri",
  family: "seedance-2",
  fps: 24,
  seconds: range(4, 15),
  usdPerSecond,
  seed: true,
  negativePrompt: false,
  lastFrame: true,
  // B: no real human faces in the first frame; photoreal faces made by a model are refused too (C).
  acceptsFaces: false,
  sound: "switch",
  ratios: SEEDANCE_2_RATIOS,
  sizes: SEEDANCE_2_SIZES,
  input: ({ prompt, imageUrl, seconds, resolution, aspectRatio, seed }) => ({
    prompt,
    image: imageUrl,
    duration: seconds,
    resolution,
    aspect_ratio: aspectRatio,
    generate_audio: false,
    ...seeded(seed),
  }),
});

export const SEEDANCE_2: readonly Listed[] = [
  // C, autumn of 2026.
  seedance2("bytedance/seedance-2.0-mini", prices({ "480p": 0.04, "720p": 0.09 })),
  // B, 2026-10-03. Its 4k is not offered here: it is HEVC, which our films can't contain.
  seedance2("bytedance/seedance-2.0", prices({ "480p": 0.08, "720p": 0.18, "1080p": 0.45 })),
];

export const SEEDANCE_1: readonly Listed[] = [
  // C, autumn of 2026, both; in September Replicate's pages still offered them.
  seedance1("bytedance/seedance-1-pro-fast", false, prices({ "480p": 0.015, "720p": 0.025, "1080p": 0.06 })),
  seedance1("bytedance/seedance-1-pro", true, prices({ "480p": 0.03, "720p": 0.06, "1080p": 0.15 })),
  // B, BytePlus's list of withdrawn models; since then each run at Replicate ends with E004 (C).
  seedance1("bytedance/seedance-1-lite", true, prices({ "480p": 0.018, "720p": 0.036, "1080p": 0.072 }), {
    retired: "2026-05-13",
  }),
];
