/** The clip models of xAI, Google, Kuaishou, Pruna and Alibaba. */
import { seeded } from "./image-models.ts";
import { type Listed, prices, range } from "./listed.ts";
import { GROK_SIZES, KLING_3_SIZES, NO_SIZES, VEO_SIZES } from "./sizes.ts";

export const GROK: Listed = {
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
  sizes: GROK_SIZES,
  input: ({ prompt, imageUrl, seconds, resolution, aspectRatio }) => ({
    prompt,
    image: imageUrl,
    duration: seconds,
    resolution,
    // By default it follows the image, whose ratio may be a little off.
    aspect_ratio: aspectRatio,
  }),
};

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
  sizes: VEO_SIZES,
} as const;

export const VEO_3: readonly Listed[] = [
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
];

export const KLING_3: Listed = {
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
  sizes: KLING_3_SIZES,
  input: ({ prompt, negativePrompt, imageUrl, seconds, resolution }) => ({
    prompt,
    negative_prompt: negativePrompt,
    start_image: imageUrl,
    duration: seconds,
    mode: resolution === "1080p" ? "pro" : "standard",
    generate_audio: false,
  }),
};

export const KLING_2: Listed = {
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
  sizes: NO_SIZES,
  input: ({ prompt, negativePrompt, imageUrl, seconds, resolution }) => ({
    prompt,
    negative_prompt: negativePrompt,
    start_image: imageUrl,
    duration: seconds,
    mode: resolution === "1080p" ? "pro" : "standard",
  }),
};

export const P_VIDEO: Listed = {
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
  sizes: NO_SIZES,
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
};

/** Wan 2.2 counts frames, 81 to 121, and bills each as a sixteenth of a second. */
const WAN_FPS = 24;
const wanFrames = range(81, 121);
/** About $0.05 (480p) and $0.11 (720p) for 81 frames, in dollars for a second at our 24 fps. */
const wanPrice = (usd: number) => (usd / 81) * WAN_FPS;

export const WAN_2: Listed = {
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
  sizes: NO_SIZES,
  input: ({ prompt, imageUrl, seconds, resolution, seed }) => ({
    prompt,
    image: imageUrl,
    num_frames: Math.round(seconds * WAN_FPS),
    frames_per_second: WAN_FPS,
    resolution,
    ...seeded(seed),
  }),
};
