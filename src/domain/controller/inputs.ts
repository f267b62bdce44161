/**
 * What each artifact is made from, as a hash. An artifact is current while its hash
 * equals today's; editing anything upstream makes it stale, and nothing else does.
 */

import { clipFrameRange, clipModel, clipSecondsFor } from "../models/models.ts";
import { inputHash } from "../record/hash.ts";
import type {
  Audio,
  Clip,
  EditListEntry,
  Image,
  Lyrics,
  Project,
  Prompt,
  Scene,
  SofteningLevel,
} from "../record/record.ts";

/** The song's length in whole frames of the film. */
export const songFrames = (audio: Pick<Audio, "durationSeconds">, fps: number): number =>
  Math.max(1, Math.round(audio.durationSeconds * fps));

/** Lengths of a scene in frames: what the person wishes, within what the clip model can deliver. */
export function sceneFrames(project: Pick<Project, "settings">): { minFrames: number; maxFrames: number } {
  const { fps, scenes, clipModel: name, clipResolution } = project.settings;
  const model = clipModel(name);
  const longest = model ? clipFrameRange(model, fps, clipResolution).maxFrames : Number.POSITIVE_INFINITY;
  const maxFrames = Math.min(Math.floor(scenes.maxSeconds * fps), longest);
  return { minFrames: Math.min(Math.ceil(scenes.minSeconds * fps), maxFrames), maxFrames };
}

/** Seconds of clip to buy for so many frames of film: the shortest that the model sells and that covers them. */
export function clipSeconds({ settings }: Pick<Project, "settings">, frames: number): number | null {
  const model = clipModel(settings.clipModel);
  return model ? clipSecondsFor(model, frames, settings.fps, settings.clipResolution) : null;
}

/** Whether the lyrics are those that the file carries, with their times. */
export const takesEmbeddedLyrics = ({ settings, audio }: Pick<Project, "settings" | "audio">): boolean =>
  settings.embeddedLyrics &&
  (audio?.embeddedLyrics?.lines.some((line) => line.startSeconds !== null) ?? false);

export const lyricsInputs = (project: Project): string =>
  inputHash({
    audio: project.audio?.etag ?? null,
    ...(takesEmbeddedLyrics(project) ? { embedded: true } : {}),
  });

const linesOf = (lyrics: Lyrics | null) =>
  (lyrics?.lines ?? []).map((l) => [l.text, l.startFrame, l.endFrame]);

/** What a person tapped; an estimate is made on the way to the scenes, and is no reason to make them again. */
const tapped = ({ beat }: Project) =>
  beat?.source === "tapped"
    ? { beat: [beat.bpm, beat.offsetSeconds, beat.beatsPerBar, beat.confidence] }
    : {};

export const scenesInputs = (project: Project): string =>
  inputHash({
    frames: project.audio ? songFrames(project.audio, project.settings.fps) : 0,
    ...sceneFrames(project),
    lines: linesOf(project.lyrics),
    ...(project.pins.length > 0 ? { pins: project.pins } : {}),
    ...(project.retiming ? { follow: project.audio?.etag } : {}),
    ...tapped(project),
  });

/** What the director goes by: the same lyrics can be cut anew without asking again. */
export const proposalInputs = (project: Pick<Project, "lyrics" | "settings">): string =>
  inputHash({ lines: linesOf(project.lyrics), ...sceneFrames(project) });

/** Whether scenes can't be made from what is already known, so that the director must be asked. */
export const needsDirector = (project: Project, scenes: readonly Scene[]): boolean =>
  !(project.retiming && scenes.length > 0) && project.proposal?.inputHash !== proposalInputs(project);

export const promptInputs = (project: Project, scene: Scene): string =>
  inputHash({
    lyric: scene.lyricExcerpt,
    theme: scene.theme,
    energy: scene.energy,
    style: project.settings.style,
    mood: project.settings.mood,
    aspectRatio: project.settings.aspectRatio,
  });

/** A rewriting of a refused prompt: of this version, to this softeningLevel, for this purpose. */
export const softerInputs = (
  prompt: Prompt,
  softeningLevel: SofteningLevel,
  what: "image" | "clip",
): string => inputHash({ prompt: prompt.id, softeningLevel, what });

/** `take` counts the pictures of this scene that the person turned down: each asks for another. */
export const imageInputs = (project: Project, prompt: Prompt, take: number): string =>
  inputHash({
    prompt: prompt.imagePrompt,
    negative: prompt.negativePrompt,
    model: project.settings.imageModel,
    aspectRatio: project.settings.aspectRatio,
    take,
  });

/**
 * `seconds` of clip are bought; `variant` names the scene that shows another clip of a picture that is not its own.
 */
export const clipInputs = (
  project: Project,
  {
    prompt,
    image,
    take,
    seconds,
    variant,
  }: {
    prompt: Prompt;
    image: Image;
    take: number;
    seconds: number | null;
    variant?: string | undefined;
  },
): string =>
  inputHash({
    image: image.etag,
    motion: prompt.motionPrompt,
    negative: prompt.negativePrompt,
    model: project.settings.clipModel,
    resolution: project.settings.clipResolution,
    seconds,
    take,
    ...(variant === undefined ? {} : { variant }),
  });

export const filmInputs = (project: Project, cuts: (EditListEntry & Pick<Clip, "etag">)[]): string =>
  inputHash({
    audio: project.audio?.etag ?? null,
    name: project.name,
    cuts: cuts.map((c) => [c.etag, c.startFrame, c.endFrame]),
    ...differing(project.settings),
  });

/** Only what is not as it once always was: films of before stay current. */
const differing = ({ clipFill, clipAudio, filmSound }: Project["settings"]) => ({
  ...(clipFill === "refuse" ? {} : { clipFill }),
  ...(clipAudio === "drop" ? {} : { clipAudio }),
  ...(filmSound === "original" ? {} : { filmSound }),
});

/** Seeds are part of the inputs, so that a repeated attempt asks for the same picture. */
export const seedOf = (hash: string): number => Number.parseInt(hash.slice(0, 7), 16);

/** What a person approves: these bytes, made from these inputs. */
export const subjectHash = (asset: { etag: string | null; inputHash: string }): string =>
  `${asset.etag}:${asset.inputHash}`;
