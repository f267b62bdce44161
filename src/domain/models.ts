/**
 * The models that images and clips are bought from: what each takes, delivers and costs.
 * Facts are from each model's schema and page at replicate.com as read in 2026; a price
 * marked "about" was only seen second hand.
 */
import type { AspectRatio, Settings } from "./record.ts";

export type Resolution = Settings["clipResolution"];

/** What a prediction's `output` is: one address, or a list of them. */
type OutputKind = "uri" | "uri_list";

interface ImageRequest {
  prompt: string;
  negativePrompt: string;
  aspectRatio: AspectRatio;
  /** A whole number from 0; null for a random picture. */
  seed: number | null;
}

export interface ImageModel {
  /** `owner/name` at Replicate. */
  name: string;
  output: OutputKind;
  /** US dollars for one image of about one megapixel. */
  usdPerImage: number;
  seed: boolean;
  negativePrompt: boolean;
  /** What to send as `input`: documented fields only. */
  input(request: ImageRequest): Record<string, unknown>;
}

interface ClipRequest {
  prompt: string;
  negativePrompt: string;
  /** The first frame, at an https address whose path ends in the file's extension. */
  imageUrl: string;
  /** One of the model's legal lengths: see `clipSecondsFor`. */
  seconds: number;
  resolution: Resolution;
  aspectRatio: AspectRatio;
  seed: number | null;
}

export interface ClipModel {
  name: string;
  output: OutputKind;
  /** Frames per second of what it delivers. */
  fps: number;
  /** Legal lengths in seconds, ascending. */
  seconds: readonly number[];
  /** US dollars for each second, by the resolutions that it offers, ascending. */
  usdPerSecond: ReadonlyMap<Resolution, number>;
  seed: boolean;
  negativePrompt: boolean;
  /** Whether a last frame can be given beside the first. */
  lastFrame: boolean;
  /** Whether a photoreal face in the first frame is accepted; null where nobody has told. */
  acceptsFaces: boolean | null;
  /**
   * What to send as `input`: documented fields only, the resolution fitted by `clipResolution`.
   * Throws RangeError on a length that the model does not sell.
   */
  input(request: ClipRequest): Record<string, unknown>;
}

/** JPEG, because the clip models read it and webp (Flux's default) not everywhere. */
const JPEG = { output_format: "jpg", output_quality: 95 };
const seeded = (seed: number | null) => (seed === null ? {} : { seed });

/** Flux 1.1 pro and 2 pro do not list 21:9; both take sizes in multiples of 32. */
const proRatio = (aspectRatio: AspectRatio) =>
  aspectRatio === "21:9"
    ? { aspect_ratio: "custom", width: 1344, height: 576 }
    : { aspect_ratio: aspectRatio };

