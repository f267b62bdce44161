/** The stand-in for transcription models: reads the lyrics in the song's tags instead of listening. */
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { syllables, wordsOf } from "./words.ts";

interface SungWord {
  word: string;
  start: number;
  end: number;
}
interface SungLine {
  text: string;
  start: number;
  end: number;
  words: SungWord[];
}
export interface SungLyrics {
  /** Seconds. */
  duration: number;
  lines: SungLine[];
}

/** About how long a syllable is sung; by it a line ends before a long pause and not after it. */
const SYLLABLE_SECONDS = 0.52;
const ms = (seconds: number) => Math.round(seconds * 1000) / 1000;

const STAMP = /\[(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)\]/g;
const WORD_STAMP = /<(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)>/g;
const toSeconds = (minutes: string, seconds: string) =>
  Number(minutes) * 60 + Number(seconds.replace(":", "."));

interface Cue {
  start: number;
  text: string;
  /** Seconds at which the line's words begin (enhanced LRC); empty without such times. */
  marks: number[];
}

function cuesOf(lrc: string): Cue[] {
  return lrc
    .split(/\r?\n/)
    .flatMap((row) => {
      const stamps = [...row.matchAll(STAMP)].map((m) => toSeconds(m[1] ?? "0", m[2] ?? "0"));
      const body = row.replace(STAMP, "");
      const marks = [...body.matchAll(WORD_STAMP)].map((m) => toSeconds(m[1] ?? "0", m[2] ?? "0"));
      const text = body.replace(WORD_STAMP, " ").replace(/\s+/g, " ").trim();
      return stamps.map((start) => ({ start, text, marks }));
    })
    .sort((a, b) => a.start - b.start);
}

/**
 * A line's words with times: by `marks` where each word has one, else by syllables and letters; a short pause
 * after each.
 */
function spread(text: string, start: number, end: number, marks: readonly number[]): SungWord[] {
  const words = text.split(/\s+/u).filter((w) => wordsOf(w).length > 0);
  const weights = words.map((w) => syllables(w) + 0.08 * w.length + 0.25);
  const total = weights.reduce((sum, w) => sum + w, 0);
  let before = 0;
  return words.map((word, i) => {
    const share = ((weights[i] ?? 0) / total) * (end - start);
    const at = marks.length === words.length ? (marks[i] ?? start) : start + before;
    const next = marks.length === words.length ? (marks[i + 1] ?? end) : at + share;
    before += share;
    return {
      word: word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ""),
      start: ms(at),
      end: ms(at + (next - at) * 0.86),
    };
  });
}

function linesOf(cues: readonly Cue[], duration: number): SungLine[] {
  return cues.flatMap((cue, i) => {
    if (cue.text === "" || cue.start >= duration) return [];
    const next = Math.min(cues[i + 1]?.start ?? duration, duration);
    const sung = wordsOf(cue.text).reduce((sum, w) => sum + syllables(w), 0) * SYLLABLE_SECONDS;
    const end = ms(Math.max(cue.start + 0.2, Math.min(next, cue.start + Math.max(0.6, sung))));
    return [
      { text: cue.text, start: ms(cue.start), end, words: spread(cue.text, cue.start, end, cue.marks) },
    ];
  });
}

/** Lyrics without times: spread evenly over the song, an eighth left free at each end. */
function untimed(text: string, duration: number): Cue[] {
  const rows = text
    .split(/\r?\n/)
    .map((r) => r.trim())
    .filter((r) => r !== "" && !/^\[[^\]]*\]$/.test(r));
  const [from, span] = [duration / 8, (duration * 3) / 4];
  return rows.map((row, i) => ({ start: from + (span * i) / rows.length, text: row, marks: [] }));
}

/**
 * What is sung in the file: LRC or plain lyrics in its tags. No lines where it has none.
 * Null where the bytes are not audio that can be read.
 */
export async function readLyrics(bytes: Uint8Array): Promise<SungLyrics | null> {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  try {
    const track = await input.getPrimaryAudioTrack();
    if (!track) return null;
    const duration = await input.computeDuration();
    if (!(duration > 0)) return null;
    const { lyrics = "" } = await input.getMetadataTags();
    const timed = cuesOf(lyrics);
    return { duration, lines: linesOf(timed.length > 0 ? timed : untimed(lyrics, duration), duration) };
  } catch {
    return null;
  } finally {
    input.dispose();
  }
}
