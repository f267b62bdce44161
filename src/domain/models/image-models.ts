/** The table of image models: what each takes and costs. */
import type { AspectRatio } from "../record/record.ts";

/** Form of a prediction's `output`: one URL, or a list of URLs. */
export type OutputKind = "uri" | "uri_list";

interface ImageRequest {
  prompt: string;
  negativePrompt: string;
  aspectRatio: AspectRatio;
  /** A whole number from 0; null for a random image. */
  seed: number | null;
}

export interface ImageModel {
  /** `owner/name` at Replicate. */
  name: string;
  output: OutputKind;
  /** US dollars for one image. */
  usdPerImage(aspectRatio: AspectRatio): number;
  seed: boolean;
  negativePrompt: boolean;
  /** The `input` of an order: documented fields only. */
  input(request: ImageRequest): Record<string, unknown>;
}

/** JPEG, because all clip models read it, but not all read WebP (Flux's default). */
const JPEG = { output_format: "jpg", output_quality: 95 };
export const seeded = (seed: number | null) => (seed === null ? {} : { seed });

const flux1 = (name: string, usdPerImage: number): ImageModel => ({
  name,
  output: "uri_list",
  usdPerImage: () => usdPerImage,
  seed: true,
  negativePrompt: false,
  input: ({ prompt, aspectRatio, seed }) => ({
    prompt,
    aspect_ratio: aspectRatio,
    num_outputs: 1,
    ...JPEG,
    ...seeded(seed),
  }),
});

/**
 * Sizes of exactly the ratio, in the steps of 16 that its schema asks for. Clip models cut or stretch an
 * image of another shape, or make clips of another size from it.
 */
const FLUX_2_SIZES: Readonly<Record<AspectRatio, readonly [number, number]>> = {
  "16:9": [1280, 720],
  "9:16": [720, 1280],
  "1:1": [960, 960],
  "4:3": [1152, 864],
  "3:4": [864, 1152],
  "21:9": [1680, 720],
};

/** It is not published whether a part of a megapixel is charged as a whole one; assumed so. */
const startedMegapixels = ([width, height]: readonly [number, number]) => Math.ceil((width * height) / 1e6);

const IMAGE_MODELS: readonly ImageModel[] = [
  {
    name: "black-forest-labs/flux-2-pro",
    output: "uri",
    // B, 2026-09-25: $0.015 a run and $0.015 for each megapixel that comes out.
    usdPerImage: (aspectRatio) => 0.015 + 0.015 * startedMegapixels(FLUX_2_SIZES[aspectRatio]),
    // A, schema of 2026-09-25: the seed may be left out and may not be null; 21:9 is no listed ratio.
    seed: true,
    negativePrompt: false,
    input: ({ prompt, aspectRatio, seed }) => {
      const [width, height] = FLUX_2_SIZES[aspectRatio];
      return { prompt, aspect_ratio: "custom", width, height, ...JPEG, ...seeded(seed) };
    },
  },
  {
    name: "bytedance/seedream-5-lite",
    output: "uri_list",
    // C, May 2026.
    usdPerImage: () => 0.035,
    // A, schema of 2026-09-25: no seed, and JPEG is spelled in full. Without a ratio it follows an input
    // image.
    seed: false,
    negativePrompt: false,
    input: ({ prompt, aspectRatio }) => ({
      prompt,
      size: "2K",
      aspect_ratio: aspectRatio,
      output_format: "jpeg",
    }),
  },
  {
    name: "black-forest-labs/flux-2-klein-4b",
    output: "uri_list",
    // B, 2026-09-25: by the megapixel.
    usdPerImage: () => 0.001,
    // A, schema of 2026-09-25.
    seed: true,
    negativePrompt: false,
    input: ({ prompt, aspectRatio, seed }) => ({
      prompt,
      aspect_ratio: aspectRatio,
      output_megapixels: "1",
      ...JPEG,
      ...seeded(seed),
    }),
  },
  // B, 2026-09-25: $0.003 and $0.025 an image.
  flux1("black-forest-labs/flux-schnell", 0.003),
  flux1("black-forest-labs/flux-dev", 0.025),
  {
    name: "black-forest-labs/flux-1.1-pro",
    output: "uri",
    // B, August 2026.
    usdPerImage: () => 0.04,
    seed: true,
    negativePrompt: false,
    input: ({ prompt, aspectRatio, seed }) => ({
      prompt,
      // It does not list 21:9, and takes sizes in steps of 32.
      ...(aspectRatio === "21:9"
        ? { aspect_ratio: "custom", width: 1344, height: 576 }
        : { aspect_ratio: aspectRatio }),
      ...JPEG,
      ...seeded(seed),
    }),
  },
];

export const IMAGE_MODEL_NAMES: readonly string[] = IMAGE_MODELS.map((m) => m.name);

export const imageModel = (name: string): ImageModel | undefined => IMAGE_MODELS.find((m) => m.name === name);

export const imageCostUsd = (model: ImageModel, aspectRatio: AspectRatio): number =>
  model.usdPerImage(aspectRatio);
