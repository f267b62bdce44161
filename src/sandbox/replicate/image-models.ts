/**
 * Image models. Fields, ranges and defaults are from the models' own schemas (Replicate's API, 2026-04 and
 * 2026-09).
 */
import { z } from "zod";
import { type HostedModel, hosted, nullableSeed, prompt, uri, type Work } from "./model.ts";

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

const quality = z.int().min(0).max(100);
const format = z.enum(["webp", "jpg", "png"]);

interface Picture {
  prompt: string;
  seed?: number | null | undefined;
  format: "jpg" | "png" | "webp";
  quality: number;
  count?: number;
}
const pictures = (
  { prompt, seed = null, format, quality, count = 1 }: Picture,
  [width, height]: readonly [number, number],
): Work => ({ kind: "pictures", prompt, seed, format, quality, count, width, height });

/** The size of a ratio with both sides times `scale`, in Flux's steps of 16 pixels. */
const scaled = (ratio: Ratio, scale: number): readonly [number, number] => {
  const [width, height] = SIZES[ratio];
  const side = (n: number) => Math.round((n * scale) / 16) * 16;
  return [side(width), side(height)];
};

const flux1 = (maxSteps: number, steps: number) =>
  z.strictObject({
    prompt,
    aspect_ratio: z.enum(RATIOS).default("1:1"),
    num_outputs: z.int().min(1).max(4).default(1),
    num_inference_steps: z.int().min(1).max(maxSteps).default(steps),
    megapixels: z.enum(["1", "0.25"]).default("1"),
    output_format: format.default("webp"),
    output_quality: quality.default(80),
    go_fast: z.boolean().default(true),
    disable_safety_checker: z.boolean().default(false),
    seed: nullableSeed,
  });

const flux1Work = (input: z.infer<ReturnType<typeof flux1>>): Work =>
  pictures(
    {
      prompt: input.prompt,
      seed: input.seed,
      format: input.output_format,
      quality: input.output_quality,
      count: input.num_outputs,
    },
    scaled(input.aspect_ratio, input.megapixels === "0.25" ? 0.5 : 1),
  );

const PRO_RATIOS = ["1:1", "16:9", "3:2", "2:3", "4:5", "5:4", "9:16", "3:4", "4:3"] as const;
const side = (most: number, step: number) => z.int().min(256).max(most).multipleOf(step).nullish();

interface ProInput {
  prompt: string;
  aspect_ratio: string;
  width?: number | null;
  height?: number | null;
  output_format: "jpg" | "png" | "webp";
  output_quality: number;
  seed?: number | null | undefined;
}
function proWork(input: ProInput, scale = 1): Work {
  const size =
    input.aspect_ratio === "custom"
      ? ([input.width ?? 1024, input.height ?? 1024] as const)
      : scaled(RATIOS.find((r) => r === input.aspect_ratio) ?? "1:1", scale);
  return pictures({ ...input, format: input.output_format, quality: input.output_quality }, size);
}

/** Factor for both sides of the size at one megapixel. */
const MEGAPIXELS = { "0.5 MP": Math.SQRT1_2, "1 MP": 1, "2 MP": Math.SQRT2, "4 MP": 2 } as const;
const KLEIN_MEGAPIXELS = { "0.25": 0.5, "0.5": Math.SQRT1_2, "1": 1, "2": Math.SQRT2, "4": 2 } as const;

/** At 2K, as many clients state and one measured; none of the wide ones is exactly its ratio. */
const SEEDREAM_SIZES = {
  "1:1": [2048, 2048],
  "4:3": [2304, 1728],
  "3:4": [1728, 2304],
  "16:9": [2848, 1600],
  "9:16": [1600, 2848],
  "3:2": [2496, 1664],
  "2:3": [1664, 2496],
  "21:9": [3136, 1344],
} as const;
type SeedreamRatio = keyof typeof SEEDREAM_SIZES;
const SEEDREAM_RATIOS = Object.keys(SEEDREAM_SIZES) as [SeedreamRatio, ...SeedreamRatio[]];

export const IMAGE_MODELS: readonly HostedModel[] = [
  hosted("black-forest-labs/flux-schnell", "uri_list", flux1(4, 4), flux1Work),
  hosted(
    "black-forest-labs/flux-dev",
    "uri_list",
    flux1(50, 28).extend({
      image: uri.nullish(),
      prompt_strength: z.number().min(0).max(1).default(0.8),
      guidance: z.number().min(0).max(10).default(3),
    }),
    flux1Work,
  ),
  hosted(
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
      output_format: format.default("webp"),
      output_quality: quality.default(80),
      seed: nullableSeed,
    }),
    (input) => proWork(input),
  ),
  hosted(
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
      output_format: format.default("webp"),
      output_quality: quality.default(80),
      seed: z.int().optional(),
    }),
    (input) => proWork(input, input.resolution === "match_input_image" ? 1 : MEGAPIXELS[input.resolution]),
  ),
  hosted(
    "black-forest-labs/flux-2-klein-4b",
    "uri_list",
    z.strictObject({
      prompt,
      images: z.array(uri).max(5).default([]),
      aspect_ratio: z.enum([...RATIOS, "match_input_image"]).default("1:1"),
      output_megapixels: z.enum(["0.25", "0.5", "1", "2", "4"]).default("1"),
      seed: nullableSeed,
      go_fast: z.boolean().default(false),
      output_format: format.default("jpg"),
      output_quality: quality.default(95),
      disable_safety_checker: z.boolean().default(false),
    }),
    (input) =>
      pictures(
        { ...input, format: input.output_format, quality: input.output_quality },
        scaled(
          input.aspect_ratio === "match_input_image" ? "1:1" : input.aspect_ratio,
          KLEIN_MEGAPIXELS[input.output_megapixels],
        ),
      ),
  ),
  hosted(
    "bytedance/seedream-5-lite",
    "uri_list",
    z.strictObject({
      prompt,
      image_input: z.array(uri).max(14).default([]),
      size: z.enum(["2K", "3K"]).default("2K"),
      aspect_ratio: z.enum([...SEEDREAM_RATIOS, "match_input_image"]).default("match_input_image"),
      sequential_image_generation: z.enum(["disabled", "auto"]).default("disabled"),
      max_images: z.int().min(1).max(15).default(1),
      output_format: z.enum(["png", "jpeg"]).default("png"),
    }),
    (input) => {
      const ratio = input.aspect_ratio === "match_input_image" ? "1:1" : input.aspect_ratio;
      const [width, height] = SEEDREAM_SIZES[ratio];
      const scale = input.size === "3K" ? 1.5 : 1;
      return pictures(
        { prompt: input.prompt, format: input.output_format === "jpeg" ? "jpg" : "png", quality: 90 },
        [width * scale, height * scale],
      );
    },
  ),
];
