/** Finds the tags before and after the sound of MP3, AAC and FLAC files. */
import type { MediaFile } from "../lib/source.ts";

export interface Span {
  start: number;
  /** Exclusive. */
  end: number;
}

export const ascii = (bytes: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length));
/** A number with 7 bits in each byte (ID3v2.4, 6.2). */
export const synchsafe = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
const little = (bytes: Uint8Array, at: number) =>
  (bytes[at] ?? 0) +
  (bytes[at + 1] ?? 0) * 2 ** 8 +
  (bytes[at + 2] ?? 0) * 2 ** 16 +
  (bytes[at + 3] ?? 0) * 2 ** 24;

/** Files with several tags of the same kind exist; more than this is an attack. */
const MAX_TAGS = 16;
const MAX_PADDING = 64 * 1024;

/** Length of the ID3v2 tag (ID3v2.4, 3.1) or APE tag that begins with these bytes; 0 when there is none. */
function leadingTag(head: Uint8Array): number {
  if (ascii(head, 0, 3) === "ID3" && head.subarray(6, 10).every((byte) => byte < 0x80)) {
    return 10 + synchsafe(head.subarray(6, 10)) + ((head[5] ?? 0) & 0x10 ? 10 : 0);
  }
  return ascii(head, 0, 8) === "APETAGEX" ? 32 + little(head, 12) : 0;
}

/**
 * The ID3v2 tags at the file's start, in order, and the end of all tags there and of the zeros after them.
 */
export async function leadingTags(file: MediaFile): Promise<{ id3: Span[]; end: number }> {
  const id3: Span[] = [];
  let at = 0;
  for (let i = 0; i < MAX_TAGS && at < file.bytes; i++) {
    const head = await file.read(at, at + 32);
    const length = head.length === 32 ? leadingTag(head) : 0;
    if (length === 0) break;
    if (head[0] === 0x49) id3.push({ start: at, end: Math.min(file.bytes, at + length) });
    at += length;
  }
  if (at === 0 || at >= file.bytes) return { id3, end: Math.min(at, file.bytes) };
  const padding = await file.read(at, at + MAX_PADDING);
  return {
    id3,
    end:
      at +
      Math.max(
        0,
        padding.findIndex((byte) => byte !== 0),
      ),
  };
}

/** Length of the tag that ends with these bytes; 0 when there is none. */
function trailingTag(tail: Uint8Array): number {
  const from = (back: number) => tail.length - back;
  if (ascii(tail, from(128), 3) === "TAG") return ascii(tail, from(355), 4) === "TAG+" ? 355 : 128;
  // APEv2: the size in the 32 byte footer includes the footer and the items; a header of 32 bytes may come
  // before.
  if (ascii(tail, from(32), 8) === "APETAGEX")
    return little(tail, from(20)) + ((tail[from(9)] ?? 0) & 0x80 ? 32 : 0);
  // Lyrics3: six digits are its length; the first version states no length and has at most 5100 bytes.
  if (ascii(tail, from(9), 9) === "LYRICS200") return Number(ascii(tail, from(15), 6)) + 15 || 0;
  if (ascii(tail, from(9), 9) === "LYRICSEND") {
    const begin = ascii(tail, from(5120), 5120).lastIndexOf("LYRICSBEGIN");
    return begin < 0 ? 0 : Math.min(tail.length, 5120) - begin;
  }
  if (ascii(tail, from(10), 3) === "3DI") return 20 + synchsafe(tail.subarray(from(4)));
  return 0;
}

/**
 * The end of the sound that begins at `start`: before all trailing tags. `id3v1`: the offset of an ID3v1 tag,
 * or null.
 */
export async function beforeTrailingTags(
  file: MediaFile,
  start: number,
): Promise<{ end: number; id3v1: number | null }> {
  let end = file.bytes;
  let id3v1: number | null = null;
  for (let i = 0; i < MAX_TAGS; i++) {
    const tail = await file.read(Math.max(start, end - 5120), end);
    const length = tail.length < 128 ? 0 : trailingTag(tail);
    if (length === 0 || end - length < start) break;
    end -= length;
    if (ascii(tail, tail.length - 128, 3) === "TAG") id3v1 ??= end + length - 128;
  }
  return { end, id3v1 };
}
