/** Turns a transcript into the song's lyrics: lines and words in whole frames of song time. */

import type { EmbeddedLyrics, Lyrics } from "../record/record.ts";
import type { TranscribedWord, Transcript } from "../record/song.ts";
import { alignWords, tokens } from "./align-words.ts";

interface TranscribedLine extends TranscribedWord {
  words: TranscribedWord[];
  confidence: number | null;
}

/** A pause this long ends a line, where the transcriber did not say where lines end. */
const PAUSE_SECONDS = 0.7;
/** A longer line is cut at its widest pause: scenes are cut between lines. */
const LONG_LINE_SECONDS = 8;
/** Words per line where only the text is known, without line breaks or sentence ends. */
const LINE_WORDS = 8;

/** Whisper's own thresholds (whisper/transcribe.py): for silence, low confidence (exp(-1)) and repetition. */
const SILENT_ABOVE = 0.6;
const UNSURE_BELOW = 0.37;
const REPETITIVE_ABOVE = 2.4;

/**
 * Whether the model made the text up over music: it has no words, or two of three signs of failure (silence,
 * low confidence, repetition). One is not enough: singing raises `noSpeech`, and a chorus repeats itself.
 */
export function isMadeUp(segment: {
  text: string;
  noSpeech: number | null;
  confidence: number | null;
  compressionRatio?: number | null;
}): boolean {
  const { text, noSpeech, confidence, compressionRatio } = segment;
  const sung = text.replace(/\[[^\]]*\]|\*[^*]*\*|\((?:music|instrumental|applause|silence)[^)]*\)/giu, "");
  if (!/[\p{L}\p{N}]/u.test(sung)) return true;
  const silent = (noSpeech ?? 0) > SILENT_ABOVE;
  const repetitive = (compressionRatio ?? 0) > REPETITIVE_ABOVE;
  if (silent && ((confidence ?? 0) < UNSURE_BELOW || repetitive)) return true;
  return repetitive && (confidence ?? 1) < UNSURE_BELOW;
}

const isTimed = (t: TranscribedWord) => Number.isFinite(t.start) && Number.isFinite(t.end);

/** The words as one text, from the start of the first to the end of the last. */
export const joinWords = (words: readonly TranscribedWord[], joint: string): TranscribedWord => ({
  text: words.map(({ text }) => text).join(joint),
  start: words[0]?.start ?? 0,
  end: words.at(-1)?.end ?? 0,
});

const lineFrom = (words: TranscribedWord[], joint: string, confidence: number | null): TranscribedLine => ({
  ...joinWords(words, joint),
  words,
  confidence,
});

/** Cuts a line that is too long at its widest pause, and its halves again; between equals, near the middle. */
function cutLong(words: TranscribedWord[]): TranscribedWord[][] {
  const start = words[0]?.start ?? 0;
  const end = words.at(-1)?.end ?? 0;
  if (end - start <= LONG_LINE_SECONDS || words.length < 2) return [words];
  let best = { score: Number.NEGATIVE_INFINITY, at: 1 };
  for (let at = 1; at < words.length; at++) {
    const before = words[at - 1]?.end ?? start;
    const after = words[at]?.start ?? end;
    const score = after - before - 0.1 * Math.abs((before + after) / 2 - (start + end) / 2);
    if (score > best.score) best = { score, at };
  }
  return [...cutLong(words.slice(0, best.at)), ...cutLong(words.slice(best.at))];
}

/** Lines of at least a word each; a line ends at a pause, or where the written text has a line break. */
export function cutAtPauses(
  words: readonly (TranscribedWord & { endsLine?: boolean })[],
): TranscribedWord[][] {
  const lines: TranscribedWord[][] = [];
  let open: TranscribedWord[] = [];
  words.forEach(({ endsLine, ...word }, i) => {
    open.push(word);
    const next = words[i + 1];
    if (endsLine || !next || next.start - word.end >= PAUSE_SECONDS) {
      lines.push(open);
      open = [];
    }
  });
  return lines;
}

/** What joins the words: nothing in a script that is written without spaces, else a space. */
const jointFor = (text: string, words: readonly TranscribedWord[]) =>
  words.length > 2 && !/\s/u.test(text.trim()) && text.trim() !== "" ? "" : " ";

function fromSegments(transcript: Transcript, words: readonly TranscribedWord[]): TranscribedLine[] {
  const segments = transcript.segments
    .filter((s) => isTimed(s) && !isMadeUp(s))
    .toSorted((a, b) => a.start - b.start);
  let used = 0;
  return segments.flatMap((segment) => {
    const aligned = alignWords(segment, words, used);
    used = aligned.next;
    const text = segment.text.trim().replace(/\s+/gu, " ");
    const { start, end, confidence } = segment;
    if (aligned.words.length === 0) return [{ text, start, end, words: [], confidence }];
    const pieces = cutLong(aligned.words);
    if (pieces.length > 1)
      return pieces.map((piece) => lineFrom(piece, jointFor(text, aligned.words), confidence));
    return [{ ...lineFrom(aligned.words, " ", confidence), text }];
  });
}