const flux1 = (name: string, usdPerImage: number): ImageModel => ({
  name,
  output: "uri_list",
  usdPerImage,
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

const IMAGE_MODELS: readonly ImageModel[] = [
  // $0.003 an image.
  flux1("black-forest-labs/flux-schnell", 0.003),
  // About $0.025 an image.
  flux1("black-forest-labs/flux-dev", 0.025),
  {
    name: "black-forest-labs/flux-1.1-pro",
    output: "uri",
    usdPerImage: 0.04,
    seed: true,
    negativePrompt: false,
    input: ({ prompt, aspectRatio, seed }) => ({
      prompt,
      ...proRatio(aspectRatio),
      ...JPEG,
      ...seeded(seed),
    }),
  },
  {
    name: "black-forest-labs/flux-2-pro",
    output: "uri",
    // $0.015 a run and $0.015 for each megapixel that comes out.
    usdPerImage: 0.03,
    seed: true,
    negativePrompt: false,
    input: ({ prompt, aspectRatio, seed }) => ({
      prompt,
      ...proRatio(aspectRatio),
      ...(aspectRatio === "21:9" ? {} : { resolution: "1 MP" }),
      ...JPEG,
      ...seeded(seed),
    }),
  },
];

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Seedance 1: whole seconds from 2 to 12, always 24 fps; the ratio is ignored beside an image. */
const seedance1 = (
  name: string,
  lastFrame: boolean,
  usdPerSecond: ReadonlyMap<Resolution, number>,
): ClipModel => ({
  name,
  output: "uri",
  fps: 24,
  seconds: range(2, 12),
  usdPerSecond,
  seed: true,
  negativePrompt: false,
  lastFrame,
  // Seedance 2 refuses them; of Seedance 1 nothing is known.
  acceptsFaces: null,
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

const CLIP_MODELS: readonly ClipModel[] = (
  [
    // About these prices, all three.
    seedance1(
      "bytedance/seedance-1-lite",
      true,
      new Map([
        ["480p", 0.018],
        ["720p", 0.036],
        ["1080p", 0.072],
      ]),
    ),
    seedance1(
      "bytedance/seedance-1-pro",
      true,
      new Map([
        ["480p", 0.03],
        ["720p", 0.06],
        ["1080p", 0.15],
      ]),
    ),
    seedance1(
      "bytedance/seedance-1-pro-fast",
      false,
      new Map([
        ["480p", 0.015],
        ["720p", 0.025],
        ["1080p", 0.06],
      ]),
    ),
    {
      name: "kwaivgi/kling-v2.1",
      output: "uri",
      fps: 24,
      seconds: [5, 10],
      // About these prices. Mode `standard` is 720p and `pro` 1080p; the ratio is the image's.
      usdPerSecond: new Map([
        ["720p", 0.05],
        ["1080p", 0.09],
      ]),
      // Its schema has no seed.
      seed: false,
      negativePrompt: true,
      lastFrame: true,
      acceptsFaces: null,
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
      // It draws for 16 fps and plays at 5 to 30: at the film's own rate its clips join the others.
      fps: WAN_FPS,
      seconds: wanFrames.map((frames) => frames / WAN_FPS),
      usdPerSecond: new Map([
        ["480p", wanPrice(0.05)],
        ["720p", wanPrice(0.11)],
      ]),
      seed: true,
      negativePrompt: false,
      lastFrame: true,
      acceptsFaces: null,
      input: ({ prompt, imageUrl, seconds, resolution, seed }) => ({
        prompt,
        image: imageUrl,
        num_frames: Math.round(seconds * WAN_FPS),
        frames_per_second: WAN_FPS,
        resolution,
        ...seeded(seed),
      }),
    },
  ] satisfies ClipModel[]
).map(checked);

export const IMAGE_MODEL_NAMES: readonly string[] = IMAGE_MODELS.map((m) => m.name);
export const CLIP_MODEL_NAMES: readonly string[] = CLIP_MODELS.map((m) => m.name);

export const imageModel = (name: string): ImageModel | undefined => IMAGE_MODELS.find((m) => m.name === name);
export const clipModel = (name: string): ClipModel | undefined => CLIP_MODELS.find((m) => m.name === name);

function checked(model: ClipModel): ClipModel {
  return {
    ...model,
    input(request) {
      if (!model.seconds.includes(request.seconds)) {
        throw new RangeError(`${model.name} makes no clips of ${request.seconds} seconds`);
      }
      return model.input({ ...request, resolution: clipResolution(model, request.resolution) });
    },
  };
}

/** The resolution that the model gives for a wish: the same, else the next above, else its best. */
export function clipResolution(model: ClipModel, wanted: Resolution): Resolution {
  const lines = (r: Resolution) => Number.parseInt(r, 10);
  const offered = [...model.usdPerSecond.keys()];
  return offered.find((r) => lines(r) >= lines(wanted)) ?? offered.at(-1) ?? wanted;
}

/** The shortest legal clip, in seconds, that has at least `frames` frames of a film at `fps`; null where none is long enough. */
export function clipSecondsFor(model: ClipModel, frames: number, fps: number): number | null {
  return model.seconds.find((seconds) => clipFrames(seconds, fps) >= frames) ?? null;
}

/** Lengths that the model sells, in frames of a film at `fps`, ascending. */
export const clipFrameLengths = (model: ClipModel, fps: number): number[] =>
  model.seconds.map((seconds) => clipFrames(seconds, fps));

/** Frames that a clip is sure to cover. Providers often add one; only the file tells. */
const clipFrames = (seconds: number, fps: number) => Math.floor(seconds * fps + 1e-6);

/** A scene shorter than this is not offered: it would be bought almost only to be trimmed away. */
const MIN_SCENE_SECONDS = 1;

/** Lengths of scenes that the model can serve, in frames at `fps`: longer clips are trimmed, never stretched. */
export function clipFrameRange(model: ClipModel, fps: number): { minFrames: number; maxFrames: number } {
  return { minFrames: MIN_SCENE_SECONDS * fps, maxFrames: clipFrames(Math.max(...model.seconds), fps) };
}

export const imageCostUsd = (model: ImageModel): number => model.usdPerImage;

/** `seconds` as given by `clipSecondsFor`; the price is that of the fitted resolution. */
export function clipCostUsd(model: ClipModel, seconds: number, resolution: Resolution): number {
  return seconds * (model.usdPerSecond.get(clipResolution(model, resolution)) ?? 0);
}
