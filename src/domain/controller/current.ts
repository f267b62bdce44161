/** Which artifacts of a record are current, which are approved, and what each stage could make now. */

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
import { followerState, type SceneState, sceneState } from "./scene-state.ts";

/** An artifact that a stage could make now: its inputs exist and it is not current. */
export interface Unit {
  stage: Stage;
  /** The scene's id, or the project's for an artifact of the whole song. */
  subject: string;
  inputHash: string;
  /** For a clip: the image that it is made from. */
  imageId?: string;
}

export interface Current {
  /** Whether there are current lyrics. */
  lyrics: boolean;
  /** In song order; empty until there are current scenes. */
  scenes: SceneState[];
  /** The cuts of the film; null until every scene has an approved clip. */
  cuts: (EditListEntry & Pick<Clip, "etag">)[] | null;
  /** Whether there is a film of exactly these cuts. */
  film: boolean;
  /** In the order of the stages; a stage has none if it is done or its inputs are missing. */
  units: Unit[];
  done: Record<Stage, boolean>;
}

/** The scenes that vary or reuse their motif's leader, by id. */
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
 * Frames of clip to buy for a scene: as many as the longest scene that reuses it needs if the model sells
 * that, else its own.
 */
function framesToBuy(project: Project, scene: Scene, planned: readonly Scene[], follow: Followers): number {
  const own = scene.endFrame - scene.startFrame;
  const reusing = planned.filter((s) => {
    const { leaderId, way } = follow.get(s.id) ?? {};
    return leaderId === scene.id && way === "reuse";
  });
  const longest = Math.max(own, ...reusing.map((s) => s.endFrame - s.startFrame));
  return clipSeconds(project, longest) === null ? own : longest;
}

/** The state of every scene, in song order. */
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
    return leader ? [followerState(record, scene, leader, way)] : [];
  });
}

/**
 * All clips of a film must have one size. If clips of several sizes are current (after an undone edit, or if
 * two models made the first clips at the same time), only those of the most frequent size count; the others
 * are made again.
 */
function ofOneSize(scenes: SceneState[]): SceneState[] {
  const counts = new Map<string, number>();
  const sizeOf = ({ clip }: SceneState) => clip && `${clip.width}×${clip.height}`;
  for (const size of scenes.flatMap((s) => sizeOf(s) ?? [])) counts.set(size, (counts.get(size) ?? 0) + 1);
  if (counts.size < 2) return scenes;
  const [film] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return scenes.map((s) =>
    s.clip && sizeOf(s) !== film ? { ...s, clip: null, clipApproved: false, otherSizeClip: s.clip } : s,
  );
}

/** The current state of a record. Pure; linear in the size of the record. */
export function currentOf(record: ProjectRecord): Current {
  const { project } = record;
  const units: Unit[] = [];
  const projectUnit = (stage: Stage, hash: string) =>
    units.push({ stage, subject: project.id, inputHash: hash });

  const lyrics =
    project.lyrics !== null &&
    (project.lyrics.source === "edited" || project.lyricsHash === lyricsInputs(project));
  if (project.audio && !lyrics) projectUnit("transcribe", lyricsInputs(project));

  const planned = [...record.scenes].sort((a, b) => a.orderIdx - b.orderIdx);
  const hash = scenesInputs(project);
  const fits =
    !project.retiming &&
    (planned.some((s) => s.origin === "manual") || planned.every((s) => s.inputHash === hash));
  const haveScenes = lyrics && planned.length > 0 && fits;
  if (lyrics && !haveScenes) projectUnit("analyze_scenes", hash);

  const scenes = haveScenes ? ofOneSize(sceneStates(record, planned)) : [];
  for (const s of scenes) {
    const sceneUnit = (stage: Stage, inputHash: string | null, made: Pick<Unit, "imageId"> = {}) =>
      inputHash && units.push({ stage, subject: s.scene.id, inputHash, ...made });
    const clip = () =>
      s.imageApproved &&
      s.image &&
      !s.clip &&
      sceneUnit("generate_clips", s.clipHash, { imageId: s.image.id });
    if (s.borrowed) {
      clip();
    } else if (s.softening) sceneUnit("generate_prompts", s.softening.inputHash);
    else if (!s.prompt) sceneUnit("generate_prompts", promptInputs(project, s.scene));
    else if (!s.image) sceneUnit("generate_images", s.imageHash);
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
  if (wantedFilm && !film) projectUnit("assemble_video", wantedFilm);

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
