/**
 * The clip models whose clips of 16:9 at 720p have 1280×720 pixels, as published: those of one can join those
 * of another in a film.
 */
import { seeded } from "./image-models.ts";
import { type Listed, type Prices, prices, range } from "./listed.ts";
import type { SizeTable } from "./sizes.ts";

/** What both Veo models have in common. */
const VEO = {
  output: "uri",
  family: "veo-3.1",
  // B of Veo 3; one client's table says 30.
  fps: 24,
  seconds: [4, 6, 8],
  seed: true,
  lastFrame: true,
  // C: photoreal faces in one film's runs, autumn of 2026.
  acceptsFaces: true,
  ratios: ["16:9", "9:16"],
  // A for the first frames that its schema calls ideal; D that clips have the same size. Nothing is published
  // of 1080p.
  sizes: { "720p": { "16:9": [1280, 720], "9:16": [720, 1280] } },
} as const;

/**
 * B: BytePlus, "create a video generation task", as of 2026-08-24. The first frame is cropped to the ratio.
 */
const SEEDANCE_2_SIZES: SizeTable = {
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
  ratios: ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"],
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

/** In the order in which they are offered. */
export const HD_CLIP_MODELS: readonly Listed[] = [
  {
    name: "xai/grok-imagine-video",
    output: "uri",
    family: "grok-imagine",
    // B: OpenRouter's description.
    fps: 24,
    seconds: range(1, 15),
    // C, 2026-10-08, the same at both; another source says $0.07.
    usdPerSecond: prices({ "480p": 0.05, "720p": 0.05 }),
    // A, schema of 2026-04-23: no seed, and no switch for the sound, which every clip has (C).
    seed: false,
    negativePrompt: false,
    lastFrame: false,
    acceptsFaces: null,
    sound: "always",
    ratios: ["16:9", "9:16", "1:1", "4:3", "3:4"],
    // B: OpenRouter's list of video models, autumn of 2026; 480p is not in it.
    sizes: {
      "720p": {
        "16:9": [1280, 720],
        "9:16": [720, 1280],
        "1:1": [720, 720],
        "4:3": [960, 720],
        "3:4": [720, 960],
      },
    },
    input: ({ prompt, imageUrl, seconds, resolution, aspectRatio }) => ({
      prompt,
      image: imageUrl,
      duration: seconds,
      resolution,
      // By default it follows the image, whose ratio may be a little off.
      aspect_ratio: aspectRatio,
    }),
  },
  {
    ...VEO,
    name: "google/veo-3.1-lite",
    // C, autumn of 2026: at 1080p it makes only 8 seconds, and there is no switch for the sound.
    secondsAt: new Map([["1080p", [8]]]),
    sound: "always",
    negativePrompt: false,
    // C, 2026-08-24.
    usdPerSecond: prices({ "720p": 0.05, "1080p": 0.08 }),
    input: ({ prompt, imageUrl, seconds, resolution, aspectRatio, seed }) => ({
      prompt,
      image: imageUrl,
      duration: seconds,
      resolution,
      aspect_ratio: aspectRatio,
      ...seeded(seed),
    }),
  },
  {
    ...VEO,
    name: "google/veo-3.1-fast",
    // A, schema of 2026-04-23.
    sound: "switch",
    negativePrompt: true,
    // B, 2026-10-03, without sound.
    usdPerSecond: prices({ "720p": 0.1, "1080p": 0.1 }),
    input: ({ prompt, negativePrompt, imageUrl, seconds, resolution, aspectRatio, seed }) => ({
      prompt,
      negative_prompt: negativePrompt,
      image: imageUrl,
      duration: seconds,
      resolution,
      aspect_ratio: aspectRatio,
      generate_audio: false,
      ...seeded(seed),
    }),
  },
  // C, autumn of 2026.
  seedance2("bytedance/seedance-2.0-mini", prices({ "480p": 0.04, "720p": 0.09 })),
  // B, 2026-10-03. Its 4k is not offered here: it is HEVC, which our films can't contain.
  seedance2("bytedance/seedance-2.0", prices({ "480p": 0.08, "720p": 0.18, "1080p": 0.45 })),
  {
    name: "kwaivgi/kling-v3-video",
    output: "uri",
    family: "kling-v3",
    // C: one client's table; older notes say 24.
    fps: 30,
    seconds: range(3, 15),
    // B, 2026-09-25, without sound: mode `standard` is 720p, `pro` 1080p. Another source says half of it.
    usdPerSecond: prices({ "720p": 0.168, "1080p": 0.224 }),
    // A, schema of 2026-09-25: no seed, and the ratio is ignored when there is an image.
    seed: false,
    negativePrompt: true,
    lastFrame: true,
    // C: of its sister v3-omni.
    acceptsFaces: true,
    sound: "switch",
    ratios: null,
    // B: Runware's page and OpenRouter's list, which differ on 1:1 (960 and 720). Nothing is published of
    // 1080p.
    sizes: { "720p": { "16:9": [1280, 720], "9:16": [720, 1280] } },
    input: ({ prompt, negativePrompt, imageUrl, seconds, resolution }) => ({
      prompt,
      negative_prompt: negativePrompt,
      start_image: imageUrl,
      duration: seconds,
      mode: resolution === "1080p" ? "pro" : "standard",
      generate_audio: false,
    }),
  },
];
