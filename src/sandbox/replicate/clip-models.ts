/**
 * Clip models. Fields, ranges and defaults are from the models' own schemas (Replicate's API, 2026-04 and
 * 2026-09); those of seedance-2.0-mini, veo-3.1-lite and p-video are second hand.
 */
import { z } from "zod";
import { GROK, type Resolution, SEEDANCE_1, SEEDANCE_2, shapeIn, VEO } from "./clip-sizes.ts";
import { type HostedModel, hosted, nullableSeed, prompt, uri, type Work } from "./model.ts";

const clip = (work: Omit<Extract<Work, { kind: "clip" }>, "kind">): Work => ({ kind: "clip", ...work });

const RESOLUTIONS = ["480p", "720p", "1080p"] as const;
const RATIOS = ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "9:21"] as const;

const lastNeedsFirst = {
  path: ["last_frame_image"],
  message: "last_frame_image needs image",
};

const seedance1 = (resolution: Resolution) =>
  z
    .strictObject({
      prompt,
      image: uri.nullish(),
      last_frame_image: uri.nullish(),
      duration: z.int().min(2).max(12).default(5),
      resolution: z.enum(RESOLUTIONS).default(resolution),
      aspect_ratio: z.enum(RATIOS).default("16:9"),
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
    shape: { kind: "nearest", sizes: SEEDANCE_1[input.resolution] },
    aspect: input.aspect_ratio,
    frames: input.duration * 24,
    fps: 24,
    sound: false,
  });

/** "bytedance/seedance-1-pro-fast" has no last frame. */
const seedance1Fast = z.strictObject(seedance1("1080p").shape).omit({ last_frame_image: true });

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
      aspect_ratio: z.enum([...RATIOS, "adaptive"]).default("16:9"),
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
    shape: shapeIn(SEEDANCE_2[input.resolution], input.aspect_ratio),
    aspect: input.aspect_ratio === "adaptive" ? "16:9" : input.aspect_ratio,
    // One frame more than was asked for: a run of 2.5 was billed for 121 frames of 5 seconds.
    frames: (input.duration === -1 ? 5 : input.duration) * 24 + 1,
    fps: 24,
    sound: input.generate_audio,
  });

const grok = z.strictObject({
  prompt,
  image: uri.nullish(),
  video: uri.nullish(),
  duration: z.int().min(1).max(15).default(5),
  resolution: z.enum(["720p", "480p"]).default("720p"),
  aspect_ratio: z.enum(["auto", "16:9", "4:3", "1:1", "9:16", "3:4", "3:2", "2:3"]).default("auto"),
});

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
    shape: shapeIn(VEO[input.resolution], input.aspect_ratio),
    aspect: input.aspect_ratio,
    frames: input.duration * 24,
    fps: 24,
    sound,
  });

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

/**
 * The image's shape, with as many lines as the resolution is named for: the exact sizes are not published.
 */
const follows = (resolution: Resolution) =>
  ({ kind: "picture", lines: Number.parseInt(resolution, 10) }) as const;

export const CLIP_MODELS: readonly HostedModel[] = [
  hosted("xai/grok-imagine-video", "uri", grok, (input) =>
    clip({
      prompt: input.prompt,
      image: input.image ?? null,
      shape: shapeIn(GROK[input.resolution], input.aspect_ratio),
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
