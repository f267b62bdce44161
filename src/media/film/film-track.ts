/**
 * One track of the film: the facts recorded of each sample while it is written, and the index made of them.
 */

import { ascii, type Bytes, box, column, fullBox, u16, u32, u64, utf8, zeros } from "../lib/mp4-boxes.ts";
import { packedLanguage } from "./language.ts";

/** Units per second of the movie's timescale: a frame is a whole number of them at 24, 25, 30 and 60 fps. */
export const MOVIE_TIMESCALE = 57_600;

export interface TrackForm {
  id: number;
  handler: "vide" | "soun" | "sbtl" | "text";
  name: string;
  timescale: number;
  /** Whether players play or show the track by default. */
  enabled: boolean;
  /** Players choose one of the tracks with the same number; 0: no group. */
  group: number;
  language: string | null;
  /** Pixels; 0 when the track is not visible. */
  width: number;
  height: number;
  /** Its position on the film's picture, in pixels from the top. */
  top: number;
  /** The sample entry, given the track's final bits per second; several when samples need different ones. */
  entry(bitRate: number): Uint8Array | Uint8Array[];
  /** Id of the track that holds the chapters; null without one. */
  chapters: number | null;
  /** How many samples before a sample must be decoded for correct output (`roll` sample group); 0: none. */
  roll: number;
}

/** Samples in decode order; times in the track's units. */
export interface FilmTrack {
  form: TrackForm;
  sizes: number[];
  decode: number[];
  shift: number[];
  /** Numbers of the key samples, counted from 1. */
  keys: number[];
  /** Runs of samples that are contiguous in the file. */
  chunks: { offset: number; samples: number; end: number; entry: number }[];
  /** The latest end of a sample. */
  end: number;
}

export const filmTrack = (form: TrackForm): FilmTrack => ({
  form,
  sizes: [],
  decode: [],
  shift: [],
  keys: [],
  chunks: [],
  end: 0,
});

/** A sample's times, in seconds of the film. */
export interface Timing {
  decode: number;
  timestamp: number;
  duration: number;
  key: boolean;
  /** Number of the sample entry that describes it, counted from 1; 1 when left out. */
  entry?: number;
}

/**
 * Records a sample and its offset in the file; the sample before lasts until this one. Decode times never
 * decrease.
 */
export function addSample(track: FilmTrack, offset: number, bytes: number, at: Timing): void {
  const { timescale } = track.form;
  const decodeTime = Math.max(
    Math.round(at.decode * timescale),
    track.decode.at(-1) ?? Number.NEGATIVE_INFINITY,
  );
  track.sizes.push(bytes);
  track.decode.push(decodeTime);
  track.shift.push(Math.round(at.timestamp * timescale) - decodeTime);
  if (at.key) track.keys.push(track.sizes.length);
  track.end = Math.max(track.end, Math.round((at.timestamp + at.duration) * timescale));
  const open = track.chunks.at(-1);
  const entry = at.entry ?? 1;
  if (open?.end === offset && open.entry === entry) {
    open.samples++;
    open.end += bytes;
  } else track.chunks.push({ offset, samples: 1, end: offset + bytes, entry });
}

/**
 * The most bytes that the index of a track takes, given its samples, its chunks and the bytes for each
 * sample.
 */
export const tablesBytes = (samples: number, chunks: number, perSample: number) =>
  2048 + samples * perSample + chunks * 20;

/** Run-length codes numbers: pairs of a count and a number. */
function runs(numbers: readonly number[]): number[] {
  const out: number[] = [];
  for (const n of numbers) {
    if (out.at(-1) === n) out[out.length - 2] = (out.at(-2) ?? 0) + 1;
    else out.push(1, n);
  }
  return out;
}

/**
 * Rows of `stsc`: a chunk with the same number of samples and the same entry as the one before needs no row.
 */
function chunkRuns(chunks: FilmTrack["chunks"]): number[] {
  return chunks.flatMap(({ samples, entry }, i) => {
    const before = chunks[i - 1];
    return before?.samples === samples && before.entry === entry ? [] : [i + 1, samples, entry];
  });
}

function tables({ form, sizes, decode, shift, keys, chunks, end }: FilmTrack): Uint8Array {
  const lengths = decode.map((due, i) => (decode[i + 1] ?? end) - due);
  const counted = (name: string, version: number, width: number, numbers: number[]) =>
    fullBox(name, version, 0, u32(numbers.length / width), column(numbers));
  const seconds = (end - (decode[0] ?? 0)) / form.timescale;
  const bits = 8 * sizes.reduce((sum, size) => sum + size, 0);
  const entries = [form.entry(seconds > 0 ? Math.round(bits / seconds) : 0)].flat();
  const pieces = [
    fullBox("stsd", 0, 0, u32(entries.length), ...entries),
    counted("stts", 0, 2, runs(lengths)),
  ];
  if (keys.length < sizes.length) pieces.push(counted("stss", 0, 1, keys));
  if (shift.some((n) => n !== 0)) {
    const [least, most] = [shift.reduce((a, b) => Math.min(a, b)), shift.reduce((a, b) => Math.max(a, b))];
    // With B-frames a picture's presentation time can be before its decode time: version 1 has signed
    // offsets.
    pieces.push(counted("ctts", 1, 2, runs(shift)));
    pieces.push(fullBox("cslg", 0, 0, column([Math.max(0, -least), least, most, decode[0] ?? 0, end])));
  }
  const far = chunks.some(({ offset }) => offset >= 2 ** 32);
  pieces.push(
    counted("stsc", 0, 3, chunkRuns(chunks)),
    fullBox("stsz", 0, 0, u32(0), u32(sizes.length), column(sizes)),
    far
      ? fullBox(
          "co64",
          0,
          0,
          u32(chunks.length),
          chunks.flatMap(({ offset }) => u64(offset)),
        )
      : counted(
          "stco",
          0,
          1,
          chunks.map(({ offset }) => offset),
        ),
  );
  if (form.roll > 0) pieces.push(...rollGroups(form.roll, sizes.length));
  return box("stbl", ...pieces);
}

