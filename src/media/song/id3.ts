/** Reads ID3v2 tags (id3.org: 2.2, 2.3, 2.4) frame by frame, so that large tags take little memory. */

import type { MediaFile } from "../lib/source.ts";
import { ascii, type Span, synchsafe } from "./outer-tags.ts";

export interface Id3Frame {
  /** Four letters; frames of version 2.2 have their later name. */
  name: string;
  /** The frame's content, cut to the length that `wanted` gives. */
  bytes: Uint8Array;
  /** Length of the whole content. */
  length: number;
}

/** Later names of version 2.2's frames, which have three letters. */
const LATER_NAMES: Record<string, string> = {
  TT2: "TIT2",
  TP1: "TPE1",
  ULT: "USLT",
  SLT: "SYLT",
  PIC: "APIC",
};
const MAX_FRAMES = 500;
/** How much of a tag is read. */
const MAX_BYTES = 24 * 1024 * 1024;
/**
 * The same for a tag that must be held in memory, because its sizes do not count the bytes of
 * unsynchronisation.
 */
const MAX_BYTES_HELD = 4 * 1024 * 1024;

/** Reverses unsynchronisation: removes the zeros that hide false frame headers (ID3v2.4, 6.1). */
function resynchronised(bytes: Uint8Array): Uint8Array {
  let to = 0;
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    out[to++] = bytes[i] ?? 0;
    if (bytes[i] === 0xff && bytes[i + 1] === 0) i++;
  }
  return out.subarray(0, to);
}

const bigEndian = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);

/**
 * The frames whose names are in `wanted`, with the most bytes to read of each. A tag that can't be read has
 * none.
 */
export async function* id3Frames(
  file: MediaFile,
  { start, end }: Span,
  wanted: Readonly<Record<string, number>>,
): AsyncGenerator<Id3Frame, void, unknown> {
  const head = await file.read(start, start + 10);
  const [version = 0, , flags = 0] = head.subarray(3);
  if (ascii(head, 0, 3) !== "ID3" || version < 2 || version > 4 || (version === 2 && flags & 0x40)) return;
  const body = start + 10;
  const size = Math.min(synchsafe(head.subarray(6)), end - body, MAX_BYTES);
  const isUnsynchronised = (flags & 0x80) !== 0;
  const inMemory =
    isUnsynchronised && version < 4
      ? resynchronised(await file.read(body, body + Math.min(size, MAX_BYTES_HELD)))
      : null;
  const length = inMemory?.length ?? size;
  const read = async (from: number, to: number) =>
    inMemory ? inMemory.subarray(from, to) : await file.read(body + from, body + Math.min(to, length));

  let at = 0;
  if (flags & 0x40) {
    const extended = await read(0, 4);
    at = version === 3 ? 4 + bigEndian(extended) : synchsafe(extended);
  }
  const letters = version === 2 ? 3 : 4;
  const headerBytes = version === 2 ? 6 : 10;
  for (let i = 0; i < MAX_FRAMES && at + headerBytes < length; i++) {
    const frame = await read(at, at + headerBytes);
    const id = ascii(frame, 0, letters);
    if (!/^[A-Z0-9]+$/.test(id)) return;
    const field = frame.subarray(letters, 2 * letters);
    const from = at + headerBytes;
    let bytes = version === 4 ? synchsafe(field) : bigEndian(field);
    // Some programs write plain sizes into version 2.4: the right size is the one that a frame or zeros
    // follow.
    if (version === 4 && bytes !== bigEndian(field)) {
      const [first = 0] = await read(from + bigEndian(field), from + bigEndian(field) + 1);
      const [other = 0] = await read(from + bytes, from + bytes + 1);
      const isFrame = (byte: number) => byte === 0 || (byte >= 0x30 && byte <= 0x5a);
      if (isFrame(first) && !isFrame(other)) bytes = bigEndian(field);
    }
    at = from + bytes;
    const name = letters === 3 ? (LATER_NAMES[id] ?? id) : id;
    const most = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
    if (!most || bytes === 0 || at > length) continue;
    const kind = frame[9] ?? 0;
    // Skip compressed and encrypted frames; `extra` are the bytes before the content.
    if (version === 3 && kind & 0xc0) continue;
    if (version === 4 && kind & 0x0c) continue;
    const extra =
      version === 3 ? (kind & 0x20 ? 1 : 0) : version === 4 ? (kind & 0x40 ? 1 : 0) + (kind & 1 ? 4 : 0) : 0;
    const content = await read(from + extra, Math.min(at, from + extra + most));
    const isFrameUnsynchronised = version === 4 && (isUnsynchronised || kind & 2);
    yield { name, bytes: isFrameUnsynchronised ? resynchronised(content) : content, length: bytes - extra };
  }
}

/** UTF-8 is often labelled as Latin-1, and Latin-1 text is hardly ever valid UTF-8. */
function latin1OrUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

/**
 * Text in one of the four encodings (ID3v2.4, 4): Latin-1, UTF-16 with byte order mark, UTF-16 without,
 * UTF-8.
 */
export function id3Text(encoding: number, bytes: Uint8Array): string {
  if (encoding === 0 || encoding > 3) return latin1OrUtf8(bytes);
  if (encoding === 3) return new TextDecoder().decode(bytes);
  const marked = bytes[0] === 0xfe ? bytes[1] === 0xff : bytes[0] === 0xff && bytes[1] === 0xfe;
  const big = encoding === 2 ? !(marked && bytes[0] === 0xff) : marked && bytes[0] === 0xfe;
  const even = bytes.subarray(marked ? 2 : 0, bytes.length - (bytes.length % 2));
  if (!big) return new TextDecoder("utf-16le").decode(even);
  const swapped = even.map((_, i) => even[i ^ 1] ?? 0);
  return new TextDecoder("utf-16le").decode(swapped);
}

/** Offsets of the end of the text that begins at `from`, and of the first byte after its terminator. */
export function id3TextEnd(encoding: number, bytes: Uint8Array, from: number): { end: number; next: number } {
  if (encoding === 0 || encoding >= 3) {
    const end = bytes.indexOf(0, from);
    return end < 0 ? { end: bytes.length, next: bytes.length } : { end, next: end + 1 };
  }
  for (let at = from; at + 1 < bytes.length; at += 2)
    if (bytes[at] === 0 && bytes[at + 1] === 0) return { end: at, next: at + 2 };
  return { end: bytes.length, next: bytes.length };
}
