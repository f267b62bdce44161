/** What a scene has and what it lacks: of its own, or of the scene whose lyrics it repeats. */
import { fillsScene } from "../cover/fill.ts";
import { clipModel } from "../models/models.ts";
import {
  type Approval,
  type Clip,
  type Image,
  type MotifWay,
  type Project,
  type ProjectRecord,
  type Prompt,
  type Scene,
  SOFTENING_LEVELS,
  type SofteningLevel,
  type Stage,
} from "../record/record.ts";
import { clipInputs, clipSeconds, imageInputs, promptInputs, softerInputs, subjectHash } from "./inputs.ts";
import { isRefused } from "./tasks.ts";

/** A prompt that moderation refused, and the level that it is to be rewritten to. */
interface Softening {
  level: Exclude<SofteningLevel, "literal">;
  /** Whose maker refused it: for a clip the picture stays and only its motion is rewritten. */
  what: "image" | "clip";
  refusal: string;
  inputHash: string;
}

export interface SceneState {
  scene: Scene;
  prompt: Prompt | null;
  image: Image | null;
  imageApproved: boolean;
  clip: Clip | null;
  clipApproved: boolean;
  /** A clip that would be its own, were it of the film's size. */
  otherSizeClip?: Clip;
  /** Of the picture and the clip to make: what they are made from, once that is known. */
  imageHash: string | null;
  clipHash: string | null;
  /** Frames of clip to buy. */
  framesToBuy: number;
  softening: Softening | null;
  /** The scene whose prompt and picture it shows, and whose clip where that is long enough. */
  borrowed: { from: string; way: Exclude<MotifWay, "new">; clip: boolean } | null;
}

const newest = <T extends { id: string }>(rows: T[]): T | null =>
  rows.reduce<T | null>((best, row) => (!best || row.id > best.id ? row : best), null);

function approvedBy(approvals: Approval[], asset: Image | Clip | null, auto: boolean): boolean {
  if (!asset) return false;
  // By the database's clock: ids carry that of whoever made them.
  const verdict = approvals
    .filter((a) => (a.imageId ?? a.clipId) === asset.id)
    .reduce<Approval | null>((last, a) => (last && !isLater(a, last) ? last : a), null);
  if (!verdict) return auto;
  return verdict.approved && verdict.subjectHash === subjectHash(asset);
}

const isLater = (a: Approval, b: Approval): boolean =>
  a.createdAt.getTime() - b.createdAt.getTime() > 0 || (+a.createdAt === +b.createdAt && a.id > b.id);

/** Hashes of the scene's pictures or clips that the person turned down. */
function turnedDown(assets: readonly (Image | Clip)[], approvals: readonly Approval[]): Set<string> {
  const rejected = new Set(approvals.filter((a) => !a.approved).map((a) => a.imageId ?? a.clipId));
  return new Set(assets.filter((asset) => rejected.has(asset.id)).map((asset) => asset.inputHash));
}

/** The first take that was not turned down: each rejection asks for the next one of these inputs, and of no others. */
function takeOf(rejected: ReadonlySet<string>, hashesAt: (take: number) => string[]): number {
  let take = 0;
  while (rejected.size > 0 && hashesAt(take).some((hash) => rejected.has(hash))) take++;
  return take;
}

/**
 * A scene by itself. `framesToBuy` is how many frames of clip to buy: its own, or more where other scenes
 * are to show the same clip.
 */
export function sceneState(record: ProjectRecord, scene: Scene, framesToBuy: number): SceneState {
  const { project } = record;
  const auto = project.settings.autoApprove;
  const approvals = record.approvals.filter((a) => a.sceneId === scene.id);
  const wanted = promptInputs(project, scene);
  // The newest of today's inputs: what was written for others in between is kept, and counts again when they return.
  const prompt = record.prompts
    .filter((p) => p.sceneId === scene.id && (p.edited || p.inputHash === wanted))
    .reduce<Prompt | null>((best, p) => (!best || p.version > best.version ? p : best), null);

  const drawn = record.images.filter((i) => i.sceneId === scene.id && i.status === "completed");
  const rejected = new Set(approvals.filter((a) => !a.approved).map((a) => a.imageId));
  const uploaded = newest(drawn.filter((i) => i.origin === "uploaded" && !rejected.has(i.id)));
  const pictureOf = (take: number) => (prompt ? imageInputs(project, prompt, take) : "");
  const imageHash = prompt && pictureOf(takeOf(turnedDown(drawn, approvals), (take) => [pictureOf(take)]));
  const image = uploaded ?? newest(drawn.filter((i) => i.inputHash === imageHash));

  const clips = ownClip(record, scene, { prompt, image, framesToBuy, variant: undefined });
  const refused =
    (prompt && !image && refusalOf(record, "generate_images", scene.id, imageHash)) ||
    (prompt && image && !clips.clip && refusalOf(record, "generate_clips", scene.id, clips.clipHash));
  return {
    scene,
    prompt,
    image,
    imageApproved: approvedBy(approvals, image, auto),
    ...clips,
    clipApproved: approvedBy(approvals, clips.clip, auto),
    imageHash,
    softening: prompt && refused ? softer(record, prompt, image ? "clip" : "image", refused) : null,
    borrowed: null,
  };
}

