/**
 * The clip models of Replicate's stand-in whose clips of 16:9 at 720p have 1280×720 pixels. Fields,
 * ranges and defaults are from the models' own schemas (Replicate's API, 2026-04 and 2026-09); those of
 * seedance-2.0-mini and veo-3.1-lite are second hand. Sizes: Seedance's are BytePlus's (page of 2026-08-24),
 * those of the others at 720p OpenRouter's and Google's; those that are marked as guesses are not published.
 */
import { z } from "zod";
import {
  clip,
  lastNeedsFirst,
  RESOLUTIONS,
  type Resolution,
  SEEDANCE_RATIOS,
  type Sizes,
  shapeIn,
} from "./clip-model.ts";
import { type HostedModel, hosted, nullableSeed, prompt, uri, type Work } from "./model.ts";

const GROK_SIZES: Readonly<Record<"480p" | "720p", Sizes>> = {
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

const grok = z.strictObject({
  prompt,
  image: uri.nullish(),
  video: uri.nullish(),
  duration: z.int().min(1).max(15).default(5),
  resolution: z.enum(["720p", "480p"]).default("720p"),
  aspect_ratio: z.enum(["auto", "16:9", "4:3", "1:1", "9:16", "3:4", "3:2", "2:3"]).default("auto"),
});

const VEO_SIZES: Readonly<Record<"720p" | "1080p", Sizes>> = {
  "720p": { "16:9": [1280, 720], "9:16": [720, 1280] },
  // Guesses.
  "1080p": { "16:9": [1920, 1080], "9:16": [1080, 1920] },
};

const veo = z.strictObject({
  prompt,
  image: uri.nullish(),
  last_frame: uri.nullish(),
  duration: z.literal([4, 6, 8]).default(8),
  resolution: z.enum(["720p", "1080p"]).default("1080p"),
  aspect_ratio: z.enum(["16:9", "9:16"]).default("16:9"),
  seed: z.int().optional(),
});
const veoFast = veo.extend({
  generate_audio: z.boolean().default(true),
  negative_prompt: z.string().nullish(),
});
const veoLite = veo.refine((i) => i.resolution === "720p" || i.duration === 8, {
  path: ["duration"],
  message: "1080p is only available with a duration of 8 seconds",
});
const veoWork = (input: z.infer<typeof veo>, sound: boolean): Work =>
  clip({
    prompt: input.prompt,
    image: input.image ?? null,
    shape: shapeIn(VEO_SIZES[input.resolution], input.aspect_ratio),
    aspect: input.aspect_ratio,
    frames: input.duration * 24,
    fps: 24,
    sound,
  });

const SEEDANCE_2_SIZES: Readonly<Record<Resolution, Sizes>> = {
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

const seedance2 = (resolutions: readonly Resolution[]) =>
  z
    .strictObject({
      prompt,
      image: uri.nullish(),
      last_frame_image: uri.nullish(),
      reference_images: z.array(uri).max(9).default([]),
      reference_videos: z.array(uri).max(3).default([]),
      reference_audios: z.array(uri).max(3).default([]),
      duration: z.int().min(-1).max(15).default(5),
      resolution: z.enum(resolutions).default("720p"),
      aspect_ratio: z.enum([...SEEDANCE_RATIOS, "adaptive"]).default("16:9"),
      generate_audio: z.boolean().default(true),
      seed: nullableSeed,
    })
    .refine((i) => !i.last_frame_image || i.image, lastNeedsFirst)
    .refine((i) => i.reference_images.length === 0 || !(i.image || i.last_frame_image), {
      path: ["reference_images"],
      message: "reference_images cannot be combined with image or last_frame_image",
    })
    // BytePlus sells from 4 seconds, whatever the schema says.
    .refine((i) => i.duration === -1 || i.duration >= 4, {
      path: ["duration"],
      message: "duration must be -1 or between 4 and 15",
    });

const seedance2Work = (input: z.infer<ReturnType<typeof seedance2>>): Work =>
  clip({
    prompt: input.prompt,
    image: input.image ?? null,
    shape: shapeIn(SEEDANCE_2_SIZES[input.resolution], input.aspect_ratio),
    aspect: input.aspect_ratio === "adaptive" ? "16:9" : input.aspect_ratio,
    // One frame more than was asked for: a run of 2.5 was billed for 121 frames of 5 seconds.
    frames: (input.duration === -1 ? 5 : input.duration) * 24 + 1,
    fps: 24,
    sound: input.generate_audio,
  });

const KLING_LINES = { standard: 720, pro: 1080, "4k": 2160 } as const;
const kling3 = z.strictObject({
  prompt: prompt.max(2500),
  negative_prompt: z.string().max(2500).default(""),
  start_image: uri.nullish(),
  end_image: uri.nullish(),
  mode: z.enum(["standard", "pro", "4k"]).default("pro"),
  aspect_ratio: z.enum(["16:9", "9:16", "1:1"]).default("16:9"),
  duration: z.int().min(3).max(15).default(5),
  generate_audio: z.boolean().default(false),
  multi_prompt: z.string().nullish(),
});

export const HD_CLIP_MODELS: readonly HostedModel[] = [
  hosted("xai/grok-imagine-video", "uri", grok, (input) =>
    clip({
      prompt: input.prompt,
      image: input.image ?? null,
      shape: shapeIn(GROK_SIZES[input.resolution], input.aspect_ratio),
      aspect: input.aspect_ratio === "auto" ? "16:9" : input.aspect_ratio,
      frames: input.duration * 24,
      fps: 24,
      sound: true,
    }),
  ),
  hosted("google/veo-3.1-lite", "uri", veoLite, (input) => veoWork(input, true)),
  hosted("google/veo-3.1-fast", "uri", veoFast, (input) => veoWork(input, input.generate_audio)),
  hosted("bytedance/seedance-2.0-mini", "uri", seedance2(["480p", "720p"]), seedance2Work),
  hosted("bytedance/seedance-2.0", "uri", seedance2(RESOLUTIONS), seedance2Work),
  hosted("kwaivgi/kling-v3-video", "uri", kling3, (input) =>
    clip({
      prompt: input.prompt,
      image: input.start_image ?? null,
      shape: { kind: "picture", lines: KLING_LINES[input.mode] },
      aspect: input.aspect_ratio,
      frames: input.duration * 30,
      fps: 30,
      sound: input.generate_audio,
    }),
  ),
];
