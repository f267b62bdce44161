/**
 * The film as it can be played now, at any stage: of each scene its clip, else its image as a still, else a
 * card with its lyric.
 */
import { isRejected, newestApprovals } from "./controller/approvals.ts";
import { currentOf } from "./controller/current.ts";
import { songFrames } from "./controller/inputs.ts";
import type { SceneState } from "./controller/scene-state.ts";
import { canFillScene } from "./cover/fill.ts";
import type { Clip, Fill, Image, ProjectRecord, Scene } from "./record/record.ts";

type Shown =
  | { kind: "clip"; clip: Clip; fill: Fill | null }
  | { kind: "still"; image: Image }
  | { kind: "card" };

/** What a scene may lack, in the order in which it is made; a timeline names the first. */
export const MISSING = ["prompt", "image", "image_approval", "clip", "clip_approval"] as const;
type Missing = (typeof MISSING)[number];

export interface TimelineScene {
  /** Null before the scenes are planned: then each line of the lyrics is one card. */
  scene: Scene | null;
  startFrame: number;
  endFrame: number;
  title: string;
  lyric: string;
  shown: Shown;
  /** Null where the scene has all that it needs. */
  missing: Missing | null;
  /** Why the scene has no clip although one was made and not rejected; null otherwise. */
  regenerateReason: "too_short" | "outdated" | null;
}

export interface Timeline {
  fps: number;
  frames: number;
  /** In song order, without gap or overlap. */
  scenes: TimelineScene[];
  /** Whether a film of exactly these cuts exists. */
  film: boolean;
}

const NO_MEDIA = { shown: { kind: "card" }, missing: "prompt", regenerateReason: null } as const;

/** Null for a project without a song. Pure. */
export function timelineOf(record: ProjectRecord): Timeline | null {
  const { project } = record;
  const { audio, settings } = project;
  if (!audio) return null;
  const { fps } = settings;
  const frames = songFrames(audio, fps);
  const current = currentOf(record);
  const scenes =
    current.scenes.length > 0 ? current.scenes.map((state) => sceneOf(record, state)) : cards(record, frames);
  return { fps, frames, scenes, film: current.film };
}

function sceneOf(record: ProjectRecord, state: SceneState): TimelineScene {
  const { scene } = state;
  const { startFrame, endFrame, theme, lyricExcerpt } = scene;
  return {
    scene,
    startFrame,
    endFrame,
    title: theme,
    lyric: lyricExcerpt,
    shown: shownOf(record, state),
    missing: missingOf(state),
    regenerateReason: regenerateReasonOf(record, state),
  };
}

const lastsAsLong = (record: ProjectRecord, scene: Scene, clip: Clip, fill: Fill | null) => {
  const { fps } = record.project.settings;
  return canFillScene({
    clipFrames: clip.frames ?? 0,
    clipFps: clip.fps ?? fps,
    sceneFrames: scene.endFrame - scene.startFrame,
    fps,
    fill,
  });
};

function shownOf(record: ProjectRecord, { scene, clip, image }: SceneState): Shown {
  const { clipFill } = record.project.settings;
  const fill = clipFill === "refuse" ? null : clipFill;
  if (clip) return { kind: "clip", clip, fill: lastsAsLong(record, scene, clip, null) ? null : fill };
  return image ? { kind: "still", image } : { kind: "card" };
}

function missingOf({
  prompt,
  softening,
  image,
  imageApproved,
  clip,
  clipApproved,
}: SceneState): Missing | null {
  if (!prompt || softening) return "prompt";
  if (!image) return "image";
  if (!imageApproved) return "image_approval";
  if (!clip) return "clip";
  return clipApproved ? null : "clip_approval";
}

function regenerateReasonOf(
  record: ProjectRecord,
  { scene, clip }: SceneState,
): TimelineScene["regenerateReason"] {
  if (clip) return null;
  const approvals = newestApprovals(record.approvals.filter((a) => a.sceneId === scene.id));
  const earlier = record.clips.filter(
    (c) => c.sceneId === scene.id && c.status === "completed" && !isRejected(approvals, c),
  );
  if (earlier.length === 0) return null;
  return earlier.some((c) => lastsAsLong(record, scene, c, null)) ? "outdated" : "too_short";
}

/** One card from each line of the lyrics to the next; the time before the first line is a card of its own. */
function cards({ project }: ProjectRecord, frames: number): TimelineScene[] {
  const title = project.audio?.title ?? project.name;
  const lines = (project.lyrics?.lines ?? []).filter((line) => line.startFrame < frames);
  const begins = lines.map((line) => ({ at: line.startFrame, lyric: line.text }));
  if (begins[0]?.at !== 0) begins.unshift({ at: 0, lyric: "" });
  return begins.map(({ at, lyric }, i) => ({
    ...NO_MEDIA,
    scene: null,
    startFrame: at,
    endFrame: begins[i + 1]?.at ?? frames,
    title,
    lyric,
  }));
}
