/** The clip models whose clips of 16:9 at 720p have another size than 1280×720, or one that is not published. */
import { seeded } from "./image-models.ts";
import { type Listed, type Prices, prices, range } from "./listed.ts";
import type { SizeTable } from "./sizes.ts";

/**
 * B: BytePlus, "create a video generation task", as of 2026-08-24. The first frame is cropped to the ratio.
 */
const SEEDANCE_1_SIZES: SizeTable = {
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

/** Wan 2.2 counts frames, 81 to 121, and bills each as a sixteenth of a second. */
const WAN_FPS = 24;
const wanFrames = range(81, 121);
/** About $0.05 (480p) and $0.11 (720p) for 81 frames, in dollars for a second at our 24 fps. */
const wanPrice = (usd: number) => (usd / 81) * WAN_FPS;

/** In the order in which they are offered. */
export const OTHER_CLIP_MODELS: readonly Listed[] = [
  // C, autumn of 2026, both; in September Replicate's pages still offered them.
  seedance1("bytedance/seedance-1-pro-fast", false, prices({ "480p": 0.015, "720p": 0.025, "1080p": 0.06 })),
  seedance1("bytedance/seedance-1-pro", true, prices({ "480p": 0.03, "720p": 0.06, "1080p": 0.15 })),
  // B, BytePlus's list of withdrawn models; since then each run at Replicate ends with E004 (C).
  seedance1("bytedance/seedance-1-lite", true, prices({ "480p": 0.018, "720p": 0.036, "1080p": 0.072 }), {
    retired: "2026-05-13",
  }),
  {
    name: "prunaai/p-video",
    output: "uri",
    family: "p-video",
    fps: 24,
    seconds: range(1, 20),
    // B, 2026-10-03.
    usdPerSecond: prices({ "720p": 0.02, "1080p": 0.04 }),
    // A, model record of September 2026. The ratio is ignored when there is an image.
    seed: true,
    negativePrompt: false,
    lastFrame: true,
    acceptsFaces: null,
    sound: "switch",
    ratios: null,
    sizes: {},
    input: ({ prompt, imageUrl, seconds, resolution, seed }) => ({
      prompt,
      image: imageUrl,
      duration: seconds,
      resolution,
      fps: 24,
      save_audio: false,
      // Both are on by default: they would rewrite the prompt and switch the safety filter off.
      prompt_upsampling: false,
      disable_safety_filter: false,
      ...seeded(seed),
    }),
  },
  {
    name: "kwaivgi/kling-v2.1",
    output: "uri",
    family: "kling-v2",
    // A: its schema of 2026-04-23, which has no seed.
    fps: 24,
    seconds: [5, 10],
    // C: about these prices. Mode `standard` is 720p and `pro` 1080p.
    usdPerSecond: prices({ "720p": 0.05, "1080p": 0.09 }),
    seed: false,
    negativePrompt: true,
    lastFrame: true,
    acceptsFaces: null,
    sound: "none",
    ratios: null,
    sizes: {},
    input: ({ prompt, negativePrompt, imageUrl, seconds, resolution }) => ({
      prompt,
      negative_prompt: negativePrompt,
      start_image: imageUrl,
      duration: seconds,
      mode: resolution === "1080p" ? "pro" : "standard",
    }),
  },
  {
    name: "wan-video/wan-2.2-i2v-fast",
    output: "uri",
    family: "wan-2.2",
    // It is made for 16 fps and accepts 5 to 30. At the film's rate its clips can join the others.
    fps: WAN_FPS,
    seconds: wanFrames.map((frames) => frames / WAN_FPS),
    usdPerSecond: prices({ "480p": wanPrice(0.05), "720p": wanPrice(0.11) }),
    seed: true,
    negativePrompt: false,
    lastFrame: true,
    acceptsFaces: null,
    sound: "none",
    ratios: null,
    sizes: {},
    input: ({ prompt, imageUrl, seconds, resolution, seed }) => ({
      prompt,
      image: imageUrl,
      num_frames: Math.round(seconds * WAN_FPS),
      frames_per_second: WAN_FPS,
      resolution,
      ...seeded(seed),
    }),
  },
];
