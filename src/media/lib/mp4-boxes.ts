/** Writes and reads the boxes of an MP4 (ISO 14496-12). */

/** Bytes that boxes are made of. */
export type Bytes = Uint8Array | readonly number[];

export const u16 = (n: number) => [(n >>> 8) & 0xff, n & 0xff];
export const u32 = (n: number) => [(n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff];
export const u64 = (n: number) => [...u32(Math.floor(n / 2 ** 32)), ...u32(n % 2 ** 32)];
export const zeros = (count: number): number[] => new Array(count).fill(0);
/** The lowest byte of each character. */
export const ascii = (text: string) => Array.from(text, (c) => c.charCodeAt(0) & 0xff);
export const utf8 = (text: string) => new TextEncoder().encode(text);

export function joined(pieces: readonly Bytes[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

export function box(name: string, ...pieces: Bytes[]): Uint8Array {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 8);
  return joined([u32(size), ascii(name), ...pieces]);
}
export const fullBox = (name: string, version: number, flags: number, ...pieces: Bytes[]) =>
  box(name, [version, ...u32(flags).slice(1)], ...pieces);

/** A table's numbers, 4 bytes each, big-endian. */
export function column(numbers: readonly number[]): Uint8Array {
  const out = new Uint8Array(numbers.length * 4);
  const view = new DataView(out.buffer);
  numbers.forEach((n, i) => {
    view.setInt32(i * 4, n);
  });
  return out;
}

export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * A box as offsets into the bytes that it was found in: its header at `at`, its contents from `start` to
 * `end`.
 */
export interface Box {
  name: string;
  at: number;
  start: number;
  end: number;
}

/** A header with a size of 64 bits. */
const LONGEST_HEADER = 16;

/**
 * The box whose header is at offset `at` of `bytes`; the box may end beyond them. Null when there is no
 * header. `left`: how many bytes the file has from there, for a box whose size means "to the end".
 */
export function boxAt(bytes: Uint8Array, at: number, left = bytes.length - at): Box | null {
  if (at + 8 > bytes.length) return null;
  const view = viewOf(bytes);
  const small = view.getUint32(at);
  if (small === 1 && at + 16 > bytes.length) return null;
  const size = small === 0 ? left : small === 1 ? Number(view.getBigUint64(at + 8)) : small;
  const header = small === 1 ? 16 : 8;
  if (size < header) return null;
  const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  return { name, at, start: at + header, end: at + size };
}

/** The boxes from offset `from` to `to`, in order, those that end beyond `to` cut; ends before what is no box. */
export function* cutBoxesIn(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  for (let at = from; at + 8 <= to; ) {
    const found = boxAt(bytes, at, to - at);
    if (!found) return;
    yield { ...found, end: Math.min(to, found.end) };
    at = found.end;
  }
}

/** The boxes from offset `from` to `to`, in order; ends before a box that does not fit. */
export function* boxesIn(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  for (let at = from; at < to; ) {
    const found = boxAt(bytes, at, to - at);
    if (!found || found.end > to) return;
    yield found;
    at = found.end;
  }
}

/** A box of a file: its offsets count from its header, which is at `position` in the file. */
export interface FileBox {
  box: Box;
  position: number;
}

/**
 * The top-level boxes of a file of `fileBytes` bytes, in order; ends before what is no box, and after
 * `maxBoxes`. The last box may end beyond the file. `read` returns the bytes from `start` to `end`.
 */
export async function* fileBoxes(
  fileBytes: number,
  read: (start: number, end: number) => Promise<Uint8Array>,
  maxBoxes: number,
): AsyncGenerator<FileBox> {
  for (let position = 0, count = 0; position + 8 <= fileBytes && count < maxBoxes; count++) {
    const head = await read(position, Math.min(fileBytes, position + LONGEST_HEADER));
    const box = boxAt(head, 0, fileBytes - position);
    if (!box) return;
    yield { box, position };
    position += box.end;
  }
}

/** The first box at a path of names inside another box; null when there is none. */
export function boxWithin(bytes: Uint8Array, outer: Box, ...path: string[]): Box | null {
  let inside: Box | null = outer;
  for (const name of path) {
    if (!inside) return null;
    inside = [...boxesIn(bytes, inside.start, inside.end)].find((child) => child.name === name) ?? null;
  }
  return inside;
}
