/** Joins the transcripts of a song's overlapping parts into one. */

import type { TranscribedPart } from "../record/record.ts";
import type { TranscribedWord, Transcript } from "../record/song.ts";
import { middleOf } from "./align-words.ts";
import { type Pair, pairWords } from "./pair-words.ts";
import { jointOf, type Line, lineOf, type Piece, pieceOf, shifted } from "./transcribed-lines.ts";

/** Words on each side of a border that are compared where words have no times. */
const UNTIMED_WORDS = 60;

/** A word that begins or ends this close to where its part was cut from the song may be cut and misheard. */
const EDGE_SECONDS = 0.3;

/** Where one side ends or the other begins: after `units` of its words, at `seconds` of song time. */
interface Cut {
  units: number;
  seconds: number;
}
interface Seam {
  left: Cut;
  right: Cut;
}

const unitsOf = (lines: readonly Line[]) => lines.flatMap((line) => line.units);

/** The cut after the word at `index`; null where the next word has the same time. */
function cutBehind(units: readonly TranscribedWord[], index: number): Cut | null {
  const [word, next] = [units[index], units[index + 1]];
  if (!word || !next) return { units: index + 1, seconds: Number.POSITIVE_INFINITY };
  const seconds = (middleOf(word) + middleOf(next)) / 2;
  return middleOf(word) < seconds ? { units: index + 1, seconds } : null;
}

const cutAt = (units: readonly TranscribedWord[], seconds: number): Cut => ({
  units: units.filter((unit) => middleOf(unit) < seconds).length,
  seconds,
});

/** Words of both sides that may be the same: those in the overlap or, without times, near the border. */
function neighbours(
  left: readonly TranscribedWord[],
  right: readonly TranscribedWord[],
  slack: number,
  overlap: TranscribedWord,
) {
  if (!Number.isFinite(slack)) {
    return { from: Math.max(0, left.length - UNTIMED_WORDS), until: UNTIMED_WORDS };
  }
  const from = left.findIndex((unit) => middleOf(unit) >= overlap.start - slack / 2);
  const until = right.filter((unit) => middleOf(unit) < overlap.end + slack / 2).length;
  return { from: from < 0 ? left.length : from, until };
}

/**
 * All words of both sides, but for those that the edge of their part may have cut and that the other side,
 * which heard them whole, has at the same time.
 */
function allBut(
  left: readonly TranscribedWord[],
  right: readonly TranscribedWord[],
  isCut: { left: (word: TranscribedWord) => boolean; right: (word: TranscribedWord) => boolean },
): Seam {
  const touches = (word: TranscribedWord) => (other: TranscribedWord) =>
    other.start < word.end + EDGE_SECONDS && other.end > word.start - EDGE_SECONDS;
  const end = left.findLastIndex((word) => !(isCut.left(word) && right.some(touches(word)))) + 1;
  const begin = right.findIndex((word) => !(isCut.right(word) && left.some(touches(word))));
  const [firstLost, firstKept] = [left[end], right[begin]];
  return {
    left: { units: end, seconds: firstLost ? middleOf(firstLost) : Number.POSITIVE_INFINITY },
    right: {
      units: begin < 0 ? right.length : begin,
      seconds: firstKept ? middleOf(firstKept) : Number.POSITIVE_INFINITY,
    },
  };
}

/** Where to switch from one part to the next. */
function seamOf(before: Piece, after: Piece, afterStart: number): Seam {
  const [left, right] = [unitsOf(before.lines), unitsOf(after.lines)];
  const rough = before.precision.slackSeconds > after.precision.slackSeconds ? before : after;
  const { precision } = rough;
  const overlap = { text: "", start: afterStart, end: before.endSeconds };
  const { from, until } = neighbours(left, right, precision.slackSeconds, overlap);
  const [near, far] = [left.slice(from), right.slice(0, until)];
  if (near.length === 0 || far.length === 0) {
    // Only one side has words in the overlap, and only they can be misheard.
    return allBut(left, right, {
      left: (word) => far.length === 0 && word.end > overlap.end - EDGE_SECONDS,
      right: (word) => near.length === 0 && word.start < overlap.start + EDGE_SECONDS,
    });
  }

  const pairs = pairWords(near, far, precision);
  const middle = middleOf(overlap);
  const isTimed = Number.isFinite(precision.slackSeconds);
  const distance = ([i, j]: Pair, index: number) => {
    const [a, b] = [near[i], far[j]];
    if (!isTimed || !a || !b) return Math.abs(index - (pairs.length - 1) / 2);
    return Math.abs((middleOf(a) + middleOf(b)) / 2 - middle);
  };
  const ranked = pairs
    .map((pair, index) => ({ pair, distance: distance(pair, index) }))
    .toSorted((a, b) => a.distance - b.distance);
  for (const { pair } of ranked) {
    const cuts = { left: cutBehind(left, from + pair[0]), right: cutBehind(right, pair[1]) };
    if (cuts.left && cuts.right) return { left: cuts.left, right: cuts.right };
  }
  return { left: cutAt(left, middle), right: cutAt(right, middle) };
}

