/**
 * Text tracks: chapters for players' menus, and captions that a viewer can turn on. Never burned into the
 * pictures.
 */

import { ascii, box, column, fullBox, joined, u16, u32, utf8, zeros } from "../lib/mp4-boxes.ts";
import { type FilmTrack, filmTrack, MOVIE_TIMESCALE } from "./film-track.ts";

export interface Chapter {
  title: string;
  startFrame: number;
}
export interface Caption {
  startFrame: number;
  endFrame: number;
  text: string;
}
/** A text that lasts until the next one. */
export interface TimedText {
  startFrame: number;
  text: string;
}

/** A text's length field has 16 bits, but no viewer reads this much. */
const MAX_TEXT_BYTES = 2000;

/** The text as UTF-8, cut between two characters to at most so many bytes. */
function clipped(text: string, bytes: number): Uint8Array {
  let out = utf8(text);
  for (let length = text.length; out.length > bytes; length--)
    out = utf8(text.slice(0, length).toWellFormed());
  return out;
}

/**
 * Chapters that cover the film without overlaps; an empty one first when none begins at 0. Chapters that
 * begin outside the film, or at the same frame as another, are left out.
 */
export function chapterTexts(chapters: readonly Chapter[], frames: number): TimedText[] {
  const texts: TimedText[] = [];
  for (const { title, startFrame } of chapters.toSorted((a, b) => a.startFrame - b.startFrame)) {
    if (startFrame < 0 || startFrame >= frames || texts.at(-1)?.startFrame === startFrame) continue;
    if (texts.length === 0 && startFrame > 0) texts.push({ startFrame: 0, text: "" });
    texts.push({ startFrame, text: title });
  }
  return texts;
}

/** Captions with empty texts between them; captions that overlap become one text of several lines. */
export function captionTexts(captions: readonly Caption[], frames: number): TimedText[] {
  const shown = captions
    .filter(({ text, startFrame, endFrame }) => text.trim() !== "" && endFrame > Math.max(0, startFrame))
    .toSorted((a, b) => a.startFrame - b.startFrame);
  const boundaries = new Set(
    shown.flatMap(({ startFrame, endFrame }) => [Math.max(0, startFrame), endFrame]),
  );
  const texts: TimedText[] = [];
  for (const frame of [0, ...[...boundaries].sort((a, b) => a - b)]) {
    const visible = shown.filter(({ startFrame, endFrame }) => startFrame <= frame && frame < endFrame);
    const text = visible.map((caption) => caption.text).join("\n");
    if (frame < frames && text !== texts.at(-1)?.text) texts.push({ startFrame: frame, text });
  }
  return texts.length > 1 || texts[0]?.text ? texts : [];
}

/** QuickTime marks a text as UTF-8 with a box after it. */
const UTF8_MARK = box("encd", u32(0x100));
const length = (text: Uint8Array) => u16(text.length);

/** The bytes of each text's sample: its length, the text and, for chapters, QuickTime's mark. */
export function textSamples(texts: readonly TimedText[], kind: "chapters" | "captions"): Uint8Array[] {
  return texts.map(({ text }) => {
    const bytes = clipped(text, MAX_TEXT_BYTES);
    return joined([length(bytes), bytes, ...(kind === "chapters" ? [UTF8_MARK] : [])]);
  });
}

/**
 * The sample entry of QuickTime text, from which its players and ffmpeg read chapters (QuickTime File Format,
 * text media).
 */
const chapterEntry = () => box("text", zeros(6), u16(1), zeros(4), u32(1), zeros(34), [1, 0]);

/**
 * The sample entry of 3GPP timed text (TS 26.245): white, centred, at the bottom, a third of the track's
 * height.
 */
function captionEntry(width: number, height: number): Uint8Array {
  const size = Math.max(8, Math.round(height / 3));
  return box(
    "tx3g",
    zeros(6),
    u16(1),
    u32(0),
    [1, 0xff],
    zeros(4),
    [u16(0), u16(0), u16(height), u16(width)].flat(),
    [u16(0), u16(0), u16(1)].flat(),
    [0, size, 0xff, 0xff, 0xff, 0xff],
    box("ftab", u16(1), u16(1), [10], ascii("Sans-Serif")),
  );
}

export interface Picture {
  width: number;
  height: number;
}

/** The form of a track that is disabled by default. */
const DISABLED = { timescale: MOVIE_TIMESCALE, enabled: false, chapters: null, roll: 0 };

export function chapterTrack(id: number): FilmTrack {
  return filmTrack({
    ...DISABLED,
    id,
    handler: "text",
    name: "Chapters",
    group: 0,
    language: null,
    width: 0,
    height: 0,
    top: 0,
    entry: chapterEntry,
  });
}

export function captionTrack(id: number, language: string | null, film: Picture): FilmTrack {
  const height = Math.round(film.height * 0.15);
  return filmTrack({
    ...DISABLED,
    id,
    handler: "sbtl",
    name: "Captions",
    group: 2,
    language,
    width: film.width,
    height,
    top: film.height - height,
    entry: () => captionEntry(film.width, height),
  });
}

/** Nero's chapter list, which VLC and ffmpeg read too: at most 255 chapters, in units of 100 nanoseconds. */
export function chapterList(texts: readonly TimedText[], fps: number): Uint8Array {
  const listed = texts.filter(({ text }) => text !== "").slice(0, 255);
  const entries = listed.flatMap(({ startFrame, text }) => {
    const title = clipped(text, 255);
    const at = Math.round((startFrame / fps) * 1e7);
    return [column([Math.floor(at / 2 ** 32), at % 2 ** 32]), [title.length], title];
  });
  return fullBox("chpl", 1, 0, zeros(4), [listed.length], ...entries);
}
