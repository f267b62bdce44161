/**
 * Checks a film, as mp4box.js reads it, against rules of ISO 14496-12 and 14496-15, and collects mp4box.js'
 * own complaints.
 */
import { createFile, type ISOFile, Log, MP4BoxBuffer } from "mp4box";
import { pictureFaults } from "./conformance-pictures.ts";

type Trak = ISOFile["moov"]["traks"][number];
type Stbl = Trak["mdia"]["minf"]["stbl"];

/**
 * Complaints to ignore, about what mp4box.js can't read: QuickTime's names, chapters and entry for MP3, and
 * FLAC's box.
 */
const UNREAD = [
  "Unknown box type: 'name'",
  "Unknown box type: 'chpl'",
  "Unknown box type: 'gmhd'",
  "Unknown box type: 'ftab'",
  "Unknown track reference type: 'chap'",
  "Unknown sample entry type: 'text'",
  "Unknown sample entry type: '.mp3'",
  // XMP, by Adobe's UUID.
  "Unknown UUID box type: 'be7acfcb97a942e89c71999491e3afac'",
  // A cover: a JPEG or a PNG.
  "Unsupported or unimplemented itif data type: 13",
  "Unsupported or unimplemented itif data type: 14",
  // Version 2.4.1 reads on after the block that is flagged as the last (src/boxes/dfLa.ts).
  "Parsing of box 'dfLa' read 38 more bytes than the indicated box data size, seeking backwards",
];

/** The file as mp4box.js reads it, and each of its complaints. */
function parsed(film: Uint8Array): { file: ISOFile; complaints: string[] } {
  const complaints: string[] = [];
  const file = createFile();
  const { warn, error } = Log;
  // Without this, its warnings go to the console.
  const hear = (module: string, text = "") => {
    if (!UNREAD.includes(text)) complaints.push(`${module}: ${text}`);
  };
  Object.assign(Log, { warn: hear, error: hear });
  try {
    file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(film.slice().buffer, 0));
    file.flush();
  } finally {
    Object.assign(Log, { warn, error });
  }
  return { file, complaints };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
/** Expands a run-length coded table. */
const spread = (counts: readonly number[], numbers: readonly number[]) =>
  counts.flatMap((count, i) => new Array<number>(count).fill(numbers[i] ?? Number.NaN));
const isRising = (numbers: readonly number[]) =>
  numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? n));

/** Ranges of the file that hold packets. */
function packetRanges(film: Uint8Array): [start: number, end: number][] {
  const view = new DataView(film.buffer, film.byteOffset, film.byteLength);
  const ranges: [number, number][] = [];
  for (let at = 0; at < film.length; ) {
    const small = view.getUint32(at);
    const size = small === 1 ? Number(view.getBigUint64(at + 8)) : small;
    const name = String.fromCharCode(...film.subarray(at + 4, at + 8));
    if (name === "mdat") ranges.push([at + (small === 1 ? 16 : 8), at + size]);
    at += size || film.length;
  }
  return ranges;
}

const MEDIA_HEADERS: Readonly<Record<string, string>> = {
  vide: "vmhd",
  soun: "smhd",
  sbtl: "nmhd",
  text: "gmhd",
};

/** Sample sizes, chunks and their offsets (8.7). */
function* chunkFaults(stbl: Stbl, ranges: readonly [number, number][]): Generator<string> {
  const { stsc, stsz, stsd } = stbl;
  const offsets = (stbl.stco ?? stbl.co64).chunk_offsets;
  const sizes = stsz.sample_sizes;
  if (sizes.length !== stsz.sample_count) yield "stsz has other sizes than it counts";
  if (stsc.first_chunk[0] !== 1 || !isRising(stsc.first_chunk)) yield "stsc does not rise from chunk 1";
  if ((stsc.first_chunk.at(-1) ?? 0) > offsets.length) yield "stsc names a chunk that is not there";
  for (const index of stsc.sample_description_index)
    if (index < 1 || index > stsd.entries.length) yield `stsc names sample entry ${index}`;
  let sample = 0;
  for (const [i, start] of offsets.entries()) {
    const row = stsc.first_chunk.findLastIndex((first) => first <= i + 1);
    const count = stsc.samples_per_chunk[row] ?? 0;
    const end = start + sum(sizes.slice(sample, sample + count));
    if (!ranges.some(([from, to]) => start >= from && end <= to)) yield `chunk ${i + 1} is not within mdat`;
    sample += count;
  }
  if (sample !== sizes.length) yield `the chunks hold ${sample} samples of ${sizes.length}`;
}

