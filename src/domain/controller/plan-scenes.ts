/** Plans the scenes of a song: solves the exact cover, and keeps the scenes of before that still match. */

import { beatsIn, snapping } from "../cover/beat-grid.ts";
import { SLACK_FRAMES } from "../cover/fill.ts";
import { motifsOf } from "../cover/motifs.ts";
import { retimeScenes } from "../cover/retime.ts";
import { type CoverProblem, solveCover } from "../cover/solve.ts";
import { clipFrameLengths, clipModel } from "../models/models.ts";
import type {
  Audio,
  BeatGrid,
  CoverCertificate,
  Failure,
  Lyrics,
  ProjectRecord,
  Proposal,
  Scene,
} from "../record/record.ts";
import { storable } from "../record/text.ts";
import { proposalInputs, sceneFrames, songFrames } from "./inputs.ts";

export interface ScenePlan {
  record: ProjectRecord;
  audio: Audio;
  lyrics: Lyrics;
  beat: BeatGrid | null;
  inputHash: string;
  newId: () => string;
  now: Date;
}
export type PlannedScenes =
  /** `proposal`: the scenes as a proposal, where they follow another recording; else null. */
  | { ok: true; scenes: Scene[]; proposal: Proposal | null; cover: CoverCertificate }
  | { ok: false; failure: Failure };

/** The cover problem without its proposal: the song, its beats, the pins, and the lengths of clip on sale. */
function problemOf({ record, audio, lyrics, beat }: ScenePlan): Omit<CoverProblem, "proposal"> {
  const { project } = record;
  const { fps, clipModel: name, clipResolution } = project.settings;
  const totalFrames = songFrames(audio, fps);
  const model = clipModel(name);
  return {
    totalFrames,
    fps,
    lines: lyrics.lines,
    ...sceneFrames(project),
    pins: project.pins,
    ...(snapping(beat) ? { beats: beatsIn(beat, totalFrames, fps) } : {}),
    ...(model ? { clipFrames: clipFrameLengths(model, fps, clipResolution) } : {}),
  };
}

/** Longest lyric excerpt of a scene. */
const MAX_EXCERPT_CHARACTERS = 2_000;

/** A scene's lyric excerpt: as many of its lines as fit, whole; a first line that is too long is cut. */
function excerpt({ lines }: Lyrics, from: number, to: number): string {
  const kept: string[] = [];
  let room = MAX_EXCERPT_CHARACTERS;
  for (const { text } of lines.slice(from, to)) {
    if (text.length > room) return kept.length > 0 ? kept.join("\n") : storable(text, room);
    kept.push(text);
    room -= text.length + 1;
  }
  return kept.join("\n");
}

/** Scenes from the director's proposal. `again`: the current scenes were made from the same proposal. */
export function proposedScenes(plan: ScenePlan, proposal: Proposal, again: boolean): PlannedScenes {
  const cover = solveCover({ ...problemOf(plan), proposal: proposal.scenes });
  if (!cover.ok) return cover;
  const fresh = cover.scenes.map((span, orderIdx): Scene => {
    const proposed = span.proposalIndex === null ? undefined : proposal.scenes[span.proposalIndex];
    return newScene(plan, {
      orderIdx,
      startFrame: span.startFrame,
      endFrame: span.endFrame,
      lyricExcerpt: excerpt(plan.lyrics, span.lineFrom, span.lineTo),
      theme: proposed?.theme ?? "Instrumental",
      aiReasoning: proposed?.reasoning ?? "",
      energy: proposed?.energy ?? 0.5,
    });
  });
  return { ok: true, scenes: kept(plan, fresh, again), proposal: null, cover: cover.certificate };
}

type SceneContent = Pick<
  Scene,
  "orderIdx" | "startFrame" | "endFrame" | "lyricExcerpt" | "theme" | "aiReasoning" | "energy"
>;

const newScene = ({ record, inputHash, newId, now }: ScenePlan, content: SceneContent): Scene => ({
  ...content,
  id: newId(),
  projectId: record.project.id,
  origin: "planned",
  motif: null,
  inputHash,
  version: 1,
  createdAt: now,
});

/** The same scene at a new place and span: its prompts, images and clips stay with it. */
function moved(
  plan: ScenePlan,
  old: Scene,
  { orderIdx, startFrame, endFrame }: Pick<Scene, "orderIdx" | "startFrame" | "endFrame">,
): Scene {
  const same = old.startFrame === startFrame && old.endFrame === endFrame;
  const version = same ? old.version : old.version + 1;
  return { ...old, orderIdx, startFrame, endFrame, inputHash: plan.inputHash, version };
}