function fromWords(transcript: Transcript, words: readonly TranscribedWord[]): TranscribedLine[] {
  const whole = { text: transcript.text, start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  const aligned = alignWords(whole, words, 0).words;
  const joint = jointFor(transcript.text, words);
  return cutAtPauses(aligned)
    .flatMap(cutLong)
    .map((line) => lineFrom(line, joint, null));
}

/** Lines of a text without times: lines, sentences or runs of words share the duration by their length. */
export function spreadText(text: string, durationSeconds: number): TranscribedLine[] {
  const sentences = text.split(/\n+|(?<=[.!?…。！？])\s+/u).map((s) => s.trim().replace(/\s+/gu, " "));
  const lines = sentences
    .filter((s) => !isMadeUp({ text: s, noSpeech: null, confidence: null }))
    .flatMap((sentence) => {
      const words = tokens(sentence).map((t) => t.text);
      const runs = Math.max(1, Math.ceil(words.length / (LINE_WORDS * 1.5)));
      const size = Math.ceil(words.length / runs);
      return Array.from({ length: runs }, (_, i) => words.slice(i * size, (i + 1) * size).join(" "));
    })
    .filter((line) => line !== "");
  const total = lines.reduce((sum, line) => sum + line.length, 0);
  let at = 0;
  return lines.map((line) => {
    const start = at;
    at += (line.length / total) * durationSeconds;
    return { text: line, start, end: at, words: [], confidence: null };
  });
}

const within = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Whole frames in song order: starts ascend strictly, nothing overlaps or leaves the song. */
function inFrames(transcript: readonly TranscribedLine[], totalFrames: number, fps: number): Lyrics["lines"] {
  const sorted = transcript.toSorted((a, b) => a.start - b.start);
  const starts: number[] = [];
  const placed = sorted.filter((line) => {
    const start = Math.max(0, Math.round(line.start * fps), (starts.at(-1) ?? -1) + 1);
    const fits = start < totalFrames && line.end > 0;
    if (fits) starts.push(start);
    return fits;
  });
  return placed.map(({ text, end, words, confidence }, i) => {
    const startFrame = starts[i] ?? 0;
    const limit = starts[i + 1] ?? totalFrames;
    const endFrame = within(Math.round(end * fps), startFrame + 1, limit);
    let at = startFrame;
    const inLine = words.map((word) => {
      const from = within(Math.round(word.start * fps), at, endFrame);
      at = within(Math.round(word.end * fps), from, endFrame);
      return { text: word.text, startFrame: from, endFrame: at };
    });
    return { text, startFrame, endFrame, words: inLine, confidence };
  });
}

/**
 * The song's lyrics from a transcription. Lines come from segments, else from words cut at pauses;
 * text without times is spread over the song, without word times. Text that was made up over music
 * is dropped; an empty transcript has no lines. In the result, lines ascend, never overlap and last
 * at least a frame; the words of a line ascend inside it (a word may be shorter than a frame).
 */
export function lyricsFrom(transcript: Transcript, song: { totalFrames: number; fps: number }): Lyrics {
  const words = transcript.words.filter(isTimed).toSorted((a, b) => a.start - b.start);
  const lines = () => {
    if (transcript.segments.some(isTimed)) return fromSegments(transcript, words);
    if (words.length > 0) return fromWords(transcript, words);
    return spreadText(transcript.text, song.totalFrames / song.fps);
  };
  return {
    source: "transcribed",
    language: transcript.language,
    lines: inFrames(lines(), song.totalFrames, song.fps),
  };
}

/** A line without a stated end lasts until the next one begins, but no longer than this. */
const LONGEST_SUNG_SECONDS = 8;

/** The lyrics that a file carries with times; lines without one are left out. */
export function embeddedLyrics(
  { language, lines }: EmbeddedLyrics,
  song: { totalFrames: number; fps: number },
): Lyrics {
  const timed = lines
    .flatMap(({ startSeconds, ...line }) => (startSeconds === null ? [] : [{ ...line, start: startSeconds }]))
    .toSorted((a, b) => a.start - b.start);
  const transcript = timed.map(({ text, start, words }, i): TranscribedLine => {
    const next = timed[i + 1]?.start ?? song.totalFrames / song.fps;
    const end = Math.min(next, start + LONGEST_SUNG_SECONDS);
    return {
      text: text.trim(),
      start,
      end,
      words: words.map((word, k) => ({
        text: word.text.trim(),
        start: word.startSeconds,
        end: words[k + 1]?.startSeconds ?? end,
      })),
      confidence: null,
    };
  });
  // A line without words ends the one before it: such files mark instrumental parts that way.
  const sung = transcript.filter((line) => /[\p{L}\p{N}]/u.test(line.text));
  return { source: "embedded", language, lines: inFrames(sung, song.totalFrames, song.fps) };
}
