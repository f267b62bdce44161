/** Reads a song's title, artist, lyrics and cover art from all kinds of tags. */
import type { MetadataTags } from "mediabunny";
import type { CoverArt, EmbeddedLyrics } from "../../domain/record/record.ts";
import { oneLine } from "../../domain/record/text.ts";
import type { MediaFile } from "../lib/source.ts";
import { COVER_HEAD_BYTES, measureCover } from "./cover-art.ts";
import { languageOf, lyricsOfText } from "./embedded-lyrics.ts";
import type { FlacBlocks } from "./flac-blocks.ts";
import { id3Frames, id3Text, id3TextEnd } from "./id3.ts";
import { ascii, type Span } from "./outer-tags.ts";
import { readSylt } from "./sylt.ts";

export interface SongTags {
  title: string | null;
  artist: string | null;
  embeddedLyrics: EmbeddedLyrics | null;
  coverArt: CoverArt | null;
}

/** All values found, from which `bestOf` chooses. */
interface Found {
  title: string[];
  artist: string[];
  synced: EmbeddedLyrics[];
  texts: { text: string; language: string | null }[];
  covers: { cover: CoverArt | null; front: boolean }[];
}
export const nothingFound = (): Found => ({ title: [], artist: [], synced: [], texts: [], covers: [] });

const MAX_TAG_CHARACTERS = 200;
const FRONT_COVER = 3;
const TEXT_BYTES = 16 * 1024;
const LYRICS_BYTES = 2 * 1024 * 1024;
const WANTED = {
  TIT2: TEXT_BYTES,
  TPE1: TEXT_BYTES,
  USLT: LYRICS_BYTES,
  SYLT: LYRICS_BYTES,
  APIC: COVER_HEAD_BYTES,
};

function line(values: readonly string[]): string | null {
  // NUL separates the values of an ID3 frame (ID3v2.4, 4.2).
  const texts = values.map((value) => oneLine(value, MAX_TAG_CHARACTERS));
  return texts.find((text) => text !== "") ?? null;
}

/** Prefers lyrics with times to lyrics without, and a front cover to other pictures. */
export function bestOf({ title, artist, synced, texts, covers }: Found, songSeconds: number): SongTags {
  const read = texts.flatMap(({ text, language }) => lyricsOfText(text, language, songSeconds) ?? []);
  const seen = covers.filter(({ cover }) => cover !== null);
  return {
    title: line(title),
    artist: line(artist),
    embeddedLyrics: synced[0] ?? read.find((lyrics) => lyrics.form === "lrc") ?? read[0] ?? null,
    coverArt: (seen.find(({ front }) => front) ?? seen[0])?.cover ?? null,
  };
}

/** Adds the values of an ID3v2 tag; see `readSylt` for `mpegFrameSeconds`. */
export async function addId3(
  found: Found,
  file: MediaFile,
  span: Span,
  { mpegFrameSeconds, songSeconds }: { mpegFrameSeconds: number | null; songSeconds: number },
): Promise<void> {
  for await (const { name, bytes, length } of id3Frames(file, span, WANTED)) {
    const encoding = bytes[0] ?? 0;
    if (name === "TIT2") found.title.push(id3Text(encoding, bytes.subarray(1)));
    if (name === "TPE1") found.artist.push(id3Text(encoding, bytes.subarray(1)));
    if (name === "USLT") {
      const text = id3Text(encoding, bytes.subarray(id3TextEnd(encoding, bytes, 4).next));
      found.texts.push({ text, language: languageOf(ascii(bytes, 1, 3)) });
    }
    if (name === "SYLT") {
      const lyrics = readSylt(bytes, mpegFrameSeconds, songSeconds);
      if (lyrics) found.synced.push(lyrics);
    }
    if (name === "APIC") {
      // Version 2.2 has three letters for the picture's type, later versions a text.
      const kind = /^(PNG|JPG)$/.test(ascii(bytes, 1, 3)) ? 4 : id3TextEnd(0, bytes, 1).next;
      const start = id3TextEnd(encoding, bytes, kind + 1).next;
      const cover = measureCover(bytes.subarray(start), length - start);
      found.covers.push({ cover, front: bytes[kind] === FRONT_COVER });
    }
  }
}

