/** One transcript of a song out of those of its parts, which overlap. */

import type { TranscribedPart } from "../record/record.ts";
import type { TranscribedWord } from "./align-words.ts";
import type { Transcript } from "./lyrics.ts";
import { type Pair, pairWords } from "./pair-words.ts";
import { jointOf, type Line, lineOf, middleOf, type Piece, pieceOf, shifted } from "./transcribed-lines.ts";

/** Words on either side of a border that are looked at where there are no times. */
const UNTIMED_WORDS = 60;

/** Where one side ends or the other begins: behind so many of its words, and at a moment. */
interface Cut {
  units: number;
  seconds: number;
}
interface Seam {
  left: Cut;
  right: Cut;
}

const unitsOf = (lines: readonly Line[]) => lines.flatMap((line) => line.units);

/** Behind the word at an index. Null where the next one stands at the same moment. */
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

/** Words of both sides that may be the same: those of the overlap, or near the border where times tell nothing. */
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

/** Where to leave one side and go on with the other. Null where only one of them has words there. */
function seamOf(before: Piece, after: Piece, afterStart: number): Seam | null {
  const [left, right] = [unitsOf(before.lines), unitsOf(after.lines)];
  const rough = before.precision.slackSeconds > after.precision.slackSeconds ? before : after;
  const { precision } = rough;
  const overlap = { text: "", start: afterStart, end: before.endSeconds };
  const { from, until } = neighbours(left, right, precision.slackSeconds, overlap);
  const [near, far] = [left.slice(from), right.slice(0, until)];
  if (near.length === 0 || far.length === 0) return null;

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

/** A side's lines before a cut or behind it, and whether it goes through the one at the border. */
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

/** A line that both sides were cut in is put together from their halves; the longer one answers for it. */
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

/** The one that was sung longest, among those that are known. */
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
 * start. Where two parts overlap, each word comes from one of them: the seam is behind a word that
 * both heard, as near to the overlap's middle as there is one, else at its middle. Segments that the
 * seam cuts are put together again from their halves. What was made up over music is left out.
 * Parts may lack segments, words or both; text without times is spread over its part. A song in one
 * part stays as it is.
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
  // Words alone stay words alone: lines are cut from them later, at their pauses.
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
