/**
 * Checks whether an MP4's index (ISO 14496-12) is safe to read: counts in a damaged or hostile index send
 * mediabunny 1.61.0 through billions of steps, which nothing can interrupt.
 */
import { type Box, cutBoxesIn, fileBoxes, viewOf } from "./mp4-boxes.ts";
import type { MediaFile } from "./source.ts";

/**
 * An hour of video at 60 frames per second has 216,000; some common files have one for each sample of sound.
 */
const MAX_SHIFTED_SAMPLES = 2_000_000;
/** mediabunny finds each sample by walking its chunk; this many steps take a second or two. */
const MAX_STEPS = 2e9;
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
const MAX_BOXES = 100_000;
const CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "stbl", "moof", "traf"]);

const unsafe = () => new Error("The index is not safe to read.");

/** Counts that the tables of one track, or of one fragment, state. */
interface Tables {
  samples: number;
  sizes: number;
  sizesDiffer: boolean;
  chunk: number;
  shifted: number;
}

/**
 * A column of a table: the number at `offset` of each entry of `width` bytes, after the count at `at`. Entries
 * beyond `end` are left out.
 */
function readColumn(view: DataView, at: number, width: number, offset: number, end: number): number[] {
  const out: number[] = [];
  if (at + 4 > end) return out;
  const count = Math.min(view.getUint32(at), Math.floor((end - at - 4) / width));
  for (let i = 0; i < count; i++) out.push(view.getUint32(at + 4 + i * width + offset));
  return out;
}
const noTables = (): Tables => ({ samples: 0, sizes: 0, sizesDiffer: false, chunk: 0, shifted: 0 });

const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);

function readTable(view: DataView, { name, start, end }: Box, tables: Tables): void {
  if (name === "stts") tables.samples += sum(readColumn(view, start + 4, 8, 0, end));
  if (name === "ctts") tables.shifted += sum(readColumn(view, start + 4, 8, 0, end));
  if (name === "trun" && start + 8 <= end) tables.shifted += view.getUint32(start + 4);
  if (name === "stsc")
    tables.chunk = readColumn(view, start + 4, 12, 4, end).reduce((a, b) => Math.max(a, b), tables.chunk);
  if ((name === "stsz" || name === "stz2") && start + 12 <= end) {
    tables.sizes += view.getUint32(start + 8);
    tables.sizesDiffer ||= name === "stz2" || view.getUint32(start + 4) === 0;
  }
}

function areSafe({ samples, sizes, sizesDiffer, chunk, shifted }: Tables): boolean {
  if (shifted > MAX_SHIFTED_SAMPLES || (shifted > 0 && samples > MAX_SHIFTED_SAMPLES)) return false;
  return !sizesDiffer || (chunk <= Math.max(1, sizes) && samples * chunk <= MAX_STEPS);
}

/**
 * Walks the boxes from offset `from` to `to`; the tables of a track are checked together at its end. Throws
 * when a track fails.
 */
function walk(bytes: Uint8Array, view: DataView, from: number, to: number, tables: Tables): void {
  for (const box of cutBoxesIn(bytes, from, to)) {
    const isTrack = box.name === "trak" || box.name === "traf";
    const inside = isTrack ? noTables() : tables;
    if (!CONTAINERS.has(box.name)) readTable(view, box, tables);
    else {
      walk(bytes, view, box.start, box.end, inside);
      if (isTrack && !areSafe(inside)) throw unsafe();
    }
  }
}

/** A `moov` or `moof` box as the bytes of the whole box, cut at the file's end. */
interface IndexPart {
  name: "moov" | "moof";
  bytes: Uint8Array;
}

/** The parts of a file's index, in order. Throws when there are too many boxes or a part is too large. */
export async function* indexParts(file: Pick<MediaFile, "bytes" | "read">): AsyncGenerator<IndexPart> {
  let boxes = 0;
  for await (const { box, position } of fileBoxes(file.bytes, file.read, MAX_BOXES + 1)) {
    const { name } = box;
    if (++boxes > MAX_BOXES) throw unsafe();
    if (name !== "moov" && name !== "moof") continue;
    const end = Math.min(file.bytes, position + box.end);
    if (end - position > MAX_INDEX_BYTES) throw unsafe();
    yield { name, bytes: await file.read(position, end) };
  }
}

/**
 * Reads the whole index. Throws when it is not safe to read. A missing index is safe: the caller finds that
 * out itself.
 */
export async function checkIndex(file: Pick<MediaFile, "bytes" | "read">): Promise<void> {
  for await (const { bytes } of indexParts(file)) walk(bytes, viewOf(bytes), 0, bytes.length, noTables());
}
