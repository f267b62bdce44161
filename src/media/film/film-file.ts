/**
 * The film's file while it is written: space for the index in front, then the packets in the order they are
 * added.
 */

import { ascii, box, column, fullBox, joined, u16, u32, u64, zeros } from "../lib/mp4-boxes.ts";
import { filmMark } from "../marks/film.ts";
import {
  addSample,
  type FilmTrack,
  MOVIE_TIMESCALE,
  type Timing,
  trackDuration,
  trak,
} from "./film-track.ts";
import type { FilmSink } from "./sink.ts";

/**
 * Brands of every film: `iso2` for sample groups, `iso4` for signed composition offsets and `cslg` (as in
 * L-SMASH, github.com/l-smash/l-smash, core/isom.c and core/file.c, read in November 2026).
 */
const BRANDS = ["isom", "iso2", "iso4", "mp41"];
const ftyp = (further: readonly string[]) =>
  box("ftyp", ascii("isom"), u32(0x200), ...[...BRANDS, ...further].map(ascii));
/** The boxes before the index; C2PA also puts its provenance box here (C2PA 2.4, A.5.1). */
const headOf = (further: readonly string[]) => joined([ftyp(further), filmMark]);
/** The size of the head with one further brand. */
const HEAD_BYTES = headOf(["avc1"]).length;
/** A header of `mdat` with a 64 bit size. */
const MDAT_BYTES = 16;

/** Bytes to reserve before `mdat`, given the most bytes that each part of the index takes. */
export const bytesToReserve = (parts: readonly number[]) =>
  parts.reduce((sum, bytes) => sum + bytes, HEAD_BYTES + 1024);

/** What is written into the film's index. */
interface Index {
  tracks: readonly FilmTrack[];
  userData: Uint8Array;
  /** Whether tracks get edit lists; without them all of each track is played from the film's start. */
  edits: boolean;
}

function movie({ tracks, userData, edits }: Index, filmSeconds: number): Uint8Array {
  const duration = tracks.reduce(
    (longest, track) => Math.max(longest, trackDuration(track, filmSeconds, edits)),
    0,
  );
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

/** Header of a box whose contents are zeros or written separately. */
const header = (name: string, size: number) => joined([u32(size), ascii(name)]);

export interface FilmFile {
  /**
   * Adds a packet, whose bytes may come in pieces. A returned promise must be awaited before the next call.
   */
  add(track: FilmTrack, at: Timing, bytes: Uint8Array[]): Promise<void> | undefined;
  /**
   * Writes the index into the reserved space, or at the end when it does not fit. Returns the same file under
   * the `other` index. `brand`: a further brand of both files.
   */
  finish(
    index: Index,
    other: Index | null,
    filmSeconds: number,
    brand?: "avc1",
  ): Promise<AlternativeFile | null>;
}

/**
 * A second file with the packets of the first: `head`, then zeros up to `from`, then the first file's bytes
 * from `from` to `to`, then `tail`.
 */
export interface AlternativeFile {
  head: Uint8Array;
  from: number;
  to: number;
  tail: Uint8Array;
}

/** The bytes before `mdat`, which begins at `packets`, and after it the index when it did not fit before. */
function layout(
  first: Uint8Array,
  index: Uint8Array,
  packets: number,
): { head: Uint8Array; tail: Uint8Array } {
  const left = packets - first.length - index.length;
  if (left === 0) return { head: joined([first, index]), tail: new Uint8Array() };
  if (left >= 8) return { head: joined([first, index, header("free", left)]), tail: new Uint8Array() };
  return { head: joined([first, header("free", packets - first.length)]), tail: index };
}

/** Appends pieces in order; without a promise as long as the sink takes them at once. */
function appendAll(sink: Pick<FilmSink, "append">, pieces: Uint8Array[]): Promise<void> | undefined {
  for (const [i, piece] of pieces.entries()) {
    const pending = sink.append(piece);
    if (pending) return pending.then(() => appendAll(sink, pieces.slice(i + 1)));
  }
  return undefined;
}

export function filmFile(sink: Omit<FilmSink, "finish">, reserved: number): FilmFile {
  sink.skip(reserved + MDAT_BYTES);
  return {
    add(track, at, bytes) {
      const offset = sink.position();
      const pending = appendAll(sink, bytes);
      addSample(
        track,
        offset,
        bytes.reduce((sum, piece) => sum + piece.length, 0),
        at,
      );
      return pending;
    },
    async finish(index, other, filmSeconds, brand) {
      const first = headOf(brand ? [brand] : []);
      const end = sink.position();
      // With a small size the 8 bytes of a large size's field become part of the free space.
      const size = end - reserved - 8;
      const isLarge = size >= 2 ** 32;
      const packets = isLarge ? reserved : reserved + 8;
      const indexed = ({ tracks, ...rest }: Index) =>
        layout(
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