/** Whether two lyric excerpts are the same, but for small mishearings. */
const alike = (a: string, b: string): boolean =>
  a === b || motifsOf([a, b].map((lyricExcerpt, i) => ({ id: `${i}`, lyricExcerpt }))).length > 0;

/**
 * Replaces new scenes by the current ones that they match: those with the same theme, over the same lyrics or
 * most of the same time, in the same order. So a new cut makes only what changed again. A scene that the
 * person pinned stays as it is, whatever is proposed for its time.
 */
function kept(plan: ScenePlan, fresh: readonly Scene[], again: boolean): Scene[] {
  const { scenes, project } = plan.record;
  const before = scenes.toSorted((a, b) => a.orderIdx - b.orderIdx);
  const isSpan =
    (a: { startFrame: number; endFrame: number }) => (b: { startFrame: number; endFrame: number }) =>
      a.startFrame === b.startFrame && a.endFrame === b.endFrame;
  const pinned = project.pins.flatMap((pin) => (pin.kind === "scene" ? [pin] : []));
  let from = 0;
  return fresh.map((scene) => {
    const isPinned = pinned.some(isSpan(scene));
    const overlaps = (old: Scene) =>
      2 * (Math.min(old.endFrame, scene.endFrame) - Math.max(old.startFrame, scene.startFrame)) >
      scene.endFrame - scene.startFrame;
    const matches = (old: Scene) =>
      again && old.theme === scene.theme && (old.lyricExcerpt === scene.lyricExcerpt || overlaps(old));
    const at = before.findIndex((old, i) => i >= from && (isPinned ? isSpan(scene)(old) : matches(old)));
    const old = before[at];
    if (!old) return scene;
    from = at + 1;
    const { lyricExcerpt } = isPinned || alike(old.lyricExcerpt, scene.lyricExcerpt) ? old : scene;
    return { ...moved(plan, old, scene), lyricExcerpt };
  });
}

/** The current scenes, moved to another recording of their song; `from` is the one that they were cut to. */
export function retimedScenes(
  plan: ScenePlan,
  from: { frames: number; lines: Lyrics["lines"] },
): PlannedScenes {
  const before = plan.record.scenes.toSorted((a, b) => a.orderIdx - b.orderIdx);
  const problem = problemOf(plan);
  const { fps, minFrames, maxFrames, clipFrames, beats } = problem;
  const retimed = retimeScenes({
    fps,
    minFrames,
    maxFrames,
    ...(clipFrames ? { clipFrames } : {}),
    ...(beats ? { beats } : {}),
    oldLines: from.lines,
    oldFrames: from.frames,
    newLines: plan.lyrics.lines,
    newFrames: problem.totalFrames,
    scenes: before.map((scene) => ({ ...scene, footageFrames: longestClipFrames(plan.record, scene) })),
  });
  if (!retimed.ok) return retimed;
  const scenes = retimed.scenes.map((span, orderIdx) => {
    const old = before.find((scene) => scene.id === span.id);
    const { startFrame, endFrame } = span;
    return old
      ? moved(plan, old, { orderIdx, startFrame, endFrame })
      : newScene(plan, {
          orderIdx,
          startFrame,
          endFrame,
          lyricExcerpt: excerpt(plan.lyrics, span.lineFrom, span.lineTo),
          theme: "Instrumental",
          aiReasoning: "",
          energy: 0.5,
        });
  });
  const proposal: Proposal = {
    inputHash: proposalInputs(plan.record.project),
    scenes: retimed.scenes.map(({ lineFrom, lineTo }, i) => ({
      firstLine: lineFrom < lineTo ? lineFrom : null,
      lastLine: lineFrom < lineTo ? lineTo - 1 : null,
      theme: scenes[i]?.theme ?? "",
      reasoning: scenes[i]?.aiReasoning ?? "",
      energy: scenes[i]?.energy ?? 0.5,
    })),
  };
  return { ok: true, scenes, proposal, cover: retimed.certificate };
}

/** Frames of film that the longest of a scene's clips covers; null where it has none. */
function longestClipFrames({ clips, project }: ProjectRecord, scene: Scene): number | null {
  const { fps } = project.settings;
  const covered = clips
    .filter((clip) => clip.sceneId === scene.id && clip.status === "completed")
    .map((clip) => Math.floor(((clip.frames ?? 0) * fps) / (clip.fps ?? fps) + SLACK_FRAMES));
  return covered.length > 0 ? Math.max(...covered) : null;
}
