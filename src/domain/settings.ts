/**
 * What a project may be patched with, the default settings, and whether the chosen models can deliver what
 * was chosen.
 */

import {
  CLIP_MODEL_NAMES,
  clipFrameRange,
  clipModel,
  IMAGE_MODEL_NAMES,
  imageModel,
  isRetired,
  makesRatio,
  RETIRED_CLIP_MODELS,
} from "./models/models.ts";
import type { InputError } from "./record/errors.ts";
import {
  ASPECT_RATIOS,
  type AspectRatio,
  type BeatGrid,
  type Pin,
  SETTINGS,
  Settings,
} from "./record/record.ts";

/** Absent members keep their value. */
export type SettingsPatch = Partial<Omit<Settings, "scenes">> & { scenes?: Partial<Settings["scenes"]> };

/** What a person may change of a project; absent members keep their value. */
export interface ProjectChange {
  name?: string | undefined;
  settings?: SettingsPatch | undefined;
  pins?: Pin[] | undefined;
  /** Null removes the beat grid. */
  beat?: BeatGrid | null | undefined;
}

export const DEFAULT_SETTINGS: Settings = Settings.parse({});

export const mergeSettings = (base: Settings, patch: SettingsPatch): Settings => ({
  ...base,
  ...patch,
  scenes: { ...base.scenes, ...patch.scenes },
});

/** Retired ones too: older projects still name them. */
const KNOWN_CLIP_MODELS: readonly string[] = [...CLIP_MODEL_NAMES, ...RETIRED_CLIP_MODELS];
const RESOLUTIONS = SETTINGS.clipResolution.shown.options;
type Resolution = Settings["clipResolution"];

/** Seconds of the longest scene that a clip model can fill; null for an unknown model. */
function longestScene(name: string, fps: number, resolution: Resolution): number | null {
  const model = clipModel(name);
  return model ? clipFrameRange(model, fps, resolution).maxFrames / fps : null;
}

/** What a clip model delivers, as far as `settingsProblems` needs it. */
interface Deliverable {
  /** Seconds of the longest scene, by resolution. */
  longest: Record<string, number>;
  ratios: readonly AspectRatio[];
}

/** By name, for every clip model that a project may have, retired ones included. */
export const clipCapabilities = (fps: number): Record<string, Deliverable> =>
  Object.fromEntries(
    KNOWN_CLIP_MODELS.map((name) => [
      name,
      {
        longest: Object.fromEntries(RESOLUTIONS.map((r) => [r, longestScene(name, fps, r) ?? 0])),
        ratios: ASPECT_RATIOS.filter((ratio) => makes(name, ratio)),
      },
    ]),
  );

function makes(name: string, ratio: AspectRatio): boolean {
  const model = clipModel(name);
  return model !== undefined && makesRatio(model, ratio);
}

const choices = (names: readonly string[]) => `Choose one of: ${names.join(", ")}.`;

const unknown = (path: string, kind: string, name: string, names: readonly string[]): InputError => ({
  path,
  code: "unknown_model",
  message: `There is no ${kind} model ${JSON.stringify(name)}. ${choices(names)}`,
});

/** Whether a patch names a retired clip model. */
export const choosesRetired = ({ clipModel: clip, clipFallbacks = [] }: SettingsPatch): boolean =>
  [clip ?? "", ...clipFallbacks].some(isRetired);

function clipProblem(path: string, name: string, chosen: boolean): InputError | null {
  const model = clipModel(name);
  if (!model) return unknown(path, "clip", name, CLIP_MODEL_NAMES);
  if (!chosen || model.retired === null) return null;
  return {
    path,
    code: "retired_model",
    message: `The clip model ${JSON.stringify(name)} is not offered any more: its maker withdrew it on ${model.retired}. ${choices(CLIP_MODEL_NAMES)}`,
  };
}

function ratioProblem(name: string, wanted: AspectRatio): InputError | null {
  if (!clipModel(name) || makes(name, wanted)) return null;
  const ratios = ASPECT_RATIOS.filter((ratio) => makes(name, ratio)).join(", ");
  const others = CLIP_MODEL_NAMES.filter((other) => makes(other, wanted)).join(", ");
  return {
    path: "settings.aspect_ratio",
    code: "aspect_ratio_not_made",
    message: `${name} makes no clips of ${wanted}. Choose an aspect ratio that it makes (${ratios}), or a clip_model that makes ${wanted} (${others}).`,
  };
}

/**
 * Everything that is wrong with `settings`, each problem with the public path of the setting to change; empty
 * if they are valid. `chosen` is the patch they come from: a retired model may stay, but can't be chosen
 * anew.
 */
export function settingsProblems(settings: Settings, chosen: SettingsPatch): InputError[] {
  const { imageModel: image, clipModel: clip, imageFallbacks, clipFallbacks, scenes, fps } = settings;
  const longest = longestScene(clip, fps, settings.clipResolution);
  const found: (InputError | null)[] = [
    imageModel(image) ? null : unknown("settings.image_model", "image", image, IMAGE_MODEL_NAMES),
    clipProblem("settings.clip_model", clip, chosen.clipModel !== undefined),
    ...imageFallbacks.map((name, i) =>
      imageModel(name) ? null : unknown(`settings.image_fallbacks.${i}`, "image", name, IMAGE_MODEL_NAMES),
    ),
    ...clipFallbacks.map((name, i) =>
      clipProblem(`settings.clip_fallbacks.${i}`, name, chosen.clipFallbacks !== undefined),
    ),
    ratioProblem(clip, settings.aspectRatio),
    scenes.minSeconds <= scenes.maxSeconds
      ? null
      : {
          path: "settings.scenes.min_seconds",
          code: "scene_lengths",
          message: `min_seconds (${scenes.minSeconds}) must not exceed max_seconds (${scenes.maxSeconds}).`,
        },
    longest === null || scenes.maxSeconds <= longest
      ? null
      : {
          path: "settings.scenes.max_seconds",
          code: "scene_too_long",
          message: `${clip} makes clips of at most ${Number(longest.toFixed(2))} seconds, so no scene can last ${scenes.maxSeconds} seconds. Lower max_seconds, or choose another clip_model.`,
        },
  ];
  return found.filter((problem) => problem !== null);
}

/**
 * What replaces a retired clip model: the default models if they make this ratio, else the first model that
 * does.
 */
export function successorOf(ratio: AspectRatio): Pick<Settings, "clipModel" | "clipFallbacks"> {
  const { clipModel: model, clipFallbacks } = DEFAULT_SETTINGS;
  if (makes(model, ratio)) return { clipModel: model, clipFallbacks };
  return { clipModel: CLIP_MODEL_NAMES.find((name) => makes(name, ratio)) ?? model, clipFallbacks: [] };
}

/** The text of a `replaced` notice. */
export const replacedMessage = (retired: string, by: string): string =>
  `${retired} is not offered any more: clips are now made by ${by}.`;
