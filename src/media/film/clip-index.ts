/** Reads a clip's index: where each packet of pictures and sound is in the file, and its time. */
import { type Box, boxesIn, boxWithin, viewOf } from "../lib/mp4-boxes.ts";

/** One packet, in decode order. */
export interface Sample {
  /** Its offset in the file. */
  offset: number;
  bytes: number;
  /** Presentation time in seconds on the clip's own timeline. */
  time: number;
  /** Duration. */
  seconds: number;
  key: boolean;
}

export interface IndexedTrack {
  id: number;
  kind: "video" | "audio";
  /** Units in a second. */
  timescale: number;
  /** The sample entry, a whole box: the decoder's configuration. */
  entry: Uint8Array;
  /** When the media's time 0 is shown, in seconds, by the edit list. */
  startSeconds: number;
  edits: ClipEdit[];
  /** How pictures are transformed: a, b, c and d of the track's matrix and of the movie's; 65,536 means 1. */
  matrices: number[][];
  /** The size in pixels that the track's header states; 0 when it does not. */
  shownSize: { width: number; height: number };
  samples: Sample[];
}

/** One row of an edit list. */
interface ClipEdit {
  /** Its length on the clip's own timeline; 0 may mean "to the end". */
  seconds: number;
  /** Where it begins in the media, in seconds; null for an empty edit, which shows nothing. */
  from: number | null;
  /** 1 is normal speed. */
  rate: number;
}

/** A clip of a few seconds has hundreds of samples; larger counts mean that the index is damaged. */
const MAX_SAMPLES = 200_000;

/** The index contradicts itself. */
export class BrokenIndex extends Error {
  override name = "BrokenIndex";
}
const broken = () => new BrokenIndex("The index contradicts itself.");

/** The offsets of a table's rows; the row count is at `at`. */
function* rows(view: DataView, at: number, width: number, end: number): Generator<number> {
  if (at + 4 > end) throw broken();
  const count = view.getUint32(at);
  if (at + 4 + count * width > end) throw broken();
  for (let i = 0; i < count; i++) yield at + 4 + i * width;
}

/** Expands a run-length coded table to exactly `count` numbers. */
function expandRuns(view: DataView, table: Box, count: number): number[] {
  const out: number[] = [];
  for (const row of rows(view, table.start + 4, 8, table.end)) {
    const run = view.getUint32(row);
    if (out.length + run > count) throw broken();
    for (let i = 0; i < run; i++) out.push(view.getInt32(row + 4));
  }
  if (out.length < count) throw broken();
  return out;
}

function sizesOf(view: DataView, { start, end }: Box): number[] {
  const [same, count] = [view.getUint32(start + 4), view.getUint32(start + 8)];
  if (count > MAX_SAMPLES) throw broken();
  if (same > 0) return new Array(count).fill(same);
  return Array.from(rows(view, start + 8, 4, end), (row) => view.getUint32(row));
}

/** The file offset of each sample, computed from the chunks. */
function offsetsOf(view: DataView, sizes: number[], runs: Box, chunks: Box): number[] {
  const wide = chunks.name === "co64";
  const starts = Array.from(rows(view, chunks.start + 4, wide ? 8 : 4, chunks.end), (row) =>
    wide ? Number(view.getBigUint64(row)) : view.getUint32(row),
  );
  const firsts = Array.from(rows(view, runs.start + 4, 12, runs.end), (row) => ({
    chunk: view.getUint32(row) - 1,
    samples: view.getUint32(row + 4),
  }));
  const out: number[] = [];
  let run = -1;
  for (const [i, start] of starts.entries()) {
    if (firsts[run + 1]?.chunk === i) run++;
    const samples = firsts[run]?.samples ?? 0;
    if (out.length + samples > sizes.length) throw broken();
    for (let at = start, n = 0; n < samples; n++) {
      out.push(at);
      at += sizes[out.length - 1] ?? 0;
    }
  }
  if (out.length < sizes.length) throw broken();
  return out;
}

function editsOf(view: DataView, list: Box | null, timescale: number, movieTimescale: number): ClipEdit[] {
  if (!list) return [];
  const wide = view.getUint8(list.start) === 1;
  return Array.from(rows(view, list.start + 4, wide ? 20 : 12, list.end), (row) => {
    const length = wide ? Number(view.getBigUint64(row)) : view.getUint32(row);
    const from = wide ? Number(view.getBigInt64(row + 8)) : view.getInt32(row + 4);
    const rate = view.getInt32(row + (wide ? 16 : 8)) / 0x1_0000;
    return { seconds: length / movieTimescale, from: from < 0 ? null : from / timescale, rate };
  });
}

/**
 * The length of the leading empty edits minus the media time of the first other edit. For the rest see
 * clip-edits.ts.
 */
