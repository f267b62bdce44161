/** One track of the film: what is noted of each sample while it is written, and the index made of it at the end. */

import { ascii, box, column, fullBox, type Piece, u16, u32, u64, utf8, zeros } from "../lib/mp4-boxes.ts";
import { packedLanguage } from "./language.ts";

/** Units in a second of the film's own clock: whole for 24, 25, 30 and 60 frames per second. */
export const MOVIE_TIMESCALE = 57_600;

export interface TrackForm {
  id: number;
  handler: "vide" | "soun" | "sbtl" | "text";
  name: string;
  timescale: number;
  /** Whether players take it without being asked. */
  enabled: boolean;
  /** Of tracks with the same number, not 0, players take one. */
  group: number;
  language: string | null;
  /** Pixels; 0 where it is not seen. */
  width: number;
  height: number;
  /** Where on the film's picture it stands, in pixels from the top. */
  top: number;
  /** The sample entry, given the bits per second that the track turned out to have; several where samples differ. */
  entry(bitRate: number): Uint8Array | Uint8Array[];
  /** The track that has the chapters. */
  chapters: number | null;
  /** How many samples before one must be decoded for it to come out right, where each can be begun with but for that. */
  roll: number;
}

/** Samples in decode order, in the track's units. */
export interface FilmTrack {
  form: TrackForm;
  sizes: number[];
  decode: number[];
  shift: number[];
  /** Counted from 1. */
  keys: number[];
  /** Runs of samples that lie one behind the other. */
  chunks: { offset: number; samples: number; end: number; entry: number }[];
  /** Where the last sample ends. */
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

/** When a sample is due, in seconds of the film. */
export interface Timing {
  decode: number;
  timestamp: number;
  duration: number;
  key: boolean;
  /** Which of the track's sample entries tells how to decode it, counted from 1; the first where it is left out. */
  entry?: number;
}

/** Notes a sample by where it lies in the file; its predecessor lasts until it is due. Decode times never fall. */
export function note(track: FilmTrack, offset: number, bytes: number, at: Timing): void {
  const { timescale } = track.form;
  const due = Math.max(Math.round(at.decode * timescale), track.decode.at(-1) ?? Number.NEGATIVE_INFINITY);
  track.sizes.push(bytes);
  track.decode.push(due);
  track.shift.push(Math.round(at.timestamp * timescale) - due);
  if (at.key) track.keys.push(track.sizes.length);
  track.end = Math.max(track.end, Math.round((at.timestamp + at.duration) * timescale));
  const open = track.chunks.at(-1);
  const entry = at.entry ?? 1;
  if (open?.end === offset && open.entry === entry) {
    open.samples++;
    open.end += bytes;
  } else track.chunks.push({ offset, samples: 1, end: offset + bytes, entry });
}

/** The most bytes that the index of a track takes, by its samples and chunks and what varies from sample to sample. */
export const tablesBytes = (samples: number, chunks: number, perSample: number) =>
  2048 + samples * perSample + chunks * 20;

/** Equal numbers in a row, as pairs of how many and which. */
function runs(numbers: readonly number[]): number[] {
  const out: number[] = [];
  for (const n of numbers) {
    if (out.at(-1) === n) out[out.length - 2] = (out.at(-2) ?? 0) + 1;
    else out.push(1, n);
  }
  return out;
}

/** Chunks of as many samples, and of the same sample entry, as those before need no row. */
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
    // Pictures are due before they are decoded where B-frames are late: version 1 has signs.
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
 * All samples in one group of `roll` (ISO 14496-12, 8.9 and 10.1). Only with it do Apple's players believe the edit
 * list; without it they leave out 2112 samples (QuickTime File Format, appendix G: "In the absence of the sample group
 * structures … an implicit encoding delay of 2112 samples", read in November 2026).
 */
const rollGroups = (roll: number, samples: number): Uint8Array[] => [
  fullBox("sgpd", 1, 0, ascii("roll"), u32(2), u32(1), u16(-roll)),
  fullBox("sbgp", 0, 0, ascii("roll"), u32(1), u32(samples), u32(1)),
];

const MATRIX = (top: number) => column([0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, top * 0x1_0000, 0x4000_0000]);

/** What stands in front of a track's tables, by its kind (ISO 14496-12, 12; QuickTime's `gmhd` for its text). */
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

/** What of a track is played, in its units: sound that only prepares the decoder is not, nor what goes on after the film. */
function played({ form, decode, end }: FilmTrack, filmSeconds: number) {
  const start = decode[0] ?? 0;
  // Not a unit more than the film, which would be that much longer for it.
  return { start, end: Math.min(end, Math.floor(filmSeconds * form.timescale + 1e-6)) };
}

/** Where not all of a track is played, or not from the film's start. */
function editList(track: FilmTrack, filmSeconds: number): Piece[] {
  const { start, end } = played(track, filmSeconds);
  if (start === 0 && end === track.end) return [];
  const movie = (units: number) => Math.round((units / track.form.timescale) * MOVIE_TIMESCALE);
  const edits =
    start > 0
      ? [movie(start), -1, 0x1_0000, movie(Math.max(0, end - start)), 0, 0x1_0000]
      : [movie(end), -start, 0x1_0000];
  return [box("edts", fullBox("elst", 0, 0, u32(edits.length / 3), column(edits)))];
}

/** How long the track lasts in the film, in the film's units; without edit lists all of it is played. */
export function lasts(track: FilmTrack, filmSeconds: number, edits: boolean): number {
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
    column([0, 0, id, 0, lasts(track, filmSeconds, edits), 0, 0]),
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