/** Adds the fixed fields of an ID3v1 tag: 30 bytes each. */
export function addId3v1(found: Found, tag: Uint8Array): void {
  const field = (at: number) => id3Text(0, tag.subarray(at, at + 30)).split("\0", 1)[0] ?? "";
  found.title.push(field(3));
  found.artist.push(field(33));
}

/** Adds the values of a WAV's `LIST` chunk, which contains chunks. */
export async function addRiffInfo(found: Found, file: MediaFile, { start, end }: Span): Promise<void> {
  const bytes = await file.read(start, Math.min(end, start + 4 * TEXT_BYTES));
  if (ascii(bytes, 0, 4) !== "INFO") return;
  const view = new DataView(bytes.buffer);
  for (let at = 4; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const text = id3Text(0, bytes.subarray(at + 8, at + 8 + size));
    if (ascii(bytes, at, 4) === "INAM") found.title.push(text);
    if (ascii(bytes, at, 4) === "IART") found.artist.push(text);
    at += 8 + size + (size % 2);
  }
}

/** Adds a text chunk of an AIFF. */
export async function addAiffText(
  found: Found,
  file: MediaFile,
  name: "NAME" | "AUTH",
  { start, end }: Span,
): Promise<void> {
  const text = id3Text(0, await file.read(start, Math.min(end, start + TEXT_BYTES)));
  found[name === "NAME" ? "title" : "artist"].push(text);
}

/** Names of Vorbis comments with lyrics, in order of preference; "synced" ones are LRC. */
const LYRICS_NAMES = ["SYNCEDLYRICS", "LYRICS", "UNSYNCEDLYRICS"];
const MAX_COMMENTS = 1000;

/** Adds a FLAC's comments (RFC 9639, 8.6) and pictures (8.8). */
export async function addFlac(
  found: Found,
  file: MediaFile,
  { comments, pictures }: FlacBlocks,
): Promise<void> {
  for (const [name, text] of comments ? await readComments(file, comments) : []) {
    if (name === "TITLE") found.title.push(text);
    if (name === "ARTIST") found.artist.push(text);
    if (LYRICS_NAMES.includes(name)) found.texts.push({ text, language: null });
  }
  for (const { start, end } of pictures.slice(0, 8)) {
    const head = await file.read(start, Math.min(end, start + 4096 + COVER_HEAD_BYTES));
    const view = new DataView(head.buffer);
    const uint = (at: number) => (at + 4 <= head.length ? view.getUint32(at) : Number.POSITIVE_INFINITY);
    const data = 32 + uint(4) + uint(8 + uint(4));
    const cover = data < head.length ? measureCover(head.subarray(data), end - start - data) : null;
    found.covers.push({ cover, front: uint(0) === FRONT_COVER });
  }
}

async function readComments(file: MediaFile, { start, end }: Span): Promise<[string, string][]> {
  const bytes = await file.read(start, Math.min(end, start + 2 * LYRICS_BYTES));
  const view = new DataView(bytes.buffer);
  const out: [string, string][] = [];
  let at = bytes.length < 4 ? bytes.length : 8 + view.getUint32(0, true);
  for (let i = 0; i < MAX_COMMENTS && at + 4 <= bytes.length; i++) {
    const size = view.getUint32(at, true);
    const text = new TextDecoder().decode(bytes.subarray(at + 4, at + 4 + size));
    const equals = text.indexOf("=");
    if (equals > 0) out.push([text.slice(0, equals).toUpperCase(), text.slice(equals + 1)]);
    at += 4 + size;
  }
  return out;
}

/** Adds the tags of an MP4, an Ogg or a WebM, as mediabunny read them. */
export function addRead(found: Found, { title, artist, lyrics, images, raw }: MetadataTags): void {
  if (title) found.title.push(title);
  if (artist) found.artist.push(artist);
  for (const name of LYRICS_NAMES) {
    const text = raw?.[name];
    if (typeof text === "string") found.texts.push({ text, language: null });
  }
  if (lyrics) found.texts.push({ text: lyrics, language: null });
  for (const { data, kind } of images?.slice(0, 8) ?? [])
    found.covers.push({ cover: measureCover(data, data.length), front: kind === "coverFront" });
}
