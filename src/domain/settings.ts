/** What a person may wish for, and whether the chosen models can deliver it. */
import type { OperationError } from "./errors.ts";
import { CLIP_MODEL_NAMES, clipFrameRange, clipModel, IMAGE_MODEL_NAMES, imageModel } from "./models.ts";
import { type BeatGrid, type Pin, Settings } from "./record.ts";

/** Members that are absent keep their value. */
export type SettingsPatch = Partial<Omit<Settings, "scenes">> & { scenes?: Partial<Settings["scenes"]> };

/** What a person may change of a project; absent members keep their value. */
export interface ProjectChange {
  name?: string | undefined;
  settings?: SettingsPatch | undefined;
  pins?: Pin[] | undefined;
  /** Null: the song has none, as far as is known. */
  beat?: BeatGrid | null | undefined;
}

export const DEFAULT_SETTINGS: Settings = Settings.parse({});

export const mergeSettings = (base: Settings, patch: SettingsPatch): Settings => ({
  ...base,
  ...patch,
  scenes: { ...base.scenes, ...patch.scenes },
});

/** The longest scene, in seconds, that a clip model can fill; null for a model that does not exist. */
function longestScene(name: string, fps: number): number | null {
  const model = clipModel(name);
  return model ? clipFrameRange(model, fps).maxFrames / fps : null;
}

/** The same for every clip model, by its name. */
export const longestScenes = (fps: number): Record<string, number> =>
  Object.fromEntries(
    CLIP_MODEL_NAMES.flatMap((name) => {
      const seconds = longestScene(name, fps);
      return seconds === null ? [] : [[name, seconds]];
    }),
  );

const unknown = (path: string, kind: string, name: string, names: readonly string[]) => ({
  path,
  code: "unknown_model",
  message: `There is no ${kind} model ${JSON.stringify(name)}. Choose one of: ${names.join(", ")}.`,
});

/** Everything that is wrong with settings, each with the public path of what to change; empty where they hold. */
export function settingsProblems(settings: Settings): NonNullable<OperationError["errors"]> {
  const { imageModel: image, clipModel: clip, imageFallbacks, clipFallbacks, scenes, fps } = settings;
  const longest = longestScene(clip, fps);
  return [
    imageModel(image) ? null : unknown("settings.image_model", "image", image, IMAGE_MODEL_NAMES),
    longest !== null ? null : unknown("settings.clip_model", "clip", clip, CLIP_MODEL_NAMES),
    ...imageFallbacks.map((name, i) =>
      imageModel(name) ? null : unknown(`settings.image_fallbacks.${i}`, "image", name, IMAGE_MODEL_NAMES),
    ),
    ...clipFallbacks.map((name, i) =>
      clipModel(name) ? null : unknown(`settings.clip_fallbacks.${i}`, "clip", name, CLIP_MODEL_NAMES),
    ),
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
          message: `${clip} makes clips of at most ${Number(longest.toFixed(2))} seconds, so no scene can last ${scenes.maxSeconds}. Lower max_seconds, or choose another clip_model.`,
        },
  ].filter((problem) => problem !== null);
}
