/** What is known of a clip model, and what follows from it: lengths, prices, and whose clips join whose. */
import type { AspectRatio } from "../record/record.ts";
import type { OutputKind } from "./image-models.ts";
import type { Resolution, Size } from "./sizes.ts";

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
  /** Models of one family give the same size for the same resolution and ratio, published or not. */
  family: string;
  /** Frames per second of what it delivers. */
  fps: number;
  /** Legal lengths in seconds at any of its resolutions, ascending. */
  seconds: readonly number[];
  /** The legal lengths at a resolution of its own, where they are fewer. */
  secondsAt?: ReadonlyMap<Resolution, readonly number[]>;
  /** US dollars for each second without sound where that can be had, by the resolutions that it offers, ascending. */
  usdPerSecond: ReadonlyMap<Resolution, number>;
  seed: boolean;
  negativePrompt: boolean;
  /** Whether a last frame can be given beside the first. */
  lastFrame: boolean;
  /** Whether a photoreal face in the first frame is accepted; null where nobody has told. */
  acceptsFaces: boolean | null;
  /** Of its clips: they have none, `input` switches it off, or it always comes. */
  sound: "none" | "switch" | "always";
  /** The ratios that it makes beside a first frame; null where it follows the picture, whatever its shape. */
  ratios: readonly AspectRatio[] | null;
  /** The day since which its maker runs it no more; null for one that is offered. */
  retired: string | null;
  /** Of what comes for such a wish; null where nobody publishes it. */
  size(wanted: Resolution, ratio: AspectRatio): Size | null;
  /**
   * What to send as `input`: documented fields only, the resolution fitted by `clipResolution`.
   * Throws RangeError on a length that the model does not sell.
   */
  input(request: ClipRequest): Record<string, unknown>;
}

/** The resolution that the model gives for a wish: the same, else the next above, else its best. */
export function clipResolution(model: Pick<ClipModel, "usdPerSecond">, wanted: Resolution): Resolution {
  const lines = (r: Resolution) => Number.parseInt(r, 10);
  const offered = [...model.usdPerSecond.keys()];
  return offered.find((r) => lines(r) >= lines(wanted)) ?? offered.at(-1) ?? wanted;
}

/** Legal lengths in seconds of clips of the wished resolution, ascending. */
export const clipLengths = (model: ClipModel, wanted: Resolution): readonly number[] =>
  model.secondsAt?.get(clipResolution(model, wanted)) ?? model.seconds;

/** The shortest legal clip, in seconds, that has at least `frames` frames of a film at `fps`; null where none is long enough. */
export function clipSecondsFor(
  model: ClipModel,
  frames: number,
  fps: number,
  wanted: Resolution,
): number | null {
  return clipLengths(model, wanted).find((seconds) => clipFrames(seconds, fps) >= frames) ?? null;
}

/** Lengths that the model sells, in frames of a film at `fps`, ascending. */
export const clipFrameLengths = (model: ClipModel, fps: number, wanted: Resolution): number[] =>
  clipLengths(model, wanted).map((seconds) => clipFrames(seconds, fps));

/** Frames that a clip is sure to cover. Providers often add one; only the file tells. */
const clipFrames = (seconds: number, fps: number) => Math.floor(seconds * fps + 1e-6);

/** A scene shorter than this is not offered: it would be bought almost only to be trimmed away. */
const MIN_SCENE_SECONDS = 1;

/** Lengths of scenes that the model can serve, in frames at `fps`: longer clips are trimmed, never stretched. */
export function clipFrameRange(
  model: ClipModel,
  fps: number,
  wanted: Resolution,
): { minFrames: number; maxFrames: number } {
  const longest = Math.max(...clipLengths(model, wanted));
  return { minFrames: MIN_SCENE_SECONDS * fps, maxFrames: clipFrames(longest, fps) };
}

/** `seconds` as given by `clipSecondsFor`; the price is that of the fitted resolution. */
export function clipCostUsd(model: ClipModel, seconds: number, wanted: Resolution): number {
  return seconds * (model.usdPerSecond.get(clipResolution(model, wanted)) ?? 0);
}

export const makesRatio = ({ ratios }: ClipModel, ratio: AspectRatio): boolean =>
  ratios === null || ratios.includes(ratio);

/**
 * Whether clips of `other` may stand beside those of `model` in one film, which is of one size: both sizes
 * are published and equal, or both are of one family, whatever its sizes are.
 */
export function clipsJoin(
  model: ClipModel,
  other: ClipModel,
  wanted: Resolution,
  ratio: AspectRatio,
): boolean {
  if (!makesRatio(other, ratio)) return false;
  const [size, its] = [model.size(wanted, ratio), other.size(wanted, ratio)];
  if (size && its) return size.width === its.width && size.height === its.height;
  const resolutions = [model, other].map((m) => clipResolution(m, wanted));
  return !size && !its && model.family === other.family && resolutions[0] === resolutions[1];
}