/**
 * A scene that repeats another's lyrics: it shows that one's picture and, by `reuse`, its clip. Where that
 * clip is too short for it, and by `vary` always, a clip of its own is made of the same picture.
 */
export function borrowedState(
  record: ProjectRecord,
  scene: Scene,
  leader: SceneState,
  way: Exclude<MotifWay, "new">,
): SceneState {
  const { prompt, image, imageApproved, imageHash } = leader;
  const framesToBuy = scene.endFrame - scene.startFrame;
  const { autoApprove } = record.project.settings;
  const shown = { scene, prompt, image, imageApproved, imageHash, framesToBuy, softening: null };
  // One that is still to come is bought long enough, where the model sells that.
  const comes = leader.clip === null && leader.framesToBuy >= framesToBuy;
  const serves = way === "reuse" && (comes || (leader.clip !== null && fits(record, leader.clip, scene)));
  const borrowed = { from: leader.scene.id, way, clip: serves };
  if (serves) {
    const { clip, clipApproved } = leader;
    return { ...shown, clip, clipApproved, clipHash: null, borrowed };
  }
  const own = ownClip(record, scene, {
    prompt,
    image,
    framesToBuy,
    variant: way === "vary" ? scene.id : undefined,
  });
  return { ...shown, ...own, clipApproved: approvedBy(record.approvals, own.clip, autoApprove), borrowed };
}

/** Whether a clip, as measured, lasts as long as a scene, or may be made to. */
function fits(record: ProjectRecord, clip: Clip, scene: Scene): boolean {
  const { fps, clipFill } = record.project.settings;
  return fillsScene({
    clipFrames: clip.frames ?? 0,
    clipFps: clip.fps ?? fps,
    sceneFrames: scene.endFrame - scene.startFrame,
    fps,
    fill: clipFill === "refuse" ? null : clipFill,
  });
}

/** The scene's own clip: the one that would be bought today, else any of another length that fits. */
function ownClip(
  record: ProjectRecord,
  scene: Scene,
  {
    prompt,
    image,
    framesToBuy,
    variant,
  }: {
    prompt: Prompt | null;
    image: Image | null;
    framesToBuy: number;
    variant: string | undefined;
  },
): Pick<SceneState, "clip" | "clipHash" | "framesToBuy"> {
  const { project } = record;
  const seconds = clipSeconds(project, framesToBuy);
  if (!prompt || !image) return { clip: null, clipHash: null, framesToBuy };
  const made = record.clips.filter((c) => c.sceneId === scene.id && c.status === "completed");
  const hashOf = (length: number | null, take: number, of = project) =>
    clipInputs(of, { prompt, image, take, seconds: length, variant });
  // Of every length that serves the scene, and of the models whose place the present one took.
  const hashesAt = (take: number) =>
    [project, ...beforeReplacement(project)].flatMap((of) =>
      [seconds, ...(clipModel(of.settings.clipModel)?.seconds ?? [])].map((length) =>
        hashOf(length, take, of),
      ),
    );
  const approvals = record.approvals.filter((a) => a.sceneId === scene.id);
  const take = takeOf(turnedDown(made, approvals), hashesAt);
  const clipHash = hashOf(seconds, take);
  const wanted = newest(made.filter((c) => c.inputHash === clipHash));
  if (wanted || made.length === 0) return { clip: wanted, clipHash, framesToBuy };
  const sold = new Set(hashesAt(take));
  const clip = newest(made.filter((c) => sold.has(c.inputHash) && fits(record, c, scene)));
  return { clip, clipHash, framesToBuy };
}

/** The project with the retired models that its present clip model took the place of: their clips stay what they were. */
const beforeReplacement = (project: Project): Project[] =>
  project.modelNotices.flatMap((notice) =>
    notice.kind === "replaced" && notice.by === project.settings.clipModel
      ? [{ ...project, settings: { ...project.settings, clipModel: notice.model } }]
      : [],
  );

/** Why moderation refused exactly this, or null where it did not, or the person asked for it all the same. */
function refusalOf(record: ProjectRecord, stage: Stage, subject: string, hash: string | null): string | null {
  const task = record.tasks.find(
    (t) => t.type === stage && t.subject === subject && t.inputHash === hash && isRefused(t) && !t.retriedAt,
  );
  return task?.error?.message ?? null;
}

/** One level softer than a refused prompt; what a person wrote is theirs to change. */
function softer(
  record: ProjectRecord,
  prompt: Prompt,
  what: Softening["what"],
  refusal: string,
): Softening | null {
  const softeningLevel = SOFTENING_LEVELS[SOFTENING_LEVELS.indexOf(prompt.softeningLevel) + 1];
  if (
    prompt.edited ||
    !softeningLevel ||
    softeningLevel === "literal" ||
    !record.project.settings.softenRefused
  )
    return null;
  return { level: softeningLevel, what, refusal, inputHash: softerInputs(prompt, softeningLevel, what) };
}
