/**
 * The inputs of each artifact, as a hash. An artifact is current while the hash stored with it equals the
 * hash of today's inputs: an edit of any input makes it stale, and nothing else does.
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

/** Shortest and longest scene in frames: as in the settings, within what the clip model can deliver. */
export function sceneFrames(project: Pick<Project, "settings">): { minFrames: number; maxFrames: number } {
  const { fps, scenes, clipModel: name, clipResolution } = project.settings;
  const model = clipModel(name);
  const longest = model ? clipFrameRange(model, fps, clipResolution).maxFrames : Number.POSITIVE_INFINITY;
  const maxFrames = Math.min(Math.floor(scenes.maxSeconds * fps), longest);
  return { minFrames: Math.min(Math.ceil(scenes.minSeconds * fps), maxFrames), maxFrames };
}

/** Seconds of the shortest clip that the model sells and that covers `frames` of film; null if none does. */
export function clipSeconds({ settings }: Pick<Project, "settings">, frames: number): number | null {
  const model = clipModel(settings.clipModel);
  return model ? clipSecondsFor(model, frames, settings.fps, settings.clipResolution) : null;
}

/** Whether the lyrics are taken from the song's tags: the settings allow it and the tags have times. */
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

/**
 * The tapped beat grid. An estimated one is left out: it is found while the scenes are made, and must not
 * make them stale.
 */
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

/**
 * What the director's proposal depends on: fewer inputs than the scenes', so that they can be cut again
 * without a new one.
 */
export const proposalInputs = (project: Pick<Project, "lyrics" | "settings">): string =>
  inputHash({ lines: linesOf(project.lyrics), ...sceneFrames(project) });

/** Whether making the scenes takes a new proposal of the director. */
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

/** Of the rewriting of a refused prompt to a softening level, for an image or for a clip. */
export const softerInputs = (
  prompt: Prompt,
  softeningLevel: SofteningLevel,
  what: "image" | "clip",
): string => inputHash({ prompt: prompt.id, softeningLevel, what });

/** `take` counts, from 0, the images of these inputs that the person rejected. */
export const imageInputs = (project: Project, prompt: Prompt, take: number): string =>
  inputHash({
    prompt: prompt.imagePrompt,
    negative: prompt.negativePrompt,
    model: project.settings.imageModel,
    aspectRatio: project.settings.aspectRatio,
    take,
  });

/**
 * `seconds` of clip to buy; `variant`: the id of a scene that varies its leader, so that its clip differs
 * from the leader's.
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
    ...changesOfFilm(project.settings),
  });

/**
 * Values that make the film as it was made before these settings existed are left out of the hash, so that
 * such films stay current. For `filmSound` that value is `original`, not the default.
 */
const changesOfFilm = ({ clipFill, clipAudio, filmSound }: Project["settings"]) => ({
  ...(clipFill === "refuse" ? {} : { clipFill }),
  ...(clipAudio === "drop" ? {} : { clipAudio }),
  ...(filmSound === "original" ? {} : { filmSound }),
});

/** The seed of an order, from its input hash: a repeated attempt orders the same image or clip. */
export const seedOf = (hash: string): number => Number.parseInt(hash.slice(0, 7), 16);

/** What an approval is of: exactly these bytes, made from exactly these inputs. */
export const subjectHash = (asset: { etag: string | null; inputHash: string }): string =>
  `${asset.etag}:${asset.inputHash}`;