/** A side's lines before or after a cut; `through`: whether the cut divides a line. */
function cutLines(lines: readonly Line[], { units }: Cut, keep: "before" | "behind") {
  let at = 0;
  let through = false;
  const kept = lines.flatMap((line) => {
    const inside = Math.max(0, Math.min(line.units.length, units - at));
    at += line.units.length;
    const part = keep === "before" ? line.units.slice(0, inside) : line.units.slice(inside);
    if (part.length === line.units.length) return [line];
    if (part.length === 0) return [];
    through = true;
    const { start, end } = line;
    return [{ ...lineOf(part, line), ...(keep === "before" ? { start } : { end }) }];
  });
  return { kept, through };
}

/** A line that is cut on both sides is joined from its halves; its confidence is that of the longer one. */
function joinLines(left: readonly Line[], right: readonly Line[], seam: Seam): Line[] {
  const before = cutLines(left, seam.left, "before");
  const behind = cutLines(right, seam.right, "behind");
  const [last, first] = [before.kept.at(-1), behind.kept[0]];
  if (!before.through || !behind.through || !last || !first) return [...before.kept, ...behind.kept];
  const longer = last.units.length >= first.units.length ? last : first;
  const text = `${last.text}${jointOf(`${last.text}${first.text}`)}${first.text}`;
  const units = [...last.units, ...first.units];
  const whole = { ...longer, text, start: last.start, end: first.end, units };
  return [...before.kept.slice(0, -1), whole, ...behind.kept.slice(1)];
}

function joinPieces(before: Piece, after: Piece, afterStart: number): Piece {
  const { endSeconds, precision } = after;
  const seam = afterStart < before.endSeconds ? seamOf(before, after, afterStart) : null;
  const keptBefore = (word: TranscribedWord) => !seam || middleOf(word) < seam.left.seconds;
  const keptBehind = (word: TranscribedWord) => !seam || middleOf(word) >= seam.right.seconds;
  return {
    endSeconds,
    precision,
    lines: seam ? joinLines(before.lines, after.lines, seam) : [...before.lines, ...after.lines],
    words: [...before.words.filter(keptBefore), ...after.words.filter(keptBehind)],
  };
}

/** The language that is sung longest, among the known ones; null where none is known. */
function mainLanguage(parts: readonly TranscribedPart[], pieces: readonly Piece[]): string | null {
  const seconds = new Map<string, number>();
  parts.forEach(({ transcript: { language } }, i) => {
    const sung = pieces[i]?.lines.reduce((sum, line) => sum + line.end - line.start, 0) ?? 0;
    if (language) seconds.set(language, (seconds.get(language) ?? 0) + sung);
  });
  return [...seconds].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

/**
 * The transcript of a whole song from those of its parts, in song order, with times from the song's
 * start. Where two parts overlap, each word comes from one of them: the seam is after a word that both
 * heard, the one nearest to the middle of the overlap, else at the middle. Segments that the seam cuts are
 * joined again from their halves. Text that was made up over music is left out. Parts may lack segments,
 * words or both; text without times is spread over its part. A song in one part stays as it is.
 */
export function joinTranscripts(parts: readonly TranscribedPart[]): Transcript {
  const [only, ...others] = parts;
  if (only && others.length === 0) {
    const { startSeconds, transcript } = only;
    if (startSeconds === 0) return transcript;
    const [segments, words] = [
      shifted(transcript.segments, startSeconds),
      shifted(transcript.words, startSeconds),
    ];
    return { ...transcript, segments, words };
  }
  const pieces = parts.map(pieceOf);
  const [first, ...rest] = pieces;
  const song = rest.reduce(
    (joined, piece, i) => joinPieces(joined, piece, others[i]?.startSeconds ?? 0),
    first ?? { endSeconds: 0, lines: [], words: [], precision: { slackSeconds: 0, gapCost: 0 } },
  );
  // Without segments in any part, return words only: `lyricsFrom` cuts them into lines at pauses.
  const hasLines =
    parts.some(({ transcript }) => transcript.segments.length > 0) ||
    pieces.some(({ lines, words }) => lines.length > 0 && words.length === 0);
  return {
    text: song.lines.map((line) => line.text).join("\n"),
    language: mainLanguage(parts, pieces),
    segments: hasLines ? song.lines.map(({ units: _, ...segment }) => segment) : [],
    words: song.words,
  };
}
