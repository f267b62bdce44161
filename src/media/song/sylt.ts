/** Reads lyrics with times from an ID3 tag: the SYLT frame (ID3v2.4, 4.9). */
import type { EmbeddedLyrics } from "../../domain/record/record.ts";
import { bounded, languageOf } from "./embedded-lyrics.ts";
import { id3Text, id3TextEnd } from "./id3.ts";
import { ascii } from "./outer-tags.ts";

const MPEG_FRAMES = 1;
const MILLISECONDS = 2;
/**
 * Content types that can be lyrics: "other", lyrics, and a transcription. The rest are chords, events and the
 * like.
 */
const LYRICS_TYPES = [0, 1, 2];
const MAX_PIECES = 20_000;

interface Piece {
  text: string;
  seconds: number;
}

function* pieces(bytes: Uint8Array, secondsPerUnit: number): Generator<Piece> {
  const encoding = bytes[0] ?? 0;
  let at = id3TextEnd(encoding, bytes, 6).next;
  // Only the first text may have a byte order mark.
  const big = encoding === 1 && [6, at].some((i) => bytes[i] === 0xfe && bytes[i + 1] === 0xff);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < MAX_PIECES && at < bytes.length; i++) {
    const { end, next } = id3TextEnd(encoding, bytes, at);
    if (next + 4 > bytes.length) return;
    const text = id3Text(big ? 2 : encoding, bytes.subarray(at, end));
    yield { text, seconds: view.getUint32(next) * secondsPerUnit };
    at = next + 4;
  }
}

/**
 * The words of a line: pieces without a space between them are one word, with the time of the first. When no
 * piece has spaces (`spaced` is false), each piece is a word.
 */
function wordsOf(line: readonly Piece[], spaced: boolean): { text: string; startSeconds: number }[] {
  if (line.length < 2) return [];
  const words: { text: string; startSeconds: number }[] = [];
  let open = true;
  for (const { text, seconds } of line) {
    const word = words.at(-1);
    if (open || !spaced || /^\s/.test(text) || !word)
      words.push({ text: text.trim(), startSeconds: seconds });
    else word.text += text.trim();
    open = /\s$/.test(text);
  }
  return words.filter((word) => word.text !== "");
}

const opensLine = (text: string) => /[\r\n]/.test(text.slice(0, text.length - text.trimStart().length));

/**
 * Groups pieces into lines, at a line break at a piece's start or end; without any line breaks each piece is
 * a line.
 */
function linesOf(all: readonly Piece[]): Piece[][] {
  const breaks = all.some(({ text }) => /[\r\n]/.test(text));
  const lines: Piece[][] = [];
  let open = false;
  for (const piece of all) {
    const line = lines.at(-1);
    if (breaks && open && line && !opensLine(piece.text)) line.push(piece);
    else lines.push([piece]);
    open = !/[\r\n]/.test(piece.text.slice(piece.text.trimEnd().length));
  }
  return lines;
}

/**
 * Reads a SYLT frame's content; null when it has no lyrics. `mpegFrameSeconds`: duration of one MPEG frame of
 * the song, for tags that count in frames; null when the song has none.
 */
export function readSylt(
  bytes: Uint8Array,
  mpegFrameSeconds: number | null,
  songSeconds: number,
): EmbeddedLyrics | null {
  const unit = bytes[4] === MILLISECONDS ? 0.001 : bytes[4] === MPEG_FRAMES ? mpegFrameSeconds : null;
  if (unit === null || !LYRICS_TYPES.includes(bytes[5] ?? -1)) return null;
  const all = [...pieces(bytes, unit)];
  const spaced = all.some(({ text }) => /[^\S\r\n]/.test(text));
  const lines = linesOf(all).map((line) => ({
    text: line.map(({ text }) => text).join(spaced ? "" : " "),
    startSeconds: round(line[0]?.seconds ?? 0),
    words: wordsOf(line, spaced).map((word) => ({ ...word, startSeconds: round(word.startSeconds) })),
  }));
  lines.sort((a, b) => a.startSeconds - b.startSeconds);
  return bounded("sylt", languageOf(ascii(bytes, 1, 3)), lines, songSeconds);
}

const round = (seconds: number) => Math.round(seconds * 1000) / 1000;
