/** Maps each moment of a song to the same moment in another recording of it. */
import { alignLyrics, type SameWord, type TimedLine } from "../lyrics/align-lyrics.ts";
import type { Span } from "../record/song.ts";

export interface TwoRecordings {
  fps: number;
  oldLines: readonly TimedLine[];
  newLines: readonly TimedLine[];
  /** Lengths of both, in frames. */
  oldFrames: number;
  newFrames: number;
}

export interface SongWarp {
  /** The new frame for an old one; ascends with the old one, and stays in the song. */
  frame(old: number): number;
  /** Words that both recordings have, in song order, with their times in each. */
  words: readonly SameWord[];
}

/** Old and new frame of one moment. */
interface Anchor {
  was: number;
  is: number;
}

/** The tempo is measured between words that are this far apart. */
const BASELINE_SECONDS = 10;
/** Songs without words whose lengths differ relatively by less are the same take at another speed. */
const SAME_TAKE = 0.05;
/** A pause that differs by more than this and a quarter had music cut out or put in; less is a mishearing. */
const SLACK_SECONDS = 0.5;

/** Starts and ends of shared words, where time runs forward in both. */
function anchorsOf(words: readonly SameWord[]): Anchor[] {
  const anchors: Anchor[] = [];
  const add = (was: number, is: number) => {
    const last = anchors.at(-1);
    if (!last || (was >= last.was && is >= last.is)) anchors.push({ was, is });
  };
  for (const { was, is } of words) {
    add(was.startFrame, is.startFrame);
    add(was.endFrame, is.endFrame);
  }
  return anchors;
}

/** New frames for each old one: the median over pairs of distant words; 1 where there is no plausible one. */
function tempoOf(anchors: readonly Anchor[], fps: number): number {
  const ratios: number[] = [];
  let j = 0;
  for (const from of anchors) {
    while (j < anchors.length && (anchors[j]?.was ?? 0) - from.was < BASELINE_SECONDS * fps) j++;
    const to = anchors[j];
    if (to) ratios.push((to.is - from.is) / (to.was - from.was));
  }
  const middle = ratios.toSorted((a, b) => a - b)[ratios.length >> 1] ?? 1;
  return middle >= 0.5 && middle <= 2 ? middle : 1;
}

/** The new frame between two anchors: interpolated; where music was cut or added, as far from the nearer. */
function between(old: number, a: Anchor, b: Anchor, tempo: number, fps: number): number {
  const was = b.was - a.was;
  const is = b.is - a.is;
  const changed = Math.abs(is - was * tempo) > Math.max(SLACK_SECONDS * fps, was / 4);
  if (!changed) return a.is + ((old - a.was) * is) / was;
  const kept = Math.min(was, is / tempo) / 2;
  if (old - a.was <= kept) return a.is + (old - a.was) * tempo;
  return b.is - Math.min(b.was - old, kept) * tempo;
}

/**
 * Follows the words that both recordings share. Before the first and after the last, and throughout a
 * song without words, time runs at the tempo measured. A moment between two that were joined by a cut
 * belongs to the later one, so that a scene begins with its own words.
 */
export function songWarp({ fps, oldLines, newLines, oldFrames, newFrames }: TwoRecordings): SongWarp {
  const words = alignLyrics(oldLines, newLines);
  const anchors = anchorsOf(words);
  const [first, last] = [anchors[0], anchors.at(-1)];
  const scale = newFrames / Math.max(1, oldFrames);
  const wordless = Math.abs(scale - 1) < SAME_TAKE ? scale : 1;
  const tempo = tempoOf(anchors, fps);
  const exact = (old: number): number => {
    if (!first || !last) return old * wordless;
    if (old < first.was) return first.is - (first.was - old) * tempo;
    if (old >= last.was) return last.is + (old - last.was) * tempo;
    let [low, high] = [0, anchors.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((anchors[middle]?.was ?? 0) <= old) low = middle;
      else high = middle;
    }
    return between(old, anchors[low] ?? first, anchors[high] ?? last, tempo, fps);
  };
  return { words, frame: (old) => Math.min(newFrames, Math.max(0, Math.round(exact(old)))) };
}

const lineAround = (lines: readonly Span[], frame: number) =>
  lines.find((line) => line.startFrame < frame && frame < line.endFrame);

/**
 * A cut that was between two lines, and that a misheard word would move a little into one, goes to the edge
 * of that line; any other cut keeps its `frame`.
 */
function betweenLines(cut: number, frame: number, { fps, oldLines, newLines }: TwoRecordings): number {
  const line = lineAround(newLines, frame);
  if (!line || lineAround(oldLines, cut)) return frame;
  const edge = frame - line.startFrame <= line.endFrame - frame ? line.startFrame : line.endFrame;
  return Math.abs(edge - frame) <= SLACK_SECONDS * fps ? edge : frame;
}

type CutsInput = TwoRecordings & { cuts: readonly number[]; minFrames: number };

/**
 * Where the boundaries of old scenes (`cuts`, ascending, from 0 to the old song's end) fall in the new
 * song: ascending, from 0 to its end, but not yet of legal lengths. `vanished`: the scenes, counted
 * from 0, whose time was cut out; less than half of the shortest legal length is left of them.
 */
export function retimeCuts(input: CutsInput): { cuts: number[]; vanished: number[] } {
  return warpCuts(songWarp(input), input);
}

/** As `retimeCuts`, for a warp that is already computed. */
export function warpCuts(warp: SongWarp, input: CutsInput): { cuts: number[]; vanished: number[] } {
  const { cuts, minFrames, newFrames } = input;
  let latest = 0;
  const mapped = cuts.map((cut, i) => {
    if (i > 0) latest = Math.max(latest, betweenLines(cut, warp.frame(cut), input));
    return i > 0 && i === cuts.length - 1 ? newFrames : Math.min(newFrames, latest);
  });
  const lengths = (all: readonly number[]) => all.slice(1).map((end, i) => end - (all[i] ?? 0));
  const before = lengths(cuts);
  const vanished = lengths(mapped).flatMap((left, i) =>
    left < Math.min(minFrames, before[i] ?? 0) / 2 ? [i] : [],
  );
  return { cuts: mapped, vanished };
}

/** The new span of a scene's words; null where the new recording has none of them. */
export function wordsWithin(scene: Span, words: readonly SameWord[]): Span | null {
  const sung = words.filter(({ was }) => {
    const middle = (was.startFrame + was.endFrame) / 2;
    return middle >= scene.startFrame && middle < scene.endFrame;
  });
  const [first, last] = [sung[0], sung.at(-1)];
  return first && last ? { startFrame: first.is.startFrame, endFrame: last.is.endFrame } : null;
}
