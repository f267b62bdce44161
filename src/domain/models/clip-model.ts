/**
 * What is known of a clip model, and what follows from it: lengths, prices, and which models' clips can join
 * in one film.
 */
import type { AspectRatio } from "../record/record.ts";
import type { OutputKind } from "./image-models.ts";
import type { Resolution, Size } from "./sizes.ts";

interface ClipRequest {
  prompt: string;
  negativePrompt: string;
  /** The first frame, at an https address whose path ends in the file's extension. */
  imageUrl: string;
  /** A length that the model sells: see `clipSecondsFor`. */
  seconds: number;
  resolution: Resolution;
  aspectRatio: AspectRatio;
  seed: number | null;
}

export interface ClipModel {
  name: string;
  output: OutputKind;
  /** Models of one family make clips of the same size at the same resolution and ratio, published or not. */
  family: string;
  /** Frames per second of its clips. */
  fps: number;
  /** Lengths that it sells, in seconds, at any of its resolutions; ascending. */
  seconds: readonly number[];
  /** By resolution, where fewer lengths are sold at it. */
  secondsAt?: ReadonlyMap<Resolution, readonly number[]>;
  /**
   * US dollars a second, without sound where that is possible, by the resolutions that it offers, ascending.
   */
  usdPerSecond: ReadonlyMap<Resolution, number>;
  seed: boolean;
  negativePrompt: boolean;
  /** Whether a last frame can be given beside the first. */
  lastFrame: boolean;
  /** Whether a photoreal face in the first frame is accepted; null if that is not known. */
  acceptsFaces: boolean | null;
  /** Sound of its clips: there is none, `input` switches it off, or it can't be switched off. */
  sound: "none" | "switch" | "always";
  /** The aspect ratios that it makes from a first frame; null if a clip has the ratio of its first frame. */
  ratios: readonly AspectRatio[] | null;
  /** The day on which its maker withdrew it; null for a model that is offered. */
  retired: string | null;
  /** Size in pixels of the clips at this resolution and ratio; null if it is not published. */
  size(wanted: Resolution, ratio: AspectRatio): Size | null;
  /**
   * The `input` of an order: documented fields only, with the resolution that `clipResolution` gives.
   * Throws RangeError for a length that the model does not sell.
   */
  input(request: ClipRequest): Record<string, unknown>;
}

/**
 * The resolution that the model makes for the wanted one: the same, else the next higher, else its highest.
 */
export function clipResolution(model: Pick<ClipModel, "usdPerSecond">, wanted: Resolution): Resolution {
  const lines = (r: Resolution) => Number.parseInt(r, 10);
  const offered = [...model.usdPerSecond.keys()];
  return offered.find((r) => lines(r) >= lines(wanted)) ?? offered.at(-1) ?? wanted;
}

/** Lengths that the model sells at the wanted resolution, in seconds, ascending. */
export const clipLengths = (model: ClipModel, wanted: Resolution): readonly number[] =>
  model.secondsAt?.get(clipResolution(model, wanted)) ?? model.seconds;

/**
 * Seconds of the shortest clip that covers `frames` frames of a film at `fps`; null if none is long enough.
 */
export function clipSecondsFor(
  model: ClipModel,
  frames: number,
  fps: number,
  wanted: Resolution,
): number | null {
  return clipLengths(model, wanted).find((seconds) => clipFrames(seconds, fps) >= frames) ?? null;
}

/** Lengths that the model sells at the wanted resolution, in frames of a film at `fps`, ascending. */
export const clipFrameLengths = (model: ClipModel, fps: number, wanted: Resolution): number[] =>
  clipLengths(model, wanted).map((seconds) => clipFrames(seconds, fps));

/** Frames that a clip covers for certain. Providers often add one, which shows only in the file. */
const clipFrames = (seconds: number, fps: number) => Math.floor(seconds * fps + 1e-6);

/** Shorter scenes are not offered: most of their clip would be trimmed away. */
const MIN_SCENE_SECONDS = 1;

/**
 * Shortest and longest scene that the model can fill by itself, in frames at `fps`; a longer clip is trimmed.
 */
export function clipFrameRange(
  model: ClipModel,
  fps: number,
  wanted: Resolution,
): { minFrames: number; maxFrames: number } {
  const longest = Math.max(...clipLengths(model, wanted));
  return { minFrames: MIN_SCENE_SECONDS * fps, maxFrames: clipFrames(longest, fps) };
}

/**
 * Price in US dollars of a clip of `seconds` (see `clipSecondsFor`), at the resolution that `clipResolution`
 * gives.
 */
export function clipCostUsd(model: ClipModel, seconds: number, wanted: Resolution): number {
  return seconds * (model.usdPerSecond.get(clipResolution(model, wanted)) ?? 0);
}

export const makesRatio = ({ ratios }: ClipModel, ratio: AspectRatio): boolean =>
  ratios === null || ratios.includes(ratio);

/**
 * Whether clips of `other` can join those of `model` in one film, whose clips all have one size: either both
 * sizes are published and equal, or neither is published and both models are of one family, at the same
 * resolution.
 */
export function clipsJoin(
  model: ClipModel,
  other: ClipModel,
  wanted: Resolution,
  ratio: AspectRatio,
): boolean {
  if (!makesRatio(other, ratio)) return false;
  const [size, otherSize] = [model.size(wanted, ratio), other.size(wanted, ratio)];
  if (size && otherSize) return size.width === otherSize.width && size.height === otherSize.height;
  const resolutions = [model, other].map((m) => clipResolution(m, wanted));
  return !size && !otherSize && model.family === other.family && resolutions[0] === resolutions[1];
}