/**
 * One `roll` sample group for all samples (ISO 14496-12, 8.9 and 10.1). Apple's players obey the edit list
 * only with it; without it they skip 2112 samples (QuickTime File Format, appendix G: "In the absence of the
 * sample group structures … an implicit encoding delay of 2112 samples", read in November 2026).
 */
const rollGroups = (roll: number, samples: number): Uint8Array[] => [
  fullBox("sgpd", 1, 0, ascii("roll"), u32(2), u32(1), u16(-roll)),
  fullBox("sbgp", 0, 0, ascii("roll"), u32(1), u32(samples), u32(1)),
];

const MATRIX = (top: number) => column([0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, top * 0x1_0000, 0x4000_0000]);

/** The media header box of a track, by its handler (ISO 14496-12, 12; QuickTime's `gmhd` for its text). */
const HEADERS: Record<TrackForm["handler"], () => Uint8Array> = {
  vide: () => fullBox("vmhd", 0, 1, zeros(8)),
  soun: () => fullBox("smhd", 0, 0, zeros(4)),
  sbtl: () => fullBox("nmhd", 0, 0),
  text: () =>
    box(
      "gmhd",
      fullBox("gmin", 0, 0, u16(0x40), u16(0x8000), u16(0x8000), u16(0x8000), zeros(4)),
      box("text", MATRIX(0)),
    ),
};

/**
 * The span of a track that is played, in its units: without priming samples, and without what comes after the
 * film.
 */
function played({ form, decode, end }: FilmTrack, filmSeconds: number) {
  const start = decode[0] ?? 0;
  // Round down: one unit more would make the film longer.
  return { start, end: Math.min(end, Math.floor(filmSeconds * form.timescale + 1e-6)) };
}

/** The edit list; empty when the whole track is played from the film's start. */
function editList(track: FilmTrack, filmSeconds: number): Bytes[] {
  const { start, end } = played(track, filmSeconds);
  if (start === 0 && end === track.end) return [];
  const movie = (units: number) => Math.round((units / track.form.timescale) * MOVIE_TIMESCALE);
  const edits =
    start > 0
      ? [movie(start), -1, 0x1_0000, movie(Math.max(0, end - start)), 0, 0x1_0000]
      : [movie(end), -start, 0x1_0000];
  return [box("edts", fullBox("elst", 0, 0, u32(edits.length / 3), column(edits)))];
}

/** The track's duration in the movie's timescale; without edit lists all of the track is played. */
export function trackDuration(track: FilmTrack, filmSeconds: number, edits: boolean): number {
  const { decode, end, form } = track;
  const units = edits ? played(track, filmSeconds).end : end - (decode[0] ?? 0);
  return Math.round((units / form.timescale) * MOVIE_TIMESCALE);
}

export function trak(track: FilmTrack, filmSeconds: number, edits: boolean): Uint8Array {
  const { form, end } = track;
  const { id, handler, timescale, enabled, group, width, height, top, name } = form;
  const start = track.decode[0] ?? 0;
  const tkhd = fullBox(
    "tkhd",
    0,
    enabled ? 3 : 2,
    column([0, 0, id, 0, trackDuration(track, filmSeconds, edits), 0, 0]),
    u16(0),
    u16(group),
    u16(handler === "soun" ? 0x100 : 0),
    u16(0),
    MATRIX(top),
    column([width * 0x1_0000, height * 0x1_0000]),
  );
  const mdhd = fullBox(
    "mdhd",
    0,
    0,
    column([0, 0, timescale, end - start]),
    u16(packedLanguage(form.language)),
    u16(0),
  );
  const url = fullBox("url ", 0, 1);
  return box(
    "trak",
    tkhd,
    ...(form.chapters === null ? [] : [box("tref", box("chap", u32(form.chapters)))]),
    ...(edits ? editList(track, filmSeconds) : []),
    box(
      "mdia",
      mdhd,
      fullBox("hdlr", 0, 0, u32(0), ascii(handler), zeros(12), utf8(name), [0]),
      box("minf", HEADERS[handler](), box("dinf", fullBox("dref", 0, 0, u32(1), url)), tables(track)),
    ),
    box("udta", box("name", utf8(name))),
  );
}
