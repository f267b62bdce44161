/** Reads clips whose index is split into movie fragments (ISO 14496-12, 8.8). */

import { type Box, boxesIn, boxWithin, viewOf } from "../lib/mp4-boxes.ts";
import type { IndexedTrack } from "./clip-index.ts";

/** Defaults of a fragment's samples: duration in the track's units, size in bytes, flags. */
interface Defaults {
  length: number;
  bytes: number;
  flags: number;
}
/** A track while its fragments are read; `decode` is the next sample's decode time in the track's units. */
interface Open {
  track: IndexedTrack;
  defaults: Defaults;
  decode: number;
}
export type Fragmented = Map<number, Open>;

const NON_SYNC = 0x1_0000;

/** The tracks of a fragmented clip by their ids; empty for a clip that has its whole index in `moov`. */
export function fragmented(bytes: Uint8Array, moov: Box, tracks: IndexedTrack[]): Fragmented {
  const view = viewOf(bytes);
  const open: Fragmented = new Map();
  const mvex = boxWithin(bytes, moov, "mvex");
  for (const { name, start } of mvex ? boxesIn(bytes, mvex.start, mvex.end) : []) {
    const track = name === "trex" && tracks.find(({ id }) => id === view.getUint32(start + 4));
    if (!track) continue;
    const [length, size, flags] = [12, 16, 20].map((at) => view.getUint32(start + at));
    const defaults = { length: length ?? 0, bytes: size ?? 0, flags: flags ?? 0 };
    open.set(track.id, { track, defaults, decode: 0 });
    // The edit list is written before the fragments: its length may be that of the first fragment only.
    track.edits = track.edits.map((edit) => (edit.from === null ? edit : { ...edit, seconds: 0 }));
  }
  return open;
}

/** Adds the samples of one `moof` box, which is at `position` of the file. Throws when it is damaged. */
export function addFragment(bytes: Uint8Array, moof: Box, position: number, open: Fragmented): void {
  const view = viewOf(bytes);
  for (const traf of boxesIn(bytes, moof.start, moof.end)) {
    const tfhd = traf.name === "traf" ? boxWithin(bytes, traf, "tfhd") : null;
    const of = tfhd && open.get(view.getUint32(tfhd.start + 4));
    if (!tfhd || !of) continue;
    const flagBits = view.getUint32(tfhd.start);
    let at = tfhd.start + 8;
    const next = (bit: number, fallback: number) => {
      if (!(flagBits & bit)) return fallback;
      at += 4;
      return view.getUint32(at - 4);
    };
    const base = flagBits & 1 ? Number(view.getBigUint64(at)) : position;
    if (flagBits & 1) at += 8;
    next(2, 0);
    const length = next(8, of.defaults.length);
    const defaults = { length, bytes: next(0x10, of.defaults.bytes), flags: next(0x20, of.defaults.flags) };
    const tfdt = boxWithin(bytes, traf, "tfdt");
    if (tfdt)
      of.decode = view.getUint8(tfdt.start)
        ? Number(view.getBigUint64(tfdt.start + 4))
        : view.getUint32(tfdt.start + 4);
    let offset = base;
    for (const run of boxesIn(bytes, traf.start, traf.end))
      if (run.name === "trun") offset = addRun(view, run, base, offset, defaults, of);
  }
}

/** Adds one run's samples; returns the file offset of their end. */
function addRun(
  view: DataView,
  run: Box,
  base: number,
  defaultOffset: number,
  defaults: Defaults,
  of: Open,
): number {
  const flagBits = view.getUint32(run.start) & 0xff_ffff;
  let at = run.start + 4;
  const next = (bit: number, fallback: number) => {
    if (!(flagBits & bit)) return fallback;
    at += 4;
    return view.getInt32(at - 4);
  };
  const count = view.getUint32(at);
  at += 4;
  let offset = flagBits & 1 ? base + next(1, 0) : defaultOffset;
  const first = next(4, -1);
  const width = [0x100, 0x200, 0x400, 0x800].filter((bit) => flagBits & bit).length * 4;
  if (at + count * width > run.end || count > 100_000) throw new RangeError("A run is longer than its box.");
  const { track } = of;
  for (let i = 0; i < count; i++) {
    const length = next(0x100, defaults.length);
    const size = next(0x200, defaults.bytes);
    const flags = next(0x400, i === 0 && first !== -1 ? first : defaults.flags);
    const time = (of.decode + next(0x800, 0)) / track.timescale + track.startSeconds;
    track.samples.push({
      offset,
      bytes: size,
      time,
      seconds: length / track.timescale,
      key: !(flags & NON_SYNC),
    });
    offset += size;
    of.decode += length;
  }
  return offset;
}
