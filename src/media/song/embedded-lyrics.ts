/** Lyrics in song files: plain text, or LRC with times of lines and, in enhanced LRC, of words. */
import type { EmbeddedLyrics } from "../../domain/record/record.ts";
import { storable } from "../../domain/record/text.ts";

type Line = EmbeddedLyrics["lines"][number];

const MAX_LINES = 2000;
const MAX_CHARACTERS = 500;
/** In all lines together; a song has some hundreds. */
const MAX_WORDS = 10_000;
const MAX_TEXT = 2_000_000;

/**
 * Cleans lines and limits their number and length. Leaves out empty lines and lines that begin outside the
 * song; null when no line is left.
 */
export function bounded(
  form: EmbeddedLyrics["form"],
  language: string | null,
  lines: readonly Line[],
  songSeconds: number,
): EmbeddedLyrics | null {
  const isInSong = (seconds: number) => seconds >= 0 && seconds < songSeconds;
  let total = 0;
  const kept = lines
    .map((line) => ({ ...line, text: clean(line.text) }))
    .filter(({ text, startSeconds }) => text !== "" && (startSeconds === null || isInSong(startSeconds)))
    .slice(0, MAX_LINES)
    .map((line) => {
      const text = storable(line.text, MAX_CHARACTERS).trim();
      total += line.words.length;
      // A line that was cut, or comes after too many words, gets no word times.
      if (text.length < line.text.length || total > MAX_WORDS) return { ...line, text, words: [] };
      const words = line.words
        .map((word) => ({ ...word, text: clean(word.text) }))
        .filter((word) => word.text !== "");
      // If several words share one time, the line gets no word times.
      const timed = words.every((word) => isInSong(word.startSeconds) && !/\s/.test(word.text));
      return { ...line, text, words: timed ? words : [] };
    });
  return kept.length > 0 ? { form, language, lines: kept } : null;
}

const clean = (text: string) =>
  storable(
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what has to go
      .replace(/[\0-\x1f\x7f\u2028\u2029\ufeff]+/g, " ")
      .replace(/ {2,}/g, " ")
      .trim(),
  );

/**
 * The BCP 47 form of a tag's ISO 639-2 code ("eng" becomes "en"); null when it is undetermined or no code.
 */
export function languageOf(code: string | undefined): string | null {
  if (!code || !/^[a-z]{2,3}$/i.test(code) || /^(und|xxx|zxx|mul|mis)$/i.test(code)) return null;
  return Intl.getCanonicalLocales(code)[0] ?? null;
}

const TIME = String.raw`(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)`;
const STAMPS = new RegExp(String.raw`^\s*(?:\[${TIME}\]\s*)+`);
const STAMP = new RegExp(String.raw`\[${TIME}\]`, "g");
const WORD_STAMP = new RegExp(String.raw`[<[]${TIME}[>\]]`);
const HEADER = /^\s*\[([a-z#]+):([^\]]*)\]\s*$/i;

const toSeconds = (minutes = "0", seconds = "0") => Number(minutes) * 60 + Number(seconds.replace(":", "."));

/**
 * The words of a line, each after its time. A last time without text is the end of the word before, and is
 * ignored.
 */
function timedWords(body: string, lineStart: number): Line["words"] {
  const [before = "", ...rest] = body.split(WORD_STAMP);
  if (rest.length === 0) return [];
  const words = before.trim() ? [{ text: before.trim(), startSeconds: lineStart }] : [];
  for (let i = 0; i + 2 < rest.length; i += 3) {
    const text = rest[i + 2]?.trim();
    if (text) words.push({ text, startSeconds: toSeconds(rest[i], rest[i + 1]) });
  }
  return words;
}

/** Reads the lines of LRC. A positive `offset` header, in milliseconds, moves lines earlier. */
function readLrc(rows: readonly string[]): Line[] {
  const headers = rows.map((row) => HEADER.exec(row));
  const offsetMs = Number(headers.find((header) => header?.[1]?.toLowerCase() === "offset")?.[2]);
  const offset = Number.isFinite(offsetMs) ? offsetMs / 1000 : 0;
  const moved = (seconds: number) => {
    const at = seconds - offset;
    return Math.abs(offset) > 3600 ? seconds : Math.max(0, Math.round(at * 1000) / 1000);
  };
  return rows
    .flatMap((row) => {
      const head = STAMPS.exec(row)?.[0];
      if (head === undefined) return [];
      const starts = [...head.matchAll(STAMP)].slice(0, 50).map((m) => toSeconds(m[1], m[2]));
      const body = storable(row.slice(head.length), 8 * MAX_CHARACTERS);
      const words = timedWords(body, starts[0] ?? 0);
      const text = words.length > 0 ? words.map((word) => word.text).join(" ") : body;
      return starts.map((start) => ({
        text,
        startSeconds: moved(start),
        // A line with several times has word times for the first one only: shift them for the others.
        words: words.map((word) => ({
          text: word.text,
          startSeconds: moved(word.startSeconds + start - (starts[0] ?? 0)),
        })),
      }));
    })
    .sort((a, b) => a.startSeconds - b.startSeconds);
}

/**
 * A tag's text as lyrics: LRC when at least half of its lines have times, else plain text. Null when it has
 * no lines.
 */
export function lyricsOfText(
  text: string,
  language: string | null,
  songSeconds: number,
): EmbeddedLyrics | null {
  const rows = storable(text.replaceAll("\0", " "), MAX_TEXT)
    .split(/\r\n|[\r\n]/)
    .filter((row) => row.trim() !== "")
    .slice(0, 2 * MAX_LINES);
  const timed = rows.filter((row) => STAMPS.test(row)).length;
  const headers = rows.filter((row) => HEADER.test(row)).length;
  if (timed > 0 && timed >= (rows.length - headers) / 2) {
    const lrc = bounded("lrc", language, readLrc(rows), songSeconds);
    if (lrc) return lrc;
  }
  const untimed = rows
    .filter((row) => timed === 0 || !HEADER.test(row))
    .map((row) => ({ text: row.replace(STAMPS, ""), startSeconds: null, words: [] }));
  return bounded("plain", language, untimed, songSeconds);
}
