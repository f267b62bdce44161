/** The film's file while it is written: room for the index in front, then the packets as they come. */

import { ascii, box, column, fullBox, joined, u16, u32, u64, zeros } from "../lib/mp4-boxes.ts";
import { filmMark } from "../marks/film.ts";
import { type FilmTrack, lasts, MOVIE_TIMESCALE, note, type Timing, trak } from "./film-track.ts";
import type { FilmSink } from "./sink.ts";

/**
 * What every film keeps to: `iso2` for sample groups, `iso4` for signed shifts and `cslg` (as L-SMASH
 * has them, github.com/l-smash/l-smash, core/isom.c and core/file.c, read in November 2026).
 */
const BRANDS = ["isom", "iso2", "iso4", "mp41"];
const ftyp = (further: readonly string[]) =>
  box("ftyp", ascii("isom"), u32(0x200), ...[...BRANDS, ...further].map(ascii));
/** What stands ahead of the index, where a box of provenance stands by C2PA, too (C2PA 2.4, A.5.1). */
const headOf = (further: readonly string[]) => joined([ftyp(further), filmMark]);
/** With one further brand. */
const HEAD_BYTES = headOf(["avc1"]).length;
/** A header of the packets' box that has place for any size. */
const MDAT_BYTES = 16;

/** What stands in front of the packets: the most bytes that the index takes, by its parts. */
export const roomFor = (parts: readonly number[]) =>
  parts.reduce((sum, bytes) => sum + bytes, HEAD_BYTES + 1024);

/** What the film's index says. */
interface Index {
  tracks: readonly FilmTrack[];
  userData: Uint8Array;
  /** Whether tracks have edit lists; else all of each is played, from the film's start on. */
  edits: boolean;
}

function movie({ tracks, userData, edits }: Index, filmSeconds: number): Uint8Array {
  const duration = tracks.reduce((longest, track) => Math.max(longest, lasts(track, filmSeconds, edits)), 0);
  const next = tracks.reduce((last, { form }) => Math.max(last, form.id), 0) + 1;
  const mvhd = fullBox(
    "mvhd",
    0,
    0,
    column([0, 0, MOVIE_TIMESCALE, duration, 0x1_0000]),
    u16(0x100),
    zeros(10),
    column([0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]),
    zeros(24),
    u32(next),
  );
  return box("moov", mvhd, ...tracks.map((track) => trak(track, filmSeconds, edits)), userData);
}

/** Header of a box that has no contents of its own, or none that are written with it. */
const header = (name: string, size: number) => joined([u32(size), ascii(name)]);

export interface FilmFile {
  /** A packet's bytes, in pieces. A promise where a part of the film goes out first: wait for it before the next. */
  add(track: FilmTrack, at: Timing, bytes: Uint8Array[]): Promise<void> | undefined;
  /**
   * Writes the index, in front if it has room there, else last; and says what the file would be with the other one.
   * `brand`: one further that both keep to.
   */
  finish(index: Index, other: Index | null, filmSeconds: number, brand?: "avc1"): Promise<OtherIndex | null>;
}

/** A second file that has the first one's packets: `head`, then zeros up to `from`, then the first one's bytes up to `to`, then `tail`. */
export interface OtherIndex {
  head: Uint8Array;
  from: number;
  to: number;
  tail: Uint8Array;
}

/** What stands in front of the packets' box at `packets`, and behind it what had no room there. */
function laidOut(
  first: Uint8Array,
  index: Uint8Array,
  packets: number,
): { head: Uint8Array; tail: Uint8Array } {
  const left = packets - first.length - index.length;
  if (left === 0) return { head: joined([first, index]), tail: new Uint8Array() };
  if (left >= 8) return { head: joined([first, index, header("free", left)]), tail: new Uint8Array() };
  return { head: joined([first, header("free", packets - first.length)]), tail: index };
}

/** One after another; at once as long as there is room. */
function appended(sink: Pick<FilmSink, "append">, pieces: Uint8Array[]): Promise<void> | undefined {
  for (const [i, piece] of pieces.entries()) {
    const full = sink.append(piece);
    if (full) return full.then(() => appended(sink, pieces.slice(i + 1)));
  }
  return undefined;
}

export function filmFile(sink: Omit<FilmSink, "finish">, room: number): FilmFile {
  sink.skip(room + MDAT_BYTES);
  return {
    add(track, at, bytes) {
      const offset = sink.position();
      const full = appended(sink, bytes);
      note(
        track,
        offset,
        bytes.reduce((sum, piece) => sum + piece.length, 0),
        at,
      );
      return full;
    },
    async finish(index, other, filmSeconds, brand) {
      const first = headOf(brand ? [brand] : []);
      const end = sink.position();
      // The room that a large size would have needed is part of what is left free.
      const size = end - room - 8;
      const isLarge = size >= 2 ** 32;
      const packets = isLarge ? room : room + 8;
      const indexed = ({ tracks, ...rest }: Index) =>
        laidOut(
          first,
          movie({ tracks: tracks.filter(({ sizes }) => sizes.length > 0), ...rest }, filmSeconds),
          packets,
        );
      const { head, tail } = indexed(index);
      sink.patch(0, head);
      sink.patch(packets, isLarge ? joined([u32(1), ascii("mdat"), u64(size + 8)]) : header("mdat", size));
      if (tail.length > 0) await sink.append(tail);
      return other && { ...indexed(other), from: packets, to: end };
    },
  };
}
