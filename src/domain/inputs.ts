/**
 * What each artifact is made from, as a hash. An artifact is current while its hash
 * equals today's; editing anything upstream makes it stale, and nothing else does.
 */
import { inputHash } from "./hash.ts";
import { clipFrameRange, clipModel, clipSecondsFor } from "./models.ts";
import type { Audio, Clip, Edit, Image, Project, Prompt, Rung, Scene } from "./record.ts";

/** The song's length in whole frames of the film. */
export const songFrames = (audio: Pick<Audio, "durationSeconds">, fps: number): number =>
  Math.max(1, Math.round(audio.durationSeconds * fps));

/** Lengths of a scene in frames: what the person wishes, within what the clip model can deliver. */
export function sceneFrames(project: Pick<Project, "settings">): { minFrames: number; maxFrames: number } {
  const { fps, scenes, clipModel: name } = project.settings;
  const model = clipModel(name);
  const longest = model ? clipFrameRange(model, fps).maxFrames : Number.POSITIVE_INFINITY;
  const maxFrames = Math.min(Math.floor(scenes.maxSeconds * fps), longest);
  return { minFrames: Math.min(Math.ceil(scenes.minSeconds * fps), maxFrames), maxFrames };
}

/** Seconds of clip to buy for a scene: the shortest that the model sells and that covers its frames. */
export function clipSeconds(
  project: Pick<Project, "settings">,
  scene: Pick<Scene, "startFrame" | "endFrame">,
) {
  const model = clipModel(project.settings.clipModel);
  return model ? clipSecondsFor(model, scene.endFrame - scene.startFrame, project.settings.fps) : null;
}

export const lyricsInputs = (project: Project): string => inputHash({ audio: project.audio?.etag ?? null });

export const scenesInputs = (project: Project): string =>
  inputHash({
    frames: project.audio ? songFrames(project.audio, project.settings.fps) : 0,
    ...sceneFrames(project),
    lines: (project.lyrics?.lines ?? []).map((l) => [l.text, l.startFrame, l.endFrame]),
  });

export const promptInputs = (project: Project, scene: Scene): string =>
  inputHash({
    lyric: scene.lyricExcerpt,
    theme: scene.theme,
    energy: scene.energy,
    style: project.settings.style,
    mood: project.settings.mood,
    aspectRatio: project.settings.aspectRatio,
  });

/** A rewriting of a refused prompt: of this version, to this rung, for this purpose. */
export const softerInputs = (prompt: Prompt, rung: Rung, what: "image" | "clip"): string =>
  inputHash({ prompt: prompt.id, rung, what });

/** `take` counts the pictures of this scene that the person turned down: each asks for another. */
export const imageInputs = (project: Project, prompt: Prompt, take: number): string =>
  inputHash({
    prompt: prompt.imagePrompt,
    negative: prompt.negativePrompt,
    model: project.settings.imageModel,
    aspectRatio: project.settings.aspectRatio,
    take,
  });

export const clipInputs = (
  project: Project,
  scene: Scene,
  prompt: Prompt,
  image: Image,
  take: number,
): string =>
  inputHash({
    image: image.etag,
    motion: prompt.motionPrompt,
    negative: prompt.negativePrompt,
    model: project.settings.clipModel,
    resolution: project.settings.clipResolution,
    seconds: clipSeconds(project, scene),
    take,
  });

export const filmInputs = (project: Project, cuts: (Edit & Pick<Clip, "etag">)[]): string =>
  inputHash({
    audio: project.audio?.etag ?? null,
    name: project.name,
    cuts: cuts.map((c) => [c.etag, c.startFrame, c.endFrame]),
  });

/** Seeds are part of the inputs, so that a repeated attempt asks for the same picture. */
export const seedOf = (hash: string): number => Number.parseInt(hash.slice(0, 7), 16);

/** What a person approves: these bytes, made from these inputs. */
export const subjectHash = (asset: { etag: string | null; inputHash: string }): string =>
  `${asset.etag}:${asset.inputHash}`;
