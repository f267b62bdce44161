/** What a scene has and what it lacks: of its own, or of its motif's leader. */
import { canFillScene } from "../cover/fill.ts";
import { clipModel } from "../models/models.ts";
import {
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
import { isApproved, isRejected, newestApprovals, takeOf } from "./approvals.ts";
import { clipInputs, clipSeconds, imageInputs, promptInputs, softerInputs } from "./inputs.ts";
import { isRefused } from "./tasks.ts";

/** A refused prompt that is to be rewritten one softening level further. */
interface Softening {
  level: Exclude<SofteningLevel, "literal">;
  /** What was refused. For a clip the image stays, and only the motion prompt is rewritten. */
  what: "image" | "clip";
  /** The provider's message. */
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
  /** A clip that would be current if it had the size of the film's other clips; absent if there is none. */
  otherSizeClip?: Clip;
  /** Input hash of the image that would be made now; null while its inputs are missing. */
  imageHash: string | null;
  /**
   * Input hash of the clip that would be made now; null while its inputs are missing, or if the leader's is
   * reused.
   */
  clipHash: string | null;
  /** Frames of clip to buy: the scene's, or more if longer scenes are to reuse the clip. */
  framesToBuy: number;
  /** Null unless the prompt must be rewritten first. */
  softening: Softening | null;
  /**
   * The leader whose prompt and image the scene uses, and whether it uses its clip, too; null for a scene of
   * its own.
   */
  borrowed: { from: string; way: Exclude<MotifWay, "new">; clip: boolean } | null;
}

const newest = <T extends { id: string }>(rows: T[]): T | null =>
  rows.reduce<T | null>((best, row) => (!best || row.id > best.id ? row : best), null);

/** The state of a scene that is made by itself. `framesToBuy`: see `SceneState`. */
export function sceneState(record: ProjectRecord, scene: Scene, framesToBuy: number): SceneState {
  const { project } = record;
  const auto = project.settings.autoApprove;
  const approvals = newestApprovals(record.approvals.filter((a) => a.sceneId === scene.id));
  const promptHash = promptInputs(project, scene);
  // The newest one for today's inputs. Prompts for other inputs are kept, and count again if these inputs
  // return.
  const prompt = record.prompts
    .filter((p) => p.sceneId === scene.id && (p.edited || p.inputHash === promptHash))
    .reduce<Prompt | null>((best, p) => (!best || p.version > best.version ? p : best), null);

  const made = record.images.filter((i) => i.sceneId === scene.id && i.status === "completed");
  const uploaded = newest(made.filter((i) => i.origin === "uploaded" && !isRejected(approvals, i)));
  const imageHashAt = (take: number) => (prompt ? imageInputs(project, prompt, take) : "");
  const imageHash = prompt && imageHashAt(takeOf(made, approvals, (take) => [imageHashAt(take)]));
  const image = uploaded ?? newest(made.filter((i) => i.inputHash === imageHash));

  const clips = ownClip(record, scene, { prompt, image, framesToBuy, variant: undefined });
  const refused =
    (prompt && !image && refusalOf(record, "generate_images", scene.id, imageHash)) ||
    (prompt && image && !clips.clip && refusalOf(record, "generate_clips", scene.id, clips.clipHash));
  return {
    scene,
    prompt,
    image,
    imageApproved: isApproved(approvals, image, auto),
    ...clips,
    clipApproved: isApproved(approvals, clips.clip, auto),
    imageHash,
    softening: prompt && refused ? softer(record, prompt, image ? "clip" : "image", refused) : null,
    borrowed: null,
  };
}

/**
 * The state of a scene that follows its motif's leader: it uses the leader's image and, with `reuse`, its
 * clip. If that clip is too short for it, and always with `vary`, it has a clip of its own from the same
 * image.
 */
export function followerState(
  record: ProjectRecord,
  scene: Scene,
  leader: SceneState,
  way: Exclude<MotifWay, "new">,
): SceneState {
  const { prompt, image, imageApproved, imageHash } = leader;
  const framesToBuy = scene.endFrame - scene.startFrame;
  const { autoApprove } = record.project.settings;
  const shared = { scene, prompt, image, imageApproved, imageHash, framesToBuy, softening: null };
  // A clip that is not made yet will be long enough if the model sells that length.
  const willFit = leader.clip === null && leader.framesToBuy >= framesToBuy;
  const usesClip = way === "reuse" && (willFit || (leader.clip !== null && fits(record, leader.clip, scene)));
  const borrowed = { from: leader.scene.id, way, clip: usesClip };
  if (usesClip) {
    const { clip, clipApproved } = leader;
    return { ...shared, clip, clipApproved, clipHash: null, borrowed };
  }
  const own = ownClip(record, scene, {
    prompt,
    image,
    framesToBuy,
    variant: way === "vary" ? scene.id : undefined,
  });
  const approvals = newestApprovals(record.approvals.filter((a) => a.clipId === own.clip?.id));
  return { ...shared, ...own, clipApproved: isApproved(approvals, own.clip, autoApprove), borrowed };
}

/** Whether a clip, by its measured length, fills the scene, by itself or as the settings allow. */
function fits(record: ProjectRecord, clip: Clip, scene: Scene): boolean {
  const { fps, clipFill } = record.project.settings;
  return canFillScene({
    clipFrames: clip.frames ?? 0,
    clipFps: clip.fps ?? fps,
    sceneFrames: scene.endFrame - scene.startFrame,
    fps,
    fill: clipFill === "refuse" ? null : clipFill,
  });
}

/** The scene's own clip: the one that would be bought today, else one of another length that fits. */
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
  // For every length that the model sells, and for the retired models that the present one replaced.
  const hashesAt = (take: number) =>
    [project, ...beforeReplacement(project)].flatMap((of) =>
      [seconds, ...(clipModel(of.settings.clipModel)?.seconds ?? [])].map((length) =>
        hashOf(length, take, of),
      ),
    );
  const approvals = newestApprovals(record.approvals.filter((a) => a.sceneId === scene.id));
  const take = takeOf(made, approvals, hashesAt);
  const clipHash = hashOf(seconds, take);
  const wanted = newest(made.filter((c) => c.inputHash === clipHash));
  if (wanted || made.length === 0) return { clip: wanted, clipHash, framesToBuy };
  const acceptable = new Set(hashesAt(take));
  const clip = newest(made.filter((c) => acceptable.has(c.inputHash) && fits(record, c, scene)));
  return { clip, clipHash, framesToBuy };
}

/**
 * The project with each retired model that its present clip model replaced: clips of those models stay
 * current.
 */
const beforeReplacement = (project: Project): Project[] =>
  project.modelNotices.flatMap((notice) =>
    notice.kind === "replaced" && notice.by === project.settings.clipModel
      ? [{ ...project, settings: { ...project.settings, clipModel: notice.model } }]
      : [],
  );

/** Why moderation refused exactly these inputs; null if it did not, or if the person retried the task. */
function refusalOf(record: ProjectRecord, stage: Stage, subject: string, hash: string | null): string | null {
  const task = record.tasks.find(
    (t) => t.type === stage && t.subject === subject && t.inputHash === hash && isRefused(t) && !t.retriedAt,
  );
  return task?.error?.message ?? null;
}

/**
 * The rewriting of a refused prompt; null at the last level, for a prompt that a person edited, or if the
 * settings forbid it.
 */
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
