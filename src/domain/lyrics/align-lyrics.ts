/** Matches the words of two recordings of a song: a global alignment that prefers runs of equal words. */
import type { Span } from "../record/song.ts";
import { sungWords } from "./sung-words.ts";

export interface TimedLine extends Span {
  text: string;
  /** Empty where only the line is timed: its words then share its time. */
  words: readonly (Span & { text: string })[];
}

/** One word in both recordings, in frames of each. */
export interface SameWord {
  was: Span;
  is: Span;
}

/** Score of a word that both have. */
const SAME = 1;
/** Cost of ending a run of words that are consecutive in both: one matched word by itself is chance. */
const LEAVE = 1.5;
/** Cost of ending a run at the end of a line in both: verses are cut out and put in there. */
const LEAVE_AT_END = 1.25;
/** Cost of a word moved by the length of the song: decides between repetitions that are otherwise equal. */
const AWAY = 0.1;
/** Lyrics that share less than this part of the shorter one are different; the shared words are chance. */
const LEAST_SHARED = 0.1;
/** Most pairs of words that are compared: lyrics of 5,000 words each. */
const MAX_PAIRS = 25_000_000;

interface Sung extends Span {
  word: string;
  endsLine: boolean;
}

/** Words in song order; several words of one timed text share its time evenly. */
function sungIn(lines: readonly TimedLine[]): Sung[] {
  return lines.flatMap((line) => {
    const timed = line.words.length > 0 ? line.words : [line];
    const sung = timed.flatMap(({ text, startFrame, endFrame }) => {
      const words = sungWords(text);
      const at = (i: number) => Math.round(startFrame + ((endFrame - startFrame) * i) / words.length);
      return words.map((word, i) => ({ word, startFrame: at(i), endFrame: at(i + 1) }));
    });
    return sung.map((word, i) => ({ ...word, endsLine: i === sung.length - 1 }));
  });
}

const RUN_ON = 1;
const SKIP_OLD = 2;
const SKIP_NEW = 4;

/** The best alignment's pairs of indices, ascending. `away`: cost of the distance in time of two words. */
function bestPairs(
  was: readonly Sung[],
  is: readonly Sung[],
  away: (i: number, j: number) => number,
): [number, number][] {
  const wide = is.length + 1;
  const ids = new Map<string, number>();
  const idOf = ({ word }: Sung) => {
    const id = ids.get(word) ?? ids.size;
    ids.set(word, id);
    return id;
  };
  const oldIds = Int32Array.from(was, idOf);
  const newIds = Int32Array.from(is, idOf);
  const way = new Uint8Array((was.length + 1) * wide);
  // Best scores of the alignments that end with a match here (`run`), and of those that do not (`gap`).
  let run = new Float64Array(wide).fill(Number.NEGATIVE_INFINITY);
  let gap = new Float64Array(wide);
  let nextRun = run.slice();
  let nextGap = gap.slice();
  way.fill(SKIP_NEW, 1, wide);
  for (let i = 1; i <= was.length; i++) {
    way[i * wide] = SKIP_OLD;
    for (let j = 1; j <= is.length; j++) {
      let taken = 0;
      let matched = Number.NEGATIVE_INFINITY;
      let left = Number.NEGATIVE_INFINITY;
      if (oldIds[i - 1] === newIds[j - 1]) {
        const on = run[j - 1] ?? 0;
        const off = gap[j - 1] ?? 0;
        if (on > off) taken = RUN_ON;
        matched = Math.max(on, off) + SAME - away(i - 1, j - 1);
        left = matched - (was[i - 1]?.endsLine && is[j - 1]?.endsLine ? LEAVE_AT_END : LEAVE);
      }
      const skipOld = gap[j] ?? 0;
      const skipNew = nextGap[j - 1] ?? 0;
      const skip = Math.max(skipOld, skipNew);
      if (left <= skip) taken |= skipOld >= skipNew ? SKIP_OLD : SKIP_NEW;
      nextRun[j] = matched;
      nextGap[j] = Math.max(skip, left);
      way[i * wide + j] = taken;
    }
    [run, nextRun] = [nextRun, run];
    [gap, nextGap] = [nextGap, gap];
  }
  const pairs: [number, number][] = [];
  let inRun = false;
  for (let i = was.length, j = is.length; i > 0 && j > 0; ) {
    const taken = way[i * wide + j] ?? 0;
    if (!inRun && taken & SKIP_OLD) i--;
    else if (!inRun && taken & SKIP_NEW) j--;
    else {
      pairs.push([--i, --j]);
      inRun = (taken & RUN_ON) !== 0;
    }
  }
  return pairs.reverse();
}

/**
 * The words that two recordings share, in the order of both. Words that only one has (another verse, a
 * mishearing) are left out, and so are single words between them; of a chorus that only one repeats, the
 * repetition nearest in time is taken. Empty for lyrics of different songs, or too long to compare.
 */
export function alignLyrics(oldLines: readonly TimedLine[], newLines: readonly TimedLine[]): SameWord[] {
  const was = sungIn(oldLines);
  const is = sungIn(newLines);
  if (was.length * is.length > MAX_PAIRS) return [];
  const span = Math.max(1, was.at(-1)?.endFrame ?? 1, is.at(-1)?.endFrame ?? 1);
  const away = (i: number, j: number) =>
    (AWAY * Math.abs((was[i]?.startFrame ?? 0) - (is[j]?.startFrame ?? 0))) / span;
  const pairs = bestPairs(was, is, away);
  if (pairs.length < LEAST_SHARED * Math.min(was.length, is.length)) return [];
  return pairs.flatMap(([i, j]) => {
    const [old, now] = [was[i], is[j]];
    return old && now ? [{ was: old, is: now }] : [];
  });
}
