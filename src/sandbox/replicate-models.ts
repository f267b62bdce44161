/**
 * The models at Replicate's stand-in: what each takes and gives. Fields, ranges and defaults are from the
 * models' own schemas (replicate.com, 2026); a field that the schema does not have is refused.
 */
import { z } from "zod";

/** What is to be made; `image` and `audio` are addresses or data URIs. */
export type Work =
  | {
      kind: "pictures";
      prompt: string;
      seed: number | null;
      width: number;
      height: number;
      format: "jpg" | "png" | "webp";
      quality: number;
      count: number;
    }
  | {
      kind: "clip";
      prompt: string;
      image: string | null;
      resolution: Resolution;
      frames: number;
      fps: number;
      aspect: string;
    }
  | { kind: "words"; audio: string; aligned: boolean };
type Resolution = "480p" | "720p" | "1080p";

export interface HostedModel {
  name: string;
  /** Community models are called by version; official ones by name, and show "hidden". */
  version: string | null;
  output: "uri" | "uri_list" | "json";
  schema: z.ZodType;
  read(input: unknown): { ok: true; work: Work } | { ok: false; error: z.ZodError };
}

function model<S extends z.ZodType>(
  name: string,
  output: HostedModel["output"],
  schema: S,
  work: (input: z.infer<S>) => Work,
  version: string | null = null,
): HostedModel {
  return {
    name,
    version,
    output,
    schema,
    read(input) {
      const parsed = schema.safeParse(input);
      return parsed.success ? { ok: true, work: work(parsed.data) } : { ok: false, error: parsed.error };
    },
  };
}

/** One megapixel in each ratio, as Flux delivers it. */
const SIZES = {
  "1:1": [1024, 1024],
  "16:9": [1344, 768],
  "21:9": [1536, 640],
  "3:2": [1216, 832],
  "2:3": [832, 1216],
  "4:5": [896, 1088],
  "5:4": [1088, 896],
  "3:4": [896, 1152],
  "4:3": [1152, 896],
  "9:16": [768, 1344],
  "9:21": [640, 1536],
} as const;
type Ratio = keyof typeof SIZES;
const RATIOS = Object.keys(SIZES) as [Ratio, ...Ratio[]];

const seed = z.int().nullish();
const quality = z.int().min(0).max(100);
const format = z.enum(["webp", "jpg", "png"]).default("webp");
const prompt = z.string();
/** An address or a data URI. */
const uri = z.union([z.url({ protocol: /^https?$/ }), z.string().startsWith("data:")]);

const flux1 = (maxSteps: number, steps: number) =>
  z.strictObject({
    prompt,
    aspect_ratio: z.enum(RATIOS).default("1:1"),
    num_outputs: z.int().min(1).max(4).default(1),
    num_inference_steps: z.int().min(1).max(maxSteps).default(steps),
    megapixels: z.enum(["1", "0.25"]).default("1"),
    output_format: format,
    output_quality: quality.default(80),
    go_fast: z.boolean().default(true),
    disable_safety_checker: z.boolean().default(false),
    seed,
  });
type Flux1 = z.infer<ReturnType<typeof flux1>>;

function flux1Work(input: Flux1): Work {
  const [width, height] = SIZES[input.aspect_ratio];
  const share = input.megapixels === "0.25" ? 2 : 1;
  return {
    kind: "pictures",
    prompt: input.prompt,
    seed: input.seed ?? null,
    width: width / share,
    height: height / share,
    format: input.output_format,
    quality: input.output_quality,
    count: input.num_outputs,
  };
}

const PRO_RATIOS = ["1:1", "16:9", "3:2", "2:3", "4:5", "5:4", "9:16", "3:4", "4:3"] as const;
const side = (most: number, step: number) => z.int().min(256).max(most).multipleOf(step).nullish();

interface ProInput {
  prompt: string;
  aspect_ratio: string;
  width?: number | null;
  height?: number | null;
  output_format: "jpg" | "png" | "webp";
  output_quality: number;
  seed?: number | null;
}
function proWork(input: ProInput, scale = 1): Work {
  const custom =
    input.aspect_ratio === "custom" ? ([input.width ?? 1024, input.height ?? 1024] as const) : null;
  const known = RATIOS.find((r) => r === input.aspect_ratio);
  const [width, height] =
    custom ?? (known ? SIZES[known] : SIZES["1:1"]).map((n) => Math.round((n * scale) / 16) * 16);
  return {
    kind: "pictures",
    prompt: input.prompt,
    seed: input.seed ?? null,
    width: width ?? 1024,
    height: height ?? 1024,
    format: input.output_format,
    quality: input.output_quality,
    count: 1,
  };
}

const MEGAPIXELS = { "0.5 MP": Math.SQRT1_2, "1 MP": 1, "2 MP": Math.SQRT2, "4 MP": 2 } as const;

const CLIP_RATIOS = z.enum(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "9:21"]).default("16:9");
const RESOLUTIONS = ["480p", "720p", "1080p"] as const;

