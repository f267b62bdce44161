/** Splits JPEG, PNG and WebP files into their parts. Never throws: the parts of a damaged file end early. */
import { joined, viewOf } from "../lib/mp4-boxes.ts";

/**
 * A part as offsets: all of it from `at` to `end`, its contents from `start`; a checksum or padding may
 * follow them.
 */
export interface Part {
  name: string;
  at: number;
  start: number;
  /** End of the contents. */
  stop: number;
  end: number;
}

export type PictureForm = "jpeg" | "png" | "webp";

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const name4 = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));

export function pictureForm(bytes: Uint8Array): PictureForm | null {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
  if (PNG.every((byte, i) => bytes[i] === byte)) return "png";
  return name4(bytes, 0) === "RIFF" && name4(bytes, 8) === "WEBP" ? "webp" : null;
}

/**
 * A JPEG's marker segments up to its first scan (ISO 10918-1, B.1.1); the name is the marker in hex, such as
 * `e1`.
 */
function* jpegParts(bytes: Uint8Array): Generator<Part> {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + viewOf(bytes).getUint16(at + 2);
    if (marker === 0xda || marker < 0xc0 || end < at + 4 || end > bytes.length) return;
    yield { name: marker.toString(16), at, start: at + 4, stop: end, end };
    at = end;
  }
}

/** A PNG's chunks (W3C PNG, third edition, 5.3). */
function* pngParts(bytes: Uint8Array): Generator<Part> {
  for (let at = PNG.length; at + 12 <= bytes.length; ) {
    const stop = at + 8 + viewOf(bytes).getUint32(at);
    if (stop + 4 > bytes.length) return;
    yield { name: name4(bytes, at + 4), at, start: at + 8, stop, end: stop + 4 };
    at = stop + 4;
  }
}

/** A WebP's chunks (RFC 9649, 2.3). */
function* webpParts(bytes: Uint8Array): Generator<Part> {
  const whole = bytes.length < 12 ? 0 : Math.min(bytes.length, 8 + viewOf(bytes).getUint32(4, true));
  for (let at = 12; at + 8 <= whole; ) {
    const stop = at + 8 + viewOf(bytes).getUint32(at + 4, true);
    const end = stop + (stop & 1);
    if (stop > whole) return;
    yield { name: name4(bytes, at), at, start: at + 8, stop, end: Math.min(end, whole) };
    at = end;
  }
}

const PARTS = { jpeg: jpegParts, png: pngParts, webp: webpParts };

export const partsOf = (form: PictureForm, bytes: Uint8Array): Part[] => [...PARTS[form](bytes)];

const starts = (bytes: Uint8Array, text: string) =>
  bytes.length >= text.length && Array.from(text).every((c, i) => bytes[i] === c.charCodeAt(0));

const JPEG_XMP = "http://ns.adobe.com/xap/1.0/\0";
const PNG_XMP = "XML:com.adobe.xmp\0";
/** What precedes an XMP packet; in a PNG: keyword, not compressed, no language, no translated keyword. */
export const XMP_HEADS = { jpeg: JPEG_XMP, png: `${PNG_XMP}\0\0\0\0`, webp: "" };

/**
 * The XMP packet in a part of a picture (XMP Specification Part 3, "Storage in Files", January 2020, for JPEG
 * and PNG; RFC 9649, 2.7.1.5 for WebP); null when the part has none. A compressed packet is not decompressed.
 */
export function xmpIn(form: PictureForm, bytes: Uint8Array, { name, start, stop }: Part): Uint8Array | null {
  const contents = bytes.subarray(start, stop);
  if (form === "webp") return name === "XMP " ? contents : null;
  if (form === "jpeg")
    return name === "e1" && starts(contents, JPEG_XMP) ? contents.subarray(JPEG_XMP.length) : null;
  if (name !== "iTXt" || !starts(contents, PNG_XMP)) return null;
  // Two flags, then language and translated keyword, each terminated by a zero.
  const language = contents.indexOf(0, PNG_XMP.length + 2);
  const keyword = language < 0 ? -1 : contents.indexOf(0, language + 1);
  return keyword < 0 ? null : contents.subarray(keyword + 1);
}

/** Type and label in the description of a JUMBF superbox that is a C2PA manifest store (C2PA 2.4, 11.1). */
const C2PA_TYPE = "c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71";
const isC2pa = (jumbf: Uint8Array) => starts(jumbf.subarray(16), C2PA_TYPE);

/**
 * The JUMBF boxes of a JPEG, which are split into APP11 segments; each repeats the box's header (ISO 19566-5,
 * D.2).
 */
function jpegManifests(bytes: Uint8Array, parts: Part[]): Uint8Array[] {
  const boxes = new Map<number, { order: number; from: number; piece: Uint8Array }[]>();
  for (const { name, start, stop } of parts) {
    if (name !== "eb" || stop - start < 16 || bytes[start] !== 0x4a || bytes[start + 1] !== 0x50) continue;
    const view = viewOf(bytes);
    const header = view.getUint32(start + 8) === 1 ? 16 : 8;
    const pieces = boxes.get(view.getUint16(start + 2)) ?? [];
    pieces.push({ order: view.getUint32(start + 4), from: header, piece: bytes.subarray(start + 8, stop) });
    boxes.set(view.getUint16(start + 2), pieces);
  }
  return [...boxes.values()].map((pieces) =>
    joined(
      pieces
        .toSorted((a, b) => a.order - b.order)
        .map(({ from, piece }, i) => piece.subarray(i > 0 ? from : 0)),
    ),
  );
}

/** The C2PA manifest stores in a picture (C2PA 2.4, Appendix A: APP11 of a JPEG, `caBX` of a PNG, `C2PA` of a WebP). */
export function manifestsIn(form: PictureForm, bytes: Uint8Array, parts: Part[]): Uint8Array[] {
  const name = form === "png" ? "caBX" : "C2PA";
  const found =
    form === "jpeg"
      ? jpegManifests(bytes, parts)
      : parts.filter((part) => part.name === name).map(({ start, stop }) => bytes.subarray(start, stop));
  return found.filter(isC2pa);
}
