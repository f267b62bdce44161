/** Which artifacts of a record are current, which are approved, and what is missing at each stage. */

import { motifsOf } from "../cover/motifs.ts";
import type {
  Clip,
  EditListEntry,
  MotifWay,
  Project,
  ProjectRecord,
  Scene,
  Stage,
} from "../record/record.ts";
import { clipSeconds, filmInputs, lyricsInputs, promptInputs, scenesInputs } from "./inputs.ts";
import { borrowedState, type SceneState, sceneState } from "./scene-state.ts";

/** Work that a stage could do now: its inputs are there and its artifact is not current. */
export interface Unit {
  stage: Stage;
  subject: string;
  inputHash: string;
  /** The picture that a clip is made from. */
  imageId?: string;
}

export interface Current {
  lyrics: boolean;
  scenes: SceneState[];
  /** The cuts of the film, once every scene has an approved clip. */
  cuts: (EditListEntry & Pick<Clip, "etag">)[] | null;
  film: boolean;
  /** Units that can run now, by stage; empty where the stage is done or its inputs are missing. */
  units: Unit[];
  done: Record<Stage, boolean>;
}

/** Which scenes follow another one's picture, by their ids; none where everything is to be new. */
function followers(record: ProjectRecord, planned: readonly Scene[]) {
  const { motifs } = record.project.settings;
  const found = new Map<string, { leaderId: string; way: Exclude<MotifWay, "new"> }>();
  if (motifs === "new" && planned.every((scene) => (scene.motif ?? "new") === "new")) return found;
  const scenes = new Map(planned.map((scene) => [scene.id, scene]));
  for (const { leaderId, sceneIds } of motifsOf(planned)) {
    for (const id of sceneIds) {
      const way = scenes.get(id)?.motif ?? motifs;
      if (id !== leaderId && way !== "new") found.set(id, { leaderId, way });
    }
  }
  return found;
}

type Followers = ReturnType<typeof followers>;

/**
 * Frames of clip to buy for a scene: its own, or as many as the longest of those that show the same clip,
 * where the model sells that.
 */
function framesToBuy(project: Project, scene: Scene, planned: readonly Scene[], follow: Followers): number {
  const own = scene.endFrame - scene.startFrame;
  const shown = planned.filter((s) => {
    const { leaderId, way } = follow.get(s.id) ?? {};
    return leaderId === scene.id && way === "reuse";
  });
  const most = Math.max(own, ...shown.map((s) => s.endFrame - s.startFrame));
  return clipSeconds(project, most) === null ? own : most;
}

/** Every scene's state, in film order. */
function sceneStates(record: ProjectRecord, planned: readonly Scene[]): SceneState[] {
  const follow = followers(record, planned);
  const leading = planned.filter((scene) => !follow.has(scene.id));
  const states = new Map(
    leading.map((scene) => [
      scene.id,
      sceneState(record, scene, framesToBuy(record.project, scene, planned, follow)),
    ]),
  );
  return planned.flatMap((scene) => {
    const own = states.get(scene.id);
    if (own) return [own];
    const { leaderId = "", way = "reuse" } = follow.get(scene.id) ?? {};
    const leader = states.get(leaderId);
    return leader ? [borrowedState(record, scene, leader, way)] : [];
  });
}

/**
 * A film is of one size. Where an edit that was taken back, or two first clips at once, left clips of several,
 * those of the commonest count, and the others are to be made again.
 */
function joining(scenes: SceneState[]): SceneState[] {
  const counts = new Map<string, number>();
  const sizeOf = ({ clip }: SceneState) => clip && `${clip.width}×${clip.height}`;
  for (const size of scenes.flatMap((s) => sizeOf(s) ?? [])) counts.set(size, (counts.get(size) ?? 0) + 1);
  if (counts.size < 2) return scenes;
  const [film] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return scenes.map((s) =>
    s.clip && sizeOf(s) !== film ? { ...s, clip: null, clipApproved: false, otherSizeClip: s.clip } : s,
  );
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
  const fits =
    !project.retiming &&
    (planned.some((s) => s.origin === "manual") || planned.every((s) => s.inputHash === hash));
  const haveScenes = lyrics && planned.length > 0 && fits;
  if (lyrics && !haveScenes) whole("analyze_scenes", hash);

  const scenes = haveScenes ? joining(sceneStates(record, planned)) : [];
  for (const s of scenes) {
    const unit = (stage: Stage, inputHash: string | null, made: Pick<Unit, "imageId"> = {}) =>
      inputHash && units.push({ stage, subject: s.scene.id, inputHash, ...made });
    const clip = () =>
      s.imageApproved && s.image && !s.clip && unit("generate_clips", s.clipHash, { imageId: s.image.id });
    if (s.borrowed) {
      clip();
    } else if (s.softening) unit("generate_prompts", s.softening.inputHash);
    else if (!s.prompt) unit("generate_prompts", promptInputs(project, s.scene));
    else if (!s.image) unit("generate_images", s.imageHash);
    else clip();
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
