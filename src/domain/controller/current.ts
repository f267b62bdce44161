/** Which artifacts of a record are current, which are approved, and what each stage could make now. */

import { motifsOf } from "../cover/motifs.ts";
import {
  type MotifWay,
  type Project,
  type ProjectRecord,
  type Scene,
  STAGES,
  type Stage,
} from "../record/record.ts";
import { clipSeconds, filmInputs, lyricsInputs, scenesInputs } from "./inputs.ts";
import { followerState, type SceneState, sceneState } from "./scene-state.ts";
import { policyOf } from "./stages/index.ts";
import type { CurrentArtifacts, Unit } from "./stages/policy.ts";

export interface Current extends CurrentArtifacts {
  /** In the order of the stages; a stage has none if it is done or its inputs are missing. */
  units: Unit[];
  /** Whether all that a stage makes is current. */
  done: Partial<Record<Stage, boolean>>;
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
  const current = currentArtifacts(record);
  const done: Current["done"] = {};
  for (const stage of STAGES) done[stage] = policyOf(stage).isDone(current, record);
  const units = STAGES.flatMap((stage) =>
    policyOf(stage)
      .units(current, record)
      .map((unit) => ({ stage, ...unit })),
  );
  return { ...current, units, done };
}

function currentArtifacts(record: ProjectRecord): CurrentArtifacts {
  const { project } = record;
  const lyrics =
    project.lyrics !== null &&
    (project.lyrics.source === "edited" || project.lyricsHash === lyricsInputs(project));

  const planned = [...record.scenes].sort((a, b) => a.orderIdx - b.orderIdx);
  const hash = scenesInputs(project);
  const fits =
    !project.retiming &&
    (planned.some((s) => s.origin === "manual") || planned.every((s) => s.inputHash === hash));
  const scenes = lyrics && fits ? ofOneSize(sceneStates(record, planned)) : [];

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
  const complete = scenes.length > 0 && cuts.length === scenes.length ? cuts : null;
  const filmHash = complete ? filmInputs(project, complete) : null;
  const film = record.films.some((f) => f.status === "completed" && f.inputHash === filmHash);
  return { lyrics, scenes, cuts: complete, filmHash, film };
}
