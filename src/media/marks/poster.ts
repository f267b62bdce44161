/** Marks a picture's file as AI-generated, without changing its pixels. */
import { PICTURE_SOURCE, type PosterMark } from "../../domain/views/ai-sources.ts";
import { ascii, type Bytes, joined, u16, u32, viewOf } from "../lib/mp4-boxes.ts";
import {
  manifestsIn,
  type Part,
  type PictureForm,
  partsOf,
  pictureForm,
  XMP_HEADS,
  xmpIn,
} from "./containers.ts";
import { saysAi, withSource, xmpPacket } from "./xmp.ts";

export interface MarkedPoster {
  bytes: Uint8Array;
  by: PosterMark;
}

/** A segment's length field has two bytes, which it counts too. */
const MAX_IN_SEGMENT = 65_535 - 2;

/**
 * The picture with `PICTURE_SOURCE` in its XMP. Left unchanged when a C2PA manifest says that AI made it (any
 * added byte breaks the manifest's binding to the file), and when its XMP already names a source, whichever
 * it is. The property is added to other XMP. When that is impossible (the XMP is compressed, damaged or
 * full), a new packet replaces it, because these formats hold only one. `by` says where the mark is; null:
 * the picture can't be marked.
 */
export function markedPoster(bytes: Uint8Array): MarkedPoster {
  const form = pictureForm(bytes);
  if (!form) return { bytes, by: null };
  const parts = partsOf(form, bytes);
  if (manifestsIn(form, bytes, parts).some(saysAi)) return { bytes, by: "c2pa" };
  const part = parts.find((candidate) => xmpIn(form, bytes, candidate));
  const packet = part && xmpIn(form, bytes, part);
  const extended = packet ? withSource(packet, PICTURE_SOURCE) : null;
  if (extended && extended === packet) return { bytes, by: "xmp" };
  const most = form === "jpeg" ? MAX_IN_SEGMENT - XMP_HEADS.jpeg.length : Number.POSITIVE_INFINITY;
  const added = extended && extended.length <= most ? extended : xmpPacket(PICTURE_SOURCE);
  const marked = WRITERS[form](bytes, parts, part, added);
  return marked ? { bytes: marked, by: "added" } : { bytes, by: null };
}

type Writer = (
  bytes: Uint8Array,
  parts: Part[],
  old: Part | undefined,
  packet: Uint8Array,
) => Uint8Array | null;

const WRITERS: Record<PictureForm, Writer> = { jpeg: inJpeg, png: inPng, webp: inWebp };

const spliced = (bytes: Uint8Array, from: number, to: number, ...pieces: Bytes[]) =>
  joined([bytes.subarray(0, from), ...pieces, bytes.subarray(to)]);

/** Puts the packet in place of the old one, or after JFIF and Exif, which must come first. */
function inJpeg(bytes: Uint8Array, parts: Part[], old: Part | undefined, packet: Uint8Array): Uint8Array {
  const first = parts.findIndex(({ name }) => name !== "e0" && name !== "e1");
  const at = (first < 0 ? parts.at(-1)?.end : parts[first]?.at) ?? 2;
  const contents = [...ascii(XMP_HEADS.jpeg), ...packet];
  return spliced(bytes, old?.at ?? at, old?.end ?? at, [0xff, 0xe1], u16(contents.length + 2), contents);
}

/** Puts the packet in place of the old one, or after the header; null without a header. */
function inPng(
  bytes: Uint8Array,
  parts: Part[],
  old: Part | undefined,
  packet: Uint8Array,
): Uint8Array | null {
  const [header] = parts;
  if (header?.name !== "IHDR") return null;
  const named = joined([ascii(`iTXt${XMP_HEADS.png}`), packet]);
  const chunk = joined([u32(named.length - 4), named, u32(crc32(named))]);
  return spliced(bytes, old?.at ?? header.end, old?.end ?? header.end, chunk);
}

/** Flags of the extended header (RFC 9649, 2.7.1.5 and 2.7.1.1). */
const XMP_FLAG = 0x04;
const ALPHA_FLAG = 0x10;
const le24 = (n: number) => [n & 0xff, (n >> 8) & 0xff, (n >> 16) & 0xff];
const le32 = (n: number) => u32(n).toReversed();

/** Puts the packet in place of the old one, or at the end, and sets its flag in the extended header. */
function inWebp(
  bytes: Uint8Array,
  parts: Part[],
  old: Part | undefined,
  packet: Uint8Array,
): Uint8Array | null {
  const [first] = parts;
  const header =
    first && (first.name === "VP8X" ? bytes.slice(first.at, first.end) : extendedHeader(bytes, first));
  if (!header || header.length < 18) return null;
  header[8] = (header[8] ?? 0) | XMP_FLAG;
  const chunk = joined([ascii("XMP "), le32(packet.length), packet, packet.length & 1 ? [0] : []]);
  const rest = parts.filter(({ name }) => name !== "VP8X");
  const kept = rest.map((part) => (part === old ? chunk : padded(bytes.subarray(part.at, part.end))));
  const body = joined([ascii("WEBP"), header, ...kept, old ? [] : chunk]);
  const end = parts.at(-1)?.end ?? bytes.length;
  return joined([ascii("RIFF"), le32(body.length), body, bytes.subarray(end)]);
}

const padded = (chunk: Uint8Array) => (chunk.length & 1 ? joined([chunk, [0]]) : chunk);

/**
 * An extended header with the size and transparency that the picture states (RFC 6386, 9.1; RFC 9649, 3.4).
 */
function extendedHeader(bytes: Uint8Array, { name, start, stop }: Part): Uint8Array | null {
  const view = viewOf(bytes);
  if (name === "VP8 " && stop - start >= 10) {
    const [width, height] = [
      view.getUint16(start + 6, true) & 0x3fff,
      view.getUint16(start + 8, true) & 0x3fff,
    ];
    return width > 0 && height > 0 ? header(0, width, height) : null;
  }
  if (name !== "VP8L" || stop - start < 5 || bytes[start] !== 0x2f) return null;
  const fields = view.getUint32(start + 1, true);
  const hasAlpha = (fields >>> 28) & 1;
  return header(hasAlpha ? ALPHA_FLAG : 0, (fields & 0x3fff) + 1, ((fields >>> 14) & 0x3fff) + 1);
}

const header = (flags: number, width: number, height: number) =>
  joined([ascii("VP8X"), le32(10), [flags, 0, 0, 0], le24(width - 1), le24(height - 1)]);

const CRC32 = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let i = 0; i < 8; i++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** The CRC of a PNG's chunk, over its name and contents (W3C PNG, third edition, annex D). */
function crc32(bytes: Uint8Array): number {
  let rest = 0xffff_ffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ (CRC32[(rest ^ byte) & 0xff] ?? 0);
  return ~rest >>> 0;
}