const seedance = (resolution: Resolution) =>
  z
    .strictObject({
      prompt,
      image: uri.nullish(),
      last_frame_image: uri.nullish(),
      duration: z.int().min(2).max(12).default(5),
      resolution: z.enum(RESOLUTIONS).default(resolution),
      aspect_ratio: CLIP_RATIOS,
      fps: z.literal(24).default(24),
      camera_fixed: z.boolean().default(false),
      seed,
    })
    .refine((i) => !i.last_frame_image || i.image, {
      path: ["last_frame_image"],
      message: "last_frame_image needs image",
    });
type Seedance = z.infer<ReturnType<typeof seedance>>;

const seedanceWork = (input: Seedance): Work => ({
  kind: "clip",
  prompt: input.camera_fixed ? `static camera; ${input.prompt}` : input.prompt,
  image: input.image ?? null,
  resolution: input.resolution,
  frames: input.duration * 24,
  fps: 24,
  aspect: input.aspect_ratio,
});

/** "bytedance/seedance-1-pro-fast" has no last frame. */
const seedanceFast = z.strictObject(seedance("1080p").shape).omit({ last_frame_image: true });

const kling = z
  .strictObject({
    prompt,
    start_image: uri,
    end_image: uri.nullish(),
    negative_prompt: z.string().default(""),
    duration: z.union([z.literal(5), z.literal(10)]).default(5),
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
  seed,
});

const whisperx = z.strictObject({
  audio_file: uri,
  language: z.string().nullish(),
  language_detection_min_prob: z.number().default(0),
  language_detection_max_tries: z.int().default(5),
  initial_prompt: z.string().nullish(),
  batch_size: z.int().default(64),
  temperature: z.number().default(0),
  vad_onset: z.number().default(0.5),
  vad_offset: z.number().default(0.363),
  align_output: z.boolean().default(false),
  diarization: z.boolean().default(false),
  huggingface_access_token: z.string().nullish(),
  min_speakers: z.int().nullish(),
  max_speakers: z.int().nullish(),
  debug: z.boolean().default(false),
});

const HOSTED_MODELS: readonly HostedModel[] = [
  model("black-forest-labs/flux-schnell", "uri_list", flux1(4, 4), flux1Work),
  model(
    "black-forest-labs/flux-dev",
    "uri_list",
    flux1(50, 28).extend({
      image: uri.nullish(),
      prompt_strength: z.number().min(0).max(1).default(0.8),
      guidance: z.number().min(0).max(10).default(3),
    }),
    flux1Work,
  ),
  model(
    "black-forest-labs/flux-1.1-pro",
    "uri",
    z.strictObject({
      prompt,
      aspect_ratio: z.enum([...PRO_RATIOS, "custom"]).default("1:1"),
      width: side(1440, 32),
      height: side(1440, 32),
      image_prompt: uri.nullish(),
      safety_tolerance: z.int().min(1).max(6).default(2),
      prompt_upsampling: z.boolean().default(false),
      output_format: format,
      output_quality: quality.default(80),
      seed,
    }),
    (input) => proWork(input),
  ),
  model(
    "black-forest-labs/flux-2-pro",
    "uri",
    z.strictObject({
      prompt,
      input_images: z.array(uri).max(8).default([]),
      aspect_ratio: z.enum([...PRO_RATIOS, "custom", "match_input_image"]).default("1:1"),
      resolution: z.enum(["0.5 MP", "1 MP", "2 MP", "4 MP", "match_input_image"]).default("1 MP"),
      width: side(2048, 16),
      height: side(2048, 16),
      safety_tolerance: z.int().min(1).max(5).default(2),
      output_format: format,
      output_quality: quality.default(80),
      seed,
    }),
    (input) => proWork(input, input.resolution === "match_input_image" ? 1 : MEGAPIXELS[input.resolution]),
  ),
  model("bytedance/seedance-1-lite", "uri", seedance("720p"), seedanceWork),
  model("bytedance/seedance-1-pro", "uri", seedance("1080p"), seedanceWork),
  model("bytedance/seedance-1-pro-fast", "uri", seedanceFast, (input) => seedanceWork(input)),
  model("kwaivgi/kling-v2.1", "uri", kling, (input) => ({
    kind: "clip",
    prompt: input.prompt,
    image: input.start_image,
    resolution: input.mode === "pro" ? "1080p" : "720p",
    frames: input.duration * 24,
    fps: 24,
    aspect: "16:9",
  })),
  model("wan-video/wan-2.2-i2v-fast", "uri", wan, (input) => ({
    kind: "clip",
    prompt: input.prompt,
    image: input.image,
    resolution: input.resolution,
    frames: input.num_frames,
    fps: input.frames_per_second,
    aspect: "16:9",
  })),
  model(
    "victor-upmeet/whisperx",
    "json",
    whisperx,
    (input) => ({ kind: "words", audio: input.audio_file, aligned: input.align_output }),
    "84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb",
  ),
];

export const byName = (name: string): HostedModel | undefined => HOSTED_MODELS.find((m) => m.name === name);

/** `64hex`, `owner/name:64hex`, or `owner/name` of an official model. */
export function byVersion(reference: string): HostedModel | undefined {
  const [name, version] = reference.includes("/") ? reference.split(":") : [undefined, reference];
  if (version === undefined) return HOSTED_MODELS.find((m) => m.name === name && m.version === null);
  return HOSTED_MODELS.find((m) => m.version === version && (name === undefined || m.name === name));
}