/** Decode and composition times (8.6.1). */
function* timeFaults({ stts, ctts, cslg, stsz }: Stbl, duration: number): Generator<string> {
  const deltas = spread(stts.sample_counts, stts.sample_deltas);
  if (deltas.length !== stsz.sample_count) yield `stts has ${deltas.length} samples`;
  if (sum(deltas) !== duration) yield `stts lasts ${sum(deltas)}, mdhd ${duration}`;
  if (deltas.slice(0, -1).some((delta) => delta <= 0)) yield "stts has a sample of no length before the last";
  if (!ctts) {
    if (cslg) yield "cslg without ctts";
    return;
  }
  const shifts = spread(ctts.sample_counts, ctts.sample_offsets);
  if (shifts.length !== stsz.sample_count) yield `ctts has ${shifts.length} samples`;
  const [least, most] = [Math.min(...shifts), Math.max(...shifts)];
  if (least < 0 && ctts.version !== 1) yield "ctts of version 0 has a negative shift";
  if (!cslg) return;
  let decode = 0;
  const spans = deltas.map((delta, i) => {
    const start = decode + (shifts[i] ?? 0);
    decode += delta;
    return start;
  });
  if (cslg.leastDecodeToDisplayDelta !== least || cslg.greatestDecodeToDisplayDelta !== most)
    yield "cslg has other limits than ctts";
  if (cslg.compositionToDTSShift < -least) yield "cslg shifts by too little";
  if (cslg.compositionStartTime !== Math.min(...spans)) yield "cslg starts at another time";
  if (cslg.compositionEndTime < Math.max(...spans)) yield "cslg ends before the last picture";
}

/** The edit list (8.6.6). */
function* editFaults({ tkhd, edts, mdia }: Trak, movieTimescale: number): Generator<string> {
  const { timescale, duration } = mdia.mdhd;
  const inMovie = (units: number) => (units / timescale) * movieTimescale;
  const edits = edts?.elst?.entries ?? [];
  if (edits.length === 0) {
    if (Math.abs(tkhd.duration - inMovie(duration)) > 1) yield "tkhd lasts other than its media";
    return;
  }
  if (sum(edits.map((edit) => edit.segment_duration)) !== tkhd.duration) yield "elst lasts other than tkhd";
  for (const edit of edits) {
    if (edit.media_rate_integer !== 1 || edit.media_rate_fraction !== 0) yield "elst has another rate than 1";
    if (edit.media_time < -1) yield `elst begins at ${edit.media_time}`;
    // Rounding to the movie's timescale changes it by less than one unit.
    if (edit.media_time >= 0 && inMovie(edit.media_time) + edit.segment_duration > inMovie(duration) + 1)
      yield "elst reaches beyond its media";
  }
}

/** An edit list of AAC or Opus is exact only with its samples in one group of `roll` (10.1; QuickTime's appendix G). */
function* rollFaults({ edts, mdia }: Trak): Generator<string> {
  const { stbl } = mdia.minf;
  const entry = stbl.stsd.entries[0]?.type ?? "";
  const skips = edts?.elst?.entries.some(({ media_time }) => media_time > 0) ?? false;
  const [groups, members] = [stbl.sgpds ?? [], stbl.sbgps ?? []];
  if (["mp4a", "Opus"].includes(entry) && skips && groups.length === 0)
    yield "an edit list without sample groups";
  for (const group of groups) {
    const { grouping_type: type, version, default_length: length } = group;
    const distances = Reflect.get(group, "entries").map((one: object) => Reflect.get(one, "roll_distance"));
    if (type !== "roll" || version !== 1 || length !== 2) yield "sgpd is no roll group of version 1";
    if (distances.length !== 1 || !(distances[0] < 0)) yield `sgpd rolls by ${distances}`;
  }
  const covered = members.map(({ entries }) => sum(entries.map((one) => one.sample_count)));
  if (groups.length !== members.length || covered.some((count) => count !== stbl.stsz.sample_count))
    yield "sbgp does not cover all samples";
}

