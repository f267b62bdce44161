/** The scenes of a song: solved as an exact cover, and as much as can be of what was there before kept in them. */

import { proposalInputs, sceneFrames, songFrames } from "../controller/inputs.ts";
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
import { beatsIn, snapping } from "./beat-grid.ts";
import { SLACK_FRAMES } from "./fill.ts";
import { motifsOf } from "./motifs.ts";
import { retimeScenes } from "./retime.ts";
import { type CoverProblem, solveCover } from "./solve.ts";

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
  /** `proposal` is what they amount to, where nobody proposed them. */
  | { ok: true; scenes: Scene[]; proposal: Proposal | null; cover: CoverCertificate }
  | { ok: false; failure: Failure };

/** The cover's problem but for the proposal: the song, its beats, the pins, and what clips can be bought. */
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

/** Of the lyrics that a scene keeps for its prompt and for people to read. */
const MOST_EXCERPT_CHARACTERS = 2_000;

/** What is sung in a scene: as many of its lines as there is room for. */
function excerpt({ lines }: Lyrics, from: number, to: number): string {
  const kept: string[] = [];
  let room = MOST_EXCERPT_CHARACTERS;
  for (const { text } of lines.slice(from, to)) {
    if (text.length > room) return kept.length > 0 ? kept.join("\n") : storable(text, room);
    kept.push(text);
    room -= text.length + 1;
  }
  return kept.join("\n");
}

/** Scenes by the director's proposal; `again` where those of before were made by the same one. */
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

type Told = Pick<
  Scene,
  "orderIdx" | "startFrame" | "endFrame" | "lyricExcerpt" | "theme" | "aiReasoning" | "energy"
>;

const newScene = ({ record, inputHash, newId, now }: ScenePlan, told: Told): Scene => ({
  ...told,
  id: newId(),
  projectId: record.project.id,
  origin: "planned",
  motif: null,
  inputHash,
  version: 1,
  createdAt: now,
});

/** A scene that stays, moved: what hangs on it stays with it. */
function moved(
  plan: ScenePlan,
  old: Scene,
  { orderIdx, startFrame, endFrame }: Pick<Scene, "orderIdx" | "startFrame" | "endFrame">,
): Scene {
  const same = old.startFrame === startFrame && old.endFrame === endFrame;
  const version = same ? old.version : old.version + 1;
  return { ...old, orderIdx, startFrame, endFrame, inputHash: plan.inputHash, version };
}

/** Whether two scenes sing the same, as far as can be heard. */
const alike = (a: string, b: string): boolean =>
  a === b || motifsOf([a, b].map((lyricExcerpt, i) => ({ id: `${i}`, lyricExcerpt }))).length > 0;

/**
 * Scenes on the theme of one of before, over its words or its time, in the same order, are that scene, so that cutting anew makes
 * only what changed anew. A scene that the person pinned stays as it is, whatever is proposed for its time.
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
    const held = pinned.some(isSpan(scene));
    const meets = (old: Scene) =>
      2 * (Math.min(old.endFrame, scene.endFrame) - Math.max(old.startFrame, scene.startFrame)) >
      scene.endFrame - scene.startFrame;
    const says = (old: Scene) =>
      again && old.theme === scene.theme && (old.lyricExcerpt === scene.lyricExcerpt || meets(old));
    const at = before.findIndex((old, i) => i >= from && (held ? isSpan(scene)(old) : says(old)));
    const old = before[at];
    if (!old) return scene;
    from = at + 1;
    const { lyricExcerpt } = held || alike(old.lyricExcerpt, scene.lyricExcerpt) ? old : scene;
    return { ...moved(plan, old, scene), lyricExcerpt };
  });
}

/** The scenes as they were, following another recording of their song. */
export function followingScenes(
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
