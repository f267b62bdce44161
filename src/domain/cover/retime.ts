/** Moves scenes from one recording of a song to another. */

import type { SameWord } from "../lyrics/align-lyrics.ts";
import type { CoverCertificate, Failure, Pin } from "../record/record.ts";
import type { Span } from "../record/song.ts";
import type { SungLine } from "./cover-cost.ts";
import { placeScenes, type WishedScene } from "./place-scenes.ts";
import { type CoverProblem, solveCover } from "./solve.ts";
import { songWarp, type TwoRecordings, warpCuts, wordsWithin } from "./song-warp.ts";

interface RetimedScene extends Span {
  /** Id of the old scene; null for a new one. */
  id: string | null;
  /** New lines `lineFrom` (inclusive) to `lineTo` (exclusive). */
  lineFrom: number;
  lineTo: number;
}

export type Retimed =
  | {
      ok: true;
      scenes: RetimedScene[];
      /** Ids of scenes left out, in film order: their time was cut out, or there is no room for them. */
      removed: string[];
      certificate: CoverCertificate;
    }
  | { ok: false; failure: Failure };

interface OldScene extends Span {
  id: string;
  /** Frames that the scene's clip covers, if any: the scene stays within them if a small move is enough. */
  footageFrames?: number | null;
}

export type RetimeInput = TwoRecordings &
  Pick<CoverProblem, "minFrames" | "maxFrames" | "targetFrames" | "clipFrames" | "beats"> & {
    /** A cover of the old song, in its order. */
    scenes: readonly OldScene[];
  };

/** A scene's wished span: between its mapped cuts or, where these are too far apart, next to its words. */
function wishOf(scene: OldScene, mapped: Span, maxFrames: number, words: readonly SameWord[]): Span {
  const { startFrame, endFrame } = mapped;
  if (endFrame - startFrame <= maxFrames) return mapped;
  const frames = Math.min(maxFrames, scene.endFrame - scene.startFrame);
  const sung = wordsWithin(scene, words);
  const late = sung !== null && sung.startFrame - startFrame > endFrame - sung.endFrame;
  return late ? { startFrame: endFrame - frames, endFrame } : { startFrame, endFrame: startFrame + frames };
}

function insideLines(lines: readonly SungLine[], totalFrames: number): Uint8Array {
  const inside = new Uint8Array(totalFrames + 1);
  for (const line of lines) inside.fill(1, Math.max(0, line.startFrame + 1), Math.max(0, line.endFrame));
  return inside;
}

/** The scenes that stay, with their new spans. */
function keep(input: RetimeInput): { id: string; span: Span }[] {
  const { scenes, newFrames, minFrames, maxFrames } = input;
  const warp = songWarp(input);
  const ends = scenes.map((s, i) => (i === scenes.length - 1 ? input.oldFrames : s.endFrame));
  const { cuts, vanished } = warpCuts(warp, { ...input, cuts: [0, ...ends] });
  const gone = new Set(vanished);
  const staying = scenes.flatMap((scene, i) => (gone.has(i) ? [] : [{ scene, i }]));
  // The time left of a vanished scene goes to the one before it: the next scene begins with its own words.
  const wished = staying.map(({ scene, i }, k): WishedScene => {
    const startFrame = k === 0 ? 0 : (cuts[i] ?? 0);
    const next = staying[k + 1];
    const mapped = { startFrame, endFrame: next ? (cuts[next.i] ?? 0) : newFrames };
    const least = Math.min(minFrames, newFrames, scene.endFrame - scene.startFrame);
    return {
      ...wishOf(scene, mapped, maxFrames, warp.words),
      minFrames: Math.max(1, least),
      footageFrames: scene.footageFrames ?? null,
    };
  });
  const placed = placeScenes({
    totalFrames: newFrames,
    fps: input.fps,
    scenes: wished,
    minFrames: Math.min(minFrames, Math.floor(newFrames / Math.ceil(newFrames / maxFrames))),
    maxFrames,
    avoid: insideLines(input.newLines, newFrames),
  });
  return staying.flatMap(({ scene }, k) => {
    const span = placed[k];
    return span ? [{ id: scene.id, span }] : [];
  });
}

/** What was left out and what is new, in sentences. */
function changes(
  input: RetimeInput,
  scenes: readonly RetimedScene[],
  removed: ReadonlySet<string>,
): string[] {
  const gone = input.scenes.flatMap(({ id }, i) => (removed.has(id) ? [i + 1] : []));
  const added = scenes.filter((s) => s.id === null);
  const at = ({ startFrame }: Span) => `${(startFrame / input.fps).toFixed(1)} s`;
  const sentences: string[] = [];
  if (gone.length > 0)
    sentences.push(`Left out, because the new recording has no time for them: scenes ${gone.join(", ")}.`);
  if (added.length > 0)
    sentences.push(`New, because no scene was cut to it: what begins at ${added.map(at).join(", ")}.`);
  return sentences;
}

/**
 * Gives the scenes of the old recording exact, legal spans in the new one, in their order. Each scene that
 * stays keeps its id and has one span, near the words that it was cut to; time that is too long for them
 * (another verse, a longer solo) gets new scenes. The same recording changes nothing. Fails with
 * `cover_impossible` for invalid lengths, as `solveCover` does.
 */
export function retimeScenes(input: RetimeInput): Retimed {
  const { fps, newFrames, minFrames, maxFrames } = input;
  const whole = [newFrames, minFrames, maxFrames].every(Number.isSafeInteger);
  const sound = whole && newFrames >= 1 && minFrames >= 1 && maxFrames >= minFrames;
  const kept = sound ? keep(input) : [];
  const cover = solveCover({
    totalFrames: newFrames,
    fps,
    lines: input.newLines,
    proposal: [],
    minFrames,
    maxFrames,
    targetFrames: input.targetFrames,
    clipFrames: input.clipFrames,
    beats: input.beats,
    pins: kept.map(({ span }): Pin => ({ kind: "scene", ...span })),
  });
  if (!cover.ok) return cover;
  const idAt = new Map(kept.map(({ id, span }) => [span.startFrame, id]));
  const scenes = cover.scenes.map(
    ({ startFrame, endFrame, lineFrom, lineTo }): RetimedScene => ({
      id: idAt.get(startFrame) ?? null,
      startFrame,
      endFrame,
      lineFrom,
      lineTo,
    }),
  );
  const stays = new Set(kept.map(({ id }) => id));
  const removed = input.scenes.flatMap(({ id }) => (stays.has(id) ? [] : [id]));
  const certificate = { ...cover.certificate, repairs: changes(input, scenes, new Set(removed)) };
  return { ok: true, scenes, removed, certificate };
}