function* trackFaults(
  trak: Trak,
  movieTimescale: number,
  ranges: readonly [number, number][],
): Generator<string> {
  const { hdlr, mdhd, minf } = trak.mdia;
  const header = MEDIA_HEADERS[hdlr.handler];
  if (!header || !minf.boxes?.some(({ type }) => type === header)) yield `${hdlr.handler} has no ${header}`;
  const letters = [10, 5, 0].map((shift) => ((mdhd.language >>> shift) & 31) + 0x60);
  if (!letters.every((letter) => letter > 0x60 && letter <= 0x7a)) yield "mdhd names no language";
  const { stbl } = minf;
  if (stbl.stsd.entries.length === 0) yield "stsd is empty";
  // Our films have one data reference: themselves.
  for (const { data_reference_index: index } of stbl.stsd.entries)
    if (index !== 1) yield `a sample entry lies in data reference ${index}`;
  const keys = stbl.stss?.sample_numbers ?? [];
  if (!isRising(keys) || keys.some((n) => n < 1 || n > stbl.stsz.sample_count)) yield "stss is out of range";
  yield* chunkFaults(stbl, ranges);
  yield* timeFaults(stbl, mdhd.duration);
  yield* editFaults(trak, movieTimescale);
  yield* rollFaults(trak);
}

/** Brands that announce the file's features (annex E, as in L-SMASH). */
function* brandFaults(file: ISOFile): Generator<string> {
  const { major_brand: major, compatible_brands: brands } = file.ftyp;
  if (!brands.includes(major)) yield `${major} is not among its brands`;
  const tables = file.moov.traks.map((trak) => trak.mdia.minf.stbl);
  if (tables.some(({ ctts, cslg }) => ctts?.version === 1 || cslg) && !brands.includes("iso4"))
    yield "signed shifts without the brand iso4";
  if (tables.some(({ sgpds }) => sgpds?.length) && !brands.includes("iso2"))
    yield "sample groups without the brand iso2";
  const coded = new Set(tables.flatMap(({ stsd }) => stsd.entries.map(({ type }) => type)));
  if (brands.includes("avc1") !== coded.has("avc1")) yield "the brand avc1 and the sample entries disagree";
}

/** Every fault that is found in a film, as text; empty when it conforms. */
export function faultsOf(film: Uint8Array): string[] {
  const { file, complaints } = parsed(film);
  const faults = complaints.map((text) => `mp4box.js: ${text}`);
  if (!file.ftyp || !file.moov) return [...faults, "no ftyp or no moov"];
  if (String.fromCharCode(...film.subarray(4, 8)) !== "ftyp") faults.push("ftyp is not first");
  faults.push(...brandFaults(file));
  const { mvhd, traks } = file.moov;
  const ids = traks.map(({ tkhd }) => tkhd.track_id);
  if (new Set(ids).size < ids.length || ids.some((id) => id < 1 || id >= mvhd.next_track_id))
    faults.push(`tracks have the numbers ${ids.join(", ")}`);
  if (mvhd.duration !== Math.max(...traks.map(({ tkhd }) => tkhd.duration)))
    faults.push("mvhd lasts other than the longest track");
  const ranges = packetRanges(film);
  if (ranges.some(([, end]) => end > film.length)) faults.push("mdat reaches beyond the file");
  for (const trak of traks) {
    const found = [...trackFaults(trak, mvhd.timescale, ranges)];
    if (trak.mdia.hdlr.handler === "vide") found.push(...pictureFaults(film, trak, file));
    faults.push(...found.map((fault) => `track ${trak.tkhd.track_id}: ${fault}`));
  }
  return faults;
}
