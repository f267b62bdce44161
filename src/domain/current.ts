/** Which artifacts of a record are current, which are approved, and what is missing at each stage. */
import {
  clipInputs,
  filmInputs,
  imageInputs,
  lyricsInputs,
  promptInputs,
  scenesInputs,
  softerInputs,
  subjectHash,
} from "./inputs.ts";
import {
  type Approval,
  type Clip,
  type Edit,
  type Image,
  type ProjectRecord,
  type Prompt,
  RUNGS,
  type Rung,
  type Scene,
  type Stage,
} from "./record.ts";
import { isRefused } from "./tasks.ts";

/** Work that a stage could do now: its inputs are there and its artifact is not current. */
export interface Unit {
  stage: Stage;
  subject: string;
  inputHash: string;
}

/** A prompt that moderation refused, and the rung that it is to be rewritten to. */
interface Softening {
  rung: Exclude<Rung, "literal">;
  /** Whose maker refused it: for a clip the picture stays and only its motion is rewritten. */
  what: "image" | "clip";
  refusal: string;
  inputHash: string;
}

interface SceneState {
  scene: Scene;
  prompt: Prompt | null;
  image: Image | null;
  imageApproved: boolean;
  clip: Clip | null;
  clipApproved: boolean;
  imageTake: number;
  clipTake: number;
  softening: Softening | null;
}

export interface Current {
  lyrics: boolean;
  scenes: SceneState[];
  /** The cuts of the film, once every scene has an approved clip. */
  cuts: (Edit & Pick<Clip, "etag">)[] | null;
  film: boolean;
  /** Units that can run now, by stage; empty where the stage is done or its inputs are missing. */
  units: Unit[];
  done: Record<Stage, boolean>;
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
  return verdict.approved && !verdict.voidedAt && verdict.subjectHash === subjectHash(asset);
}

const isLater = (a: Approval, b: Approval): boolean =>
  a.createdAt.getTime() - b.createdAt.getTime() > 0 || (+a.createdAt === +b.createdAt && a.id > b.id);

const takes = (approvals: Approval[], kind: "imageId" | "clipId") =>
  new Set(approvals.filter((a) => !a.approved && a[kind]).map((a) => a[kind])).size;

function sceneState(record: ProjectRecord, scene: Scene): SceneState {
  const { project } = record;
  const auto = project.settings.autoApprove;
  const approvals = record.approvals.filter((a) => a.sceneId === scene.id);
  const imageTake = takes(approvals, "imageId");
  const clipTake = takes(approvals, "clipId");
  const latest = record.prompts
    .filter((p) => p.sceneId === scene.id)
    .reduce<Prompt | null>((best, p) => (!best || p.version > best.version ? p : best), null);
  const prompt =
    latest && (latest.edited || latest.inputHash === promptInputs(project, scene)) ? latest : null;

  const drawn = record.images.filter((i) => i.sceneId === scene.id && i.status === "completed");
  const rejected = new Set(approvals.filter((a) => !a.approved).map((a) => a.imageId));
  const uploaded = newest(drawn.filter((i) => i.origin === "uploaded" && !rejected.has(i.id)));
  const wanted = prompt ? imageInputs(project, prompt, imageTake) : null;
  const image = uploaded ?? newest(drawn.filter((i) => i.inputHash === wanted));

  const motion = prompt && image ? clipInputs(project, scene, prompt, image, clipTake) : null;
  const clip = newest(
    record.clips.filter((c) => c.sceneId === scene.id && c.status === "completed" && c.inputHash === motion),
  );
  const refused =
    (prompt && !image && refusalOf(record, "generate_images", scene.id, wanted)) ||
    (prompt && image && !clip && refusalOf(record, "generate_clips", scene.id, motion));
  return {
    scene,
    prompt,
    softening: prompt && refused ? softer(record, prompt, image ? "clip" : "image", refused) : null,
    image,
    imageApproved: approvedBy(approvals, image, auto),
    clip,
    clipApproved: approvedBy(approvals, clip, auto),
    imageTake,
    clipTake,
  };
}

/** Why moderation refused exactly this, or null where it did not, or the person asked for it all the same. */
function refusalOf(record: ProjectRecord, stage: Stage, subject: string, hash: string | null): string | null {
  const task = record.tasks.find(
    (t) => t.type === stage && t.subject === subject && t.inputHash === hash && isRefused(t) && !t.retriedAt,
  );
  return task?.error?.message ?? null;
}

/** One rung softer than a refused prompt; what a person wrote is theirs to change. */
function softer(
  record: ProjectRecord,
  prompt: Prompt,
  what: Softening["what"],
  refusal: string,
): Softening | null {
  const rung = RUNGS[RUNGS.indexOf(prompt.rung) + 1];
  if (prompt.edited || !rung || rung === "literal" || !record.project.settings.softenRefused) return null;
  return { rung, what, refusal, inputHash: softerInputs(prompt, rung, what) };
}

/** The whole picture of a record. Pure; linear in the size of the record. */
export function currentOf(record: ProjectRecord): Current {
  const { project } = record;
  const units: Unit[] = [];
  const whole = (stage: Stage, hash: string) => units.push({ stage, subject: project.id, inputHash: hash });

  const lyrics =
    project.lyrics !== null &&
    (project.lyrics.source === "edited" || project.lyricsHash === lyricsInputs(project));
  if (project.audio && !lyrics) whole("transcribe", lyricsInputs(project));

  const planned = [...record.scenes].sort((a, b) => a.orderIdx - b.orderIdx);
  const hash = scenesInputs(project);
  const fits = planned.some((s) => s.origin === "manual") || planned.every((s) => s.inputHash === hash);
  const haveScenes = lyrics && planned.length > 0 && fits;
  if (lyrics && !haveScenes) whole("analyze_scenes", hash);

  const scenes = haveScenes ? planned.map((scene) => sceneState(record, scene)) : [];
  for (const s of scenes) {
    const unit = (stage: Stage, inputHash: string) => units.push({ stage, subject: s.scene.id, inputHash });
    if (s.softening) unit("generate_prompts", s.softening.inputHash);
    else if (!s.prompt) unit("generate_prompts", promptInputs(project, s.scene));
    else if (!s.image) unit("generate_images", imageInputs(project, s.prompt, s.imageTake));
    else if (s.imageApproved && !s.clip)
      unit("generate_clips", clipInputs(project, s.scene, s.prompt, s.image, s.clipTake));
  }

  const cuts = scenes.flatMap(({ scene, clip, clipApproved }) =>
    clip && clipApproved
      ? [
          {
            sceneId: scene.id,
            clipId: clip.id,
            startFrame: scene.startFrame,
            endFrame: scene.endFrame,
            etag: clip.etag,
          },
        ]
      : [],
  );
  const complete = haveScenes && cuts.length === scenes.length ? cuts : null;
  const wantedFilm = complete ? filmInputs(project, complete) : null;
  const film = record.films.some((f) => f.status === "completed" && f.inputHash === wantedFilm);
  if (wantedFilm && !film) whole("assemble_video", wantedFilm);

  return {
    lyrics,
    scenes,
    cuts: complete,
    film,
    units,
    done: {
      transcribe: lyrics,
      analyze_scenes: haveScenes,
      generate_prompts: haveScenes && scenes.every((s) => s.prompt && !s.softening),
      generate_images: haveScenes && scenes.every((s) => s.image),
      generate_clips: haveScenes && scenes.every((s) => s.clip),
      assemble_video: film,
    },
  };
}
