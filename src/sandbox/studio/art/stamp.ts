/**
 * A note inside an image file that says what was drawn. A clip made from the file can then move the
 * scene's own planes; it travels with the bytes, so nothing has to be remembered.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";

const Note = z.object({ prompt: z.string(), seed: z.number().nullable() });
export type Note = z.infer<typeof Note>;

const MARK = "omvee-sandbox-scene:";
const encoder = new TextEncoder();

const note = (value: Note) =>
  encoder.encode(`${MARK}${Buffer.from(JSON.stringify(value)).toString("base64")};`);

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function u32(value: number, littleEndian = false): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}

/** A comment segment behind the start marker. */
function inJpeg(bytes: Uint8Array, text: Uint8Array): Uint8Array {
  const length = text.length + 2;
  if (length > 0xffff) return bytes;
  return join(
    bytes.subarray(0, 2),
    Uint8Array.of(0xff, 0xfe, length >> 8, length & 255),
    text,
    bytes.subarray(2),
  );
}

/** A tEXt chunk behind the header chunk, which ends at byte 33. */
function inPng(bytes: Uint8Array, text: Uint8Array): Uint8Array {
  const body = join(encoder.encode("tEXtComment\0"), text);
  return join(bytes.subarray(0, 33), u32(body.length - 4), body, u32(crc32(body)), bytes.subarray(33));
}

const XMP_FLAG = 4;

/** An XMP chunk at the end, announced in the extended header. */
function inWebp(bytes: Uint8Array, text: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(12, 16)).toString() !== "VP8X") return bytes;
  const padding = new Uint8Array(text.length % 2);
  const body = join(bytes.subarray(8), encoder.encode("XMP "), u32(text.length, true), text, padding);
  body[12] = (body[12] ?? 0) | XMP_FLAG;
  return join(encoder.encode("RIFF"), u32(body.length, true), body);
}

/** The same picture with the note in it; unchanged where the format has no room. */
export function stamp(bytes: Uint8Array, format: "jpg" | "png" | "webp", value: Note): Uint8Array {
  const text = note(value);
  if (format === "jpg") return inJpeg(bytes, text);
  return format === "png" ? inPng(bytes, text) : inWebp(bytes, text);
}

/** The note of a picture that was drawn here; null for any other. */
export function readStamp(bytes: Uint8Array): Note | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = file.indexOf(MARK);
  const end = start < 0 ? -1 : file.indexOf(";", start);
  if (end < 0) return null;
  try {
    return Note.parse(
      JSON.parse(Buffer.from(file.toString("latin1", start + MARK.length, end), "base64").toString()),
    );
  } catch {
    return null;
  }
}
