/** Writes the tags of songs. */

/** Latin-1. */
export const bytesOf = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));

/** UTF-16 with a byte order mark. */
export function utf16(text: string, big = false): number[] {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const bytes = units.flatMap((unit) => (big ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8]));
  return [...(big ? [0xfe, 0xff] : [0xff, 0xfe]), ...bytes];
}

const synchsafe = (n: number) => [(n >> 21) & 127, (n >> 14) & 127, (n >> 7) & 127, n & 127];
const plain = (n: number) => [(n >> 24) & 255, (n >> 16) & 255, (n >> 8) & 255, n & 255];

/** Unsynchronisation: adds a zero after each byte that could look like the start of a frame. */
const unsynchronised = (bytes: number[]) => bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte]));

/** A frame's name, with its content, or with the length of a content that the caller writes after the tag. */
type Frame = [name: string, content: number[] | number];

/** An ID3v2 tag. A frame with a length instead of a content must be the last. */
export function id3(version: 2 | 3 | 4, frames: readonly Frame[], { scattered = false } = {}): Uint8Array {
  let missing = 0;
  const body = frames.flatMap(([name, content]) => {
    if (typeof content === "number") missing = content;
    const inside = typeof content === "number" ? [] : content;
    const stored = scattered && version === 4 ? unsynchronised(inside) : inside;
    const length = typeof content === "number" ? content : stored.length;
    const size = version === 4 ? synchsafe(length) : version === 3 ? plain(length) : plain(length).slice(1);
    return [...bytesOf(name), ...size, ...(version === 2 ? [] : [0, 0]), ...stored];
  });
  const stored = scattered && version < 4 ? unsynchronised(body) : body;
  const flags = scattered ? 0x80 : 0;
  return Uint8Array.from([
    ...bytesOf("ID3"),
    version,
    0,
    flags,
    ...synchsafe(stored.length + missing),
    ...stored,
  ]);
}

const latin = (text: string) => [0, ...bytesOf(text)];
export const title = (text: string): Frame => ["TIT2", latin(text)];
export const uslt = (text: number[], encoding = 0, language = "eng"): Frame => {
  const wide = encoding === 1 || encoding === 2;
  const end = wide ? [0, 0] : [0];
  return ["USLT", [encoding, ...bytesOf(language), ...(encoding === 1 ? [0xff, 0xfe] : []), ...end, ...text]];
};
/** `format` 1 counts in MPEG frames, 2 in milliseconds. */
export const sylt = (
  pieces: readonly (readonly [text: number[], time: number])[],
  { encoding = 0, format = 2, kind = 1 } = {},
): Frame => {
  const end = encoding === 1 || encoding === 2 ? [0, 0] : [0];
  const descriptor = encoding === 1 ? [0xff, 0xfe, ...end] : end;
  const body = pieces.flatMap(([text, time]) => [...text, ...end, ...plain(time)]);
  return ["SYLT", [encoding, ...bytesOf("eng"), format, kind, ...descriptor, ...body]];
};
export const apic = (picture: Uint8Array, kind = 3, mime = "image/png"): Frame => [
  "APIC",
  [0, ...bytesOf(mime), 0, kind, 0, ...picture],
];

/** The head of a PNG with its size in pixels, padded with zeros to `bytes`. */
export function png(width: number, height: number, bytes = 64): Uint8Array {
  const out = new Uint8Array(bytes);
  out.set([0x89, ...bytesOf("PNG\r\n\x1a\n"), 0, 0, 0, 13, ...bytesOf("IHDR")]);
  new DataView(out.buffer).setUint32(16, width);
  new DataView(out.buffer).setUint32(20, height);
  return out;
}

export const id3v1 = (title: string, artist: string): Uint8Array =>
  Uint8Array.from(bytesOf(`TAG${title.padEnd(30, "\0")}${artist.padEnd(30, "\0")}`.padEnd(128, "\0")));
/** An APEv2 tag with header and footer around the items. */
export function ape(items: Uint8Array): Uint8Array {
  const block = (flags: number) => [
    ...bytesOf("APETAGEX"),
    ...[0xd0, 7, 0, 0],
    ...plain(items.length + 32).reverse(),
    ...[1, 0, 0, 0, 0, 0, 0, flags, 0, 0, 0, 0, 0, 0, 0, 0],
  ];
  return Uint8Array.from([...block(0xa0), ...items, ...block(0x80)]);
}
export const lyrics3 = (body: string): Uint8Array => {
  const inside = `LYRICSBEGIN${body}`;
  return Uint8Array.from(bytesOf(`${inside}${String(inside.length).padStart(6, "0")}LYRICS200`));
};

export function joined(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
