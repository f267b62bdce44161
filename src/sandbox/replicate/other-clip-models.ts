/**
 * The other clip models of Replicate's stand-in. Fields, ranges and defaults are from the models' own
 * schemas (Replicate's API, 2026-04 and 2026-09); those of p-video are second hand. Seedance's sizes are
 * BytePlus's (page of 2026-08-24); those that are marked as guesses are not published.
 */
import { z } from "zod";
import type { Pixels } from "../studio/clip-size.ts";
import {
  clip,
  follows,
  lastNeedsFirst,
  RESOLUTIONS,
  type Resolution,
  SEEDANCE_RATIOS,
} from "./clip-model.ts";
import { type HostedModel, hosted, nullableSeed, prompt, uri, type Work } from "./model.ts";

const SEEDANCE_1_SIZES: Readonly<Record<Resolution, readonly Pixels[]>> = {
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

const seedance1 = (resolution: Resolution) =>
  z
    .strictObject({
      prompt,
      image: uri.nullish(),
      last_frame_image: uri.nullish(),
      duration: z.int().min(2).max(12).default(5),
      resolution: z.enum(RESOLUTIONS).default(resolution),
      aspect_ratio: z.enum(SEEDANCE_RATIOS).default("16:9"),
      fps: z.literal(24).default(24),
      camera_fixed: z.boolean().default(false),
      seed: nullableSeed,
    })
    .refine((i) => !i.last_frame_image || i.image, lastNeedsFirst);

/** With an image the ratio is ignored: the size nearest to the image's shape is taken. */
const seedance1Work = (input: z.infer<ReturnType<typeof seedance1>>): Work =>
  clip({
    prompt: input.camera_fixed ? `static camera; ${input.prompt}` : input.prompt,
    image: input.image ?? null,
    shape: { kind: "nearest", sizes: SEEDANCE_1_SIZES[input.resolution] },
    aspect: input.aspect_ratio,
    frames: input.duration * 24,
    fps: 24,
    sound: false,
  });

/** "bytedance/seedance-1-pro-fast" has no last frame. */
const seedance1Fast = z.strictObject(seedance1("1080p").shape).omit({ last_frame_image: true });

const pVideo = z.strictObject({
  prompt,
  image: uri.nullish(),
  last_frame_image: uri.nullish(),
  audio: uri.nullish(),
  duration: z.int().min(1).max(20).default(5),
  resolution: z.enum(["720p", "1080p"]).default("720p"),
  fps: z.literal([24, 48]).default(24),
  aspect_ratio: z.enum(["16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "1:1"]).default("16:9"),
  draft: z.boolean().default(false),
  save_audio: z.boolean().default(true),
  prompt_upsampling: z.boolean().default(true),
  disable_safety_filter: z.boolean().default(true),
  seed: nullableSeed,
});

const KLING_LINES = { standard: 720, pro: 1080 } as const;
const kling2 = z
  .strictObject({
    prompt,
    start_image: uri,
    end_image: uri.nullish(),
    negative_prompt: z.string().default(""),
    duration: z.literal([5, 10]).default(5),
    mode: z.enum(["standard", "pro"]).default("standard"),
  })
  .refine((i) => !i.end_image || i.mode === "pro", {
    path: ["end_image"],
    message: "end_image needs mode pro",
  });

const wan = z.strictObject({
  prompt,
  image: uri,
  last_image: uri.nullish(),
  num_frames: z.int().min(81).max(121).default(81),
  frames_per_second: z.int().min(5).max(30).default(16),
  resolution: z.enum(["480p", "720p"]).default("480p"),
  interpolate_output: z.boolean().default(false),
  go_fast: z.boolean().default(true),
  sample_shift: z.number().min(1).max(20).default(12),
  disable_safety_checker: z.boolean().default(false),
  seed: nullableSeed,
});

export const OTHER_CLIP_MODELS: readonly HostedModel[] = [
  hosted("bytedance/seedance-1-pro", "uri", seedance1("1080p"), seedance1Work),
  hosted("bytedance/seedance-1-pro-fast", "uri", seedance1Fast, seedance1Work),
  hosted("bytedance/seedance-1-lite", "uri", seedance1("720p"), seedance1Work, { dead: true }),
  hosted("prunaai/p-video", "uri", pVideo, (input) =>
    clip({
      prompt: input.prompt,
      image: input.image ?? null,
      shape: follows(input.resolution),
      aspect: input.aspect_ratio,
      frames: input.duration * input.fps,
      fps: input.fps,
      sound: input.save_audio,
    }),
  ),
  hosted("kwaivgi/kling-v2.1", "uri", kling2, (input) =>
    clip({
      prompt: input.prompt,
      image: input.start_image,
      shape: { kind: "picture", lines: KLING_LINES[input.mode] },
      aspect: "16:9",
      frames: input.duration * 24,
      fps: 24,
      sound: false,
    }),
  ),
  hosted("wan-video/wan-2.2-i2v-fast", "uri", wan, (input) =>
    clip({
      prompt: input.prompt,
      image: input.image,
      shape: follows(input.resolution),
      aspect: "16:9",
      frames: input.num_frames,
      fps: input.frames_per_second,
      sound: false,
    }),
  ),
];
