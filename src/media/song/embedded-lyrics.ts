/** Lyrics as song files carry them: plain text, or LRC with times of lines and, where it is the enhanced kind, of words. */
import type { EmbeddedLyrics } from "../../domain/record/record.ts";
import { storable } from "../../domain/record/text.ts";

type Line = EmbeddedLyrics["lines"][number];

const MOST_LINES = 2000;
const MOST_CHARACTERS = 500;
/** Of all lines: a song has some hundreds. */
const MOST_WORDS = 10_000;
const MOST_TEXT = 2_000_000;

/** Cuts lines to size and leaves out empty ones, and times that the song does not have; null where nothing is left. */
export function bounded(
  form: EmbeddedLyrics["form"],
  language: string | null,
  lines: readonly Line[],
  songSeconds: number,
): EmbeddedLyrics | null {
  const isSung = (seconds: number) => seconds >= 0 && seconds < songSeconds;
  let total = 0;
  const kept = lines
    .map((line) => ({ ...line, text: clean(line.text) }))
    .filter(({ text, startSeconds }) => text !== "" && (startSeconds === null || isSung(startSeconds)))
    .slice(0, MOST_LINES)
    .map((line) => {
      const text = storable(line.text, MOST_CHARACTERS).trim();
      total += line.words.length;
      // A line that is cut, and one behind too many words, has none.
      if (text.length < line.text.length || total > MOST_WORDS) return { ...line, text, words: [] };
      const words = line.words
        .map((word) => ({ ...word, text: clean(word.text) }))
        .filter((word) => word.text !== "");
      // Several words under one time have no time of their own: then the line has none of words.
      const timed = words.every((word) => isSung(word.startSeconds) && !/\s/.test(word.text));
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

/** An ISO 639-2 code of a tag as BCP 47 has it ("eng" is "en"); null where it says "undetermined" or is none. */
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

/** The pieces of a line behind times of their own; a last time without a piece is where the one before ends. */
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

/** LRC by its lines. A positive `offset`, in milliseconds, makes lines come earlier. */
function readLrc(rows: readonly string[]): Line[] {
  const headers = rows.map((row) => HEADER.exec(row));
  const told = Number(headers.find((header) => header?.[1]?.toLowerCase() === "offset")?.[2]);
  const offset = Number.isFinite(told) ? told / 1000 : 0;
  const moved = (seconds: number) => {
    const at = seconds - offset;
    return Math.abs(offset) > 3600 ? seconds : Math.max(0, Math.round(at * 1000) / 1000);
  };
  return rows
    .flatMap((row) => {
      const head = STAMPS.exec(row)?.[0];
      if (head === undefined) return [];
      const starts = [...head.matchAll(STAMP)].slice(0, 50).map((m) => toSeconds(m[1], m[2]));
      const body = storable(row.slice(head.length), 8 * MOST_CHARACTERS);
      const words = timedWords(body, starts[0] ?? 0);
      const text = words.length > 0 ? words.map((word) => word.text).join(" ") : body;
      return starts.map((start) => ({
        text,
        startSeconds: moved(start),
        // Repeated lines have their words' times for the first.
        words: words.map((word) => ({
          text: word.text,
          startSeconds: moved(word.startSeconds + start - (starts[0] ?? 0)),
        })),
      }));
    })
    .sort((a, b) => a.startSeconds - b.startSeconds);
}

/** A tag's text as lyrics: LRC where most of its lines have times within the song, else plain. Null without any. */
export function lyricsOfText(
  text: string,
  language: string | null,
  songSeconds: number,
): EmbeddedLyrics | null {
  const rows = storable(text.replaceAll("\0", " "), MOST_TEXT)
    .split(/\r\n|[\r\n]/)
    .filter((row) => row.trim() !== "")
    .slice(0, 2 * MOST_LINES);
  const timed = rows.filter((row) => STAMPS.test(row)).length;
  const headers = rows.filter((row) => HEADER.test(row)).length;
  if (timed > 0 && timed >= (rows.length - headers) / 2) {
    const lrc = bounded("lrc", language, readLrc(rows), songSeconds);
    if (lrc) return lrc;
  }
  const plain = rows
    .filter((row) => timed === 0 || !HEADER.test(row))
    .map((row) => ({ text: row.replace(STAMPS, ""), startSeconds: null, words: [] }));
  return bounded("plain", language, plain, songSeconds);
}
