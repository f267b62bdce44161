/**
 * Checks whether an MP4's index (ISO 14496-12) is safe to read: counts in a damaged or hostile index send
 * mediabunny 1.61.0 through billions of steps, which nothing can interrupt.
 */
import type { MediaFile } from "./source.ts";

/**
 * An hour of video at 60 frames per second has 216,000; some common files have one for each sample of sound.
 */
const MOST_SHIFTED_SAMPLES = 2_000_000;
/** mediabunny finds each sample by walking its chunk; this many steps take a second or two. */
const MOST_STEPS = 2e9;
const MOST_INDEX_BYTES = 32 * 1024 * 1024;
const MOST_BOXES = 100_000;
const CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "stbl", "moof", "traf"]);

interface Box {
  name: string;
  /** Where its contents begin and end, as offsets into the bytes it was read from. */
  start: number;
  end: number;
}

/**
 * The box at offset `at` of `head`, at `position` in a file of `length` bytes, cut to the file; null without
 * one.
 */
function readBox(head: DataView, at: number, position: number, length: number): Box | null {
  if (at + 8 > head.byteLength) return null;
  const small = head.getUint32(at);
  const name = String.fromCharCode(...[4, 5, 6, 7].map((i) => head.getUint8(at + i)));
  if (small === 1 && at + 16 > head.byteLength) return null;
  const size = small === 0 ? length - position : small === 1 ? Number(head.getBigUint64(at + 8)) : small;
  const header = small === 1 ? 16 : 8;
  if (size < header) return null;
  return { name, start: position + header, end: Math.min(length, position + size) };
}

/** Counts that the tables of one track, or of one fragment, state. */
interface Tables {
  samples: number;
  sizes: number;
  sizesDiffer: boolean;
  chunk: number;
  shifted: number;
}

/** A column of a table: the number at `offset` of each entry of `width` bytes, after the count at `at`. */
function column(view: DataView, at: number, width: number, offset: number, end: number): number[] {
  const out: number[] = [];
  if (at + 4 > end) return out;
  const count = Math.min(view.getUint32(at), Math.floor((end - at - 4) / width));
  for (let i = 0; i < count; i++) out.push(view.getUint32(at + 4 + i * width + offset));
  return out;
}
const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);

function readTable(view: DataView, { name, start, end }: Box, tables: Tables): void {
  if (name === "stts") tables.samples += sum(column(view, start + 4, 8, 0, end));
  if (name === "ctts") tables.shifted += sum(column(view, start + 4, 8, 0, end));
  if (name === "trun" && start + 8 <= end) tables.shifted += view.getUint32(start + 4);
  if (name === "stsc")
    tables.chunk = column(view, start + 4, 12, 4, end).reduce((a, b) => Math.max(a, b), tables.chunk);
  if ((name === "stsz" || name === "stz2") && start + 12 <= end) {
    tables.sizes += view.getUint32(start + 8);
    tables.sizesDiffer ||= name === "stz2" || view.getUint32(start + 4) === 0;
  }
}

function areSafe({ samples, sizes, sizesDiffer, chunk, shifted }: Tables): boolean {
  if (shifted > MOST_SHIFTED_SAMPLES || (shifted > 0 && samples > MOST_SHIFTED_SAMPLES)) return false;
  return !sizesDiffer || (chunk <= Math.max(1, sizes) && samples * chunk <= MOST_STEPS);
}

/**
 * Walks a box's children; the tables of a track are checked together at its end. False when a track fails.
 */
function walk(view: DataView, from: number, to: number, tables: Tables): boolean {
  for (let at = from; at + 8 <= to; ) {
    const box = readBox(view, at, at, to);
    if (!box) return true;
    const isTrack = box.name === "trak" || box.name === "traf";
    const inside = isTrack ? { samples: 0, sizes: 0, sizesDiffer: false, chunk: 0, shifted: 0 } : tables;
    if (!CONTAINERS.has(box.name)) readTable(view, box, tables);
    else if (!walk(view, box.start, box.end, inside) || (isTrack && !areSafe(inside))) return false;
    at = box.end;
  }
  return true;
}

/**
 * Reads the index, wherever it is in the file. Also true without an index: the caller finds that out itself.
 */
export async function isIndexSafe(file: MediaFile): Promise<boolean> {
  let position = 0;
  for (let boxes = 0; position + 8 <= file.bytes; boxes++) {
    if (boxes > MOST_BOXES) return false;
    const head = await file.read(position, position + 16);
    const box = readBox(new DataView(head.buffer), 0, position, file.bytes);
    if (!box) return true;
    if (box.name === "moov" || box.name === "moof") {
      if (box.end - position > MOST_INDEX_BYTES) return false;
      const bytes = await file.read(position, box.end);
      const none = { samples: 0, sizes: 0, sizesDiffer: false, chunk: 0, shifted: 0 };
      if (!walk(new DataView(bytes.buffer), 0, bytes.length, none)) return false;
    }
    position = box.end;
  }
  return true;
}
