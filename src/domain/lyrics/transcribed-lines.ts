/** The lines of one transcribed part of a song; each word gets a time, whatever the transcriber returned. */

import type { TranscribedPart } from "../record/record.ts";
import type { TranscribedWord } from "../record/song.ts";
import { alignWords, middleOf, tokens } from "./align-words.ts";
import { cutAtPauses, isMadeUp, joinWords, spreadText } from "./lyrics.ts";
import { UNSPACED } from "./sung-words.ts";

/** A segment, or a line made from words or text where the transcriber gave no segments; in song time. */
export interface Line extends TranscribedWord {
  noSpeech: number | null;
  confidence: number | null;
  compressionRatio?: number | null;
  units: TranscribedWord[];
}

/** How well the times of words are known. */
export interface Precision {
  /** Two times of one word differ by less than this. */
  slackSeconds: number;
  /** Cost of a word that one side lacks (a shared one scores up to 1): higher where times are less exact. */
  gapCost: number;
}
const TIMED: Precision = { slackSeconds: 1, gapCost: 0 };
const TIMED_BY_LINE: Precision = { slackSeconds: 2, gapCost: 0.2 };
const UNTIMED: Precision = { slackSeconds: Number.POSITIVE_INFINITY, gapCost: 0.4 };

export interface Piece {
  endSeconds: number;
  lines: Line[];
  /** As the transcriber timed them; empty where it did not. */
  words: TranscribedWord[];
  precision: Precision;
}

const IS_UNSPACED = new RegExp(UNSPACED, "u");

/** What joins two words: nothing in scripts that are written without spaces, else a space. */
export const jointOf = (text: string): "" | " " =>
  /\s/u.test(text.trim()) || !IS_UNSPACED.test(text) ? " " : "";

/** Sorted by start and moved by `by` seconds; entries without times are left out. */
export const shifted = <T extends TranscribedWord>(timed: readonly T[], by: number): T[] =>
  timed
    .filter(({ start, end }) => Number.isFinite(start) && Number.isFinite(end))
    .map((t) => ({ ...t, start: t.start + by, end: t.end + by }))
    .toSorted((a, b) => a.start - b.start);

/** A line made from some of the words of another. */
export function lineOf(
  units: TranscribedWord[],
  { text, noSpeech, confidence, compressionRatio }: Omit<Line, "start" | "end" | "units">,
): Line {
  return { ...joinWords(units, jointOf(text)), noSpeech, confidence, compressionRatio, units };
}

/** Words without times share their line's time by their length. */
function spread(line: TranscribedWord): TranscribedWord[] {
  const texts = jointOf(line.text) === "" ? [...line.text] : tokens(line.text).map((t) => t.text);
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  let at = line.start;
  return texts.map((text) => {
    const start = at;
    at += ((line.end - line.start) * text.length) / total;
    return { text, start, end: at };
  });
}

function linesOfSegments(
  segments: readonly Omit<Line, "units">[],
  words: readonly TranscribedWord[],
): Line[] {
  let used = 0;
  return segments.map((segment) => {
    const aligned = alignWords(segment, words, used);
    used = aligned.next;
    const units = aligned.words.map(({ text, start, end }) => ({ text, start, end }));
    return { ...segment, units: units.length > 0 ? units : spread(segment) };
  });
}

function linesOfWords(text: string, words: readonly TranscribedWord[]): Line[] {
  const whole = { text, start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  return cutAtPauses(alignWords(whole, words, 0).words).map((units) =>
    lineOf(units, { text, noSpeech: null, confidence: null }),
  );
}

/** The part's lines and words in song time, without text that was made up over music. */
export function pieceOf({ startSeconds, endSeconds, transcript }: TranscribedPart): Piece {
  const all = shifted(transcript.segments, startSeconds);
  const segments = all.filter((segment) => !isMadeUp(segment));
  const madeUp = all.filter(isMadeUp);
  const holds = (ranges: readonly TranscribedWord[], word: TranscribedWord) =>
    ranges.some(({ start, end }) => middleOf(word) >= start && middleOf(word) < end);
  const words = shifted(transcript.words, startSeconds).filter(
    (word) => !holds(madeUp, word) || holds(segments, word),
  );
  const piece = { endSeconds, words, precision: TIMED };
  if (all.length > 0) {
    const precision = words.length > 0 ? TIMED : TIMED_BY_LINE;
    return { ...piece, precision, lines: linesOfSegments(segments, words) };
  }
  if (words.length > 0) return { ...piece, lines: linesOfWords(transcript.text, words) };
  const lines = shifted(spreadText(transcript.text, endSeconds - startSeconds), startSeconds);
  return {
    ...piece,
    precision: lines.length > 0 ? UNTIMED : TIMED,
    lines: lines.map(({ text, start, end, confidence }) => {
      const line = { text, start, end, confidence, noSpeech: null };
      return { ...line, units: spread(line) };
    }),
  };
}