function startSecondsOf(edits: readonly ClipEdit[]): number {
  let delay = 0;
  for (const { seconds, from } of edits) {
    if (from !== null) return delay - from;
    delay += seconds;
  }
  return delay;
}

/** a, b, c and d of a matrix (ISO 14496-12, 8.3.2). */
const matrixAt = (view: DataView, at: number) => [0, 4, 12, 16].map((next) => view.getInt32(at + next));

function readSamples(view: DataView, bytes: Uint8Array, tables: Box, track: IndexedTrack): void {
  const table = (name: string) => boxWithin(bytes, tables, name);
  const [stsz, stsc, stts] = [table("stsz"), table("stsc"), table("stts")];
  const chunks = table("stco") ?? table("co64");
  if (!stsz || !stsc || !stts || !chunks) throw broken();
  const sizes = sizesOf(view, stsz);
  const offsets = offsetsOf(view, sizes, stsc, chunks);
  const lengths = expandRuns(view, stts, sizes.length);
  const [ctts, stss] = [table("ctts"), table("stss")];
  const shifts = ctts && expandRuns(view, ctts, sizes.length);
  const keys = stss && new Set(Array.from(rows(view, stss.start + 4, 4, stss.end), (r) => view.getUint32(r)));
  let decode = 0;
  for (const [i, size] of sizes.entries()) {
    const length = lengths[i] ?? 0;
    track.samples.push({
      offset: offsets[i] ?? 0,
      bytes: size,
      time: (decode + (shifts?.[i] ?? 0)) / track.timescale + track.startSeconds,
      seconds: length / track.timescale,
      key: keys?.has(i + 1) ?? true,
    });
    decode += length;
  }
}

function readTrack(
  view: DataView,
  bytes: Uint8Array,
  trak: Box,
  movie: { timescale: number; matrix: number[] },
): IndexedTrack | null {
  const within = (...path: string[]) => boxWithin(bytes, trak, ...path);
  const [tkhd, mdhd, hdlr] = [within("tkhd"), within("mdia", "mdhd"), within("mdia", "hdlr")];
  const tables = within("mdia", "minf", "stbl");
  const stsd = tables && boxWithin(bytes, tables, "stsd");
  if (!tkhd || !mdhd || !hdlr || !stsd) throw broken();
  const handler = String.fromCharCode(...bytes.subarray(hdlr.start + 8, hdlr.start + 12));
  if (handler !== "vide" && handler !== "soun") return null;
  // Several sample entries would mean that the codec changes within the track.
  const entry = boxesIn(bytes, stsd.start + 8, stsd.end).next().value;
  if (!entry || view.getUint32(stsd.start + 4) !== 1) throw broken();
  const timesBytes = (header: Box) => (view.getUint8(header.start) === 1 ? 20 : 12);
  const timescale = view.getUint32(mdhd.start + timesBytes(mdhd));
  if (timescale === 0) throw broken();
  // The matrix and the size come 16 bytes after the duration.
  const matrixOffset = tkhd.start + (view.getUint8(tkhd.start) === 1 ? 52 : 40);
  const edits = editsOf(view, within("edts", "elst"), timescale, movie.timescale);
  const track: IndexedTrack = {
    id: view.getUint32(tkhd.start + timesBytes(tkhd)),
    kind: handler === "vide" ? "video" : "audio",
    timescale,
    entry: bytes.slice(entry.at, entry.end),
    startSeconds: startSecondsOf(edits),
    edits,
    matrices: [matrixAt(view, matrixOffset), movie.matrix],
    shownSize: {
      width: view.getUint32(matrixOffset + 36) / 0x1_0000,
      height: view.getUint32(matrixOffset + 40) / 0x1_0000,
    },
    samples: [],
  };
  readSamples(view, bytes, tables, track);
  return track;
}

/**
 * The tracks of pictures and sound that a `moov` box describes. Throws `BrokenIndex` or `RangeError` when it
 * is damaged.
 */
export function readIndex(bytes: Uint8Array, moov: Box): IndexedTrack[] {
  const view = viewOf(bytes);
  const mvhd = boxWithin(bytes, moov, "mvhd");
  if (!mvhd) throw broken();
  const isWide = view.getUint8(mvhd.start) === 1;
  const timescale = view.getUint32(mvhd.start + (isWide ? 20 : 12)) || 1;
  // Rate, volume and 10 reserved bytes come between the duration and the matrix.
  const movie = { timescale, matrix: matrixAt(view, mvhd.start + (isWide ? 48 : 36)) };
  return [...boxesIn(bytes, moov.start, moov.end)].flatMap((child) => {
    const track = child.name === "trak" ? readTrack(view, bytes, child, movie) : null;
    return track ? [track] : [];
  });
}
