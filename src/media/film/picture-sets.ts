/**
 * Decides where the parameter sets of a film's pictures are stored (ISO 14496-15).
 *
 * When all clips have the same sets, these are stored in one `avc1` entry and in no sample. Otherwise there
 * is one `avc3` entry for each group of clips with the same sets, and every key sample also contains its
 * clip's sets.
 *
 * Several `avc1` entries would also conform to the specification, but browsers decode a whole track with its
 * first entry. Of 19 films of clips with differing sets, tried on 27 November 2026, Firefox 153 stopped or
 * showed broken pictures in 14, and Chromium 156 in at least 12 (PIPELINE_ERROR_DECODE); ffmpeg 5.1 and
 * GStreamer 1.22 showed them all. With `avc3` all four show every picture, also after a seek.
 *
 * Apple's players were not tried. VideoToolbox gets the sets separately from the samples (openradar 45418397,
 * October 2018): therefore one `avc3` entry for each group, not one for all. Safari's MSE supports `avc3`
 * (Dash-Industry-Forum/dash.js#734, August 2015); FairPlay does not (Eyevinn/moqlivemock#60, April 2026), nor
 * did iTunes (gpac/gpac#13, May 2015).
 */
import {
  type AvcConfig,
  framedSets,
  fromBase64,
  isDelimiter,
  isIdr,
  isSet,
  type NalUnit,
  nalUnits,
  parseAvcConfig,
  setName,
  toBase64,
} from "./avc.ts";
import { pictureEntry, sharedBoxes } from "./sample-entry.ts";

/** The facts of a cut that are needed here. */
interface Cut {
  packets: { facts: { decoderConfig: string }; pictureEntry: Uint8Array };
}

/** The parameter sets that a decoder has, by `setName`. */
type Sets = ReadonlyMap<string, Uint8Array>;

interface Group {
  config: AvcConfig;
  cut: Cut;
  sets: Sets;
}

/** A picture's packet as it is written into the film. */
interface Placed {
  bytes: Uint8Array[];
  /** Whether a player can begin here: only with an IDR picture. */
  key: boolean;
  /** Its sample entry, counted from 1. */
  entry: number;
}

export interface PictureSets {
  /**
   * Converts a packet; call it in the order of the film. The returned bytes are views of `data`, or copies.
   */
  place(piece: { cut: Cut; key: boolean; opens: boolean }, data: Uint8Array): Placed;
  /** Whether samples contain sets; final once all pictures are placed. */
  inSamples(): boolean;
  /** The sample entries: `avc3` when samples contain sets, else `avc1`. */
  entries(): Uint8Array[];
}

const setsOf = ({ parameterSets }: AvcConfig): Sets =>
  new Map(parameterSets.map((set) => [setName(set), set] as const));
const isSame = (a: Uint8Array | undefined, b: Uint8Array) =>
  a?.length === b.length && b.every((byte, i) => byte === a[i]);

/**
 * Groups clips by the sets in their entries; the most demanding group first, because some players read only
 * that.
 */
function grouped(cuts: readonly Cut[]): { groups: Group[]; numbers: Map<Cut, number> } {
  const groups = new Map<string, Group>();
  const keys = new Map<Cut, string>();
  for (const cut of cuts) {
    const config = parseAvcConfig(fromBase64(cut.packets.facts.decoderConfig));
    if (!config) throw new Error("A clip without parameter sets is in the film.");
    const key = config.parameterSets.map(toBase64).sort().join();
    keys.set(cut, key);
    const known = groups.get(key);
    if (!known || config.demand > known.config.demand) groups.set(key, { config, cut, sets: setsOf(config) });
  }
  const ordered = [...groups].sort(([, a], [, b]) => b.config.demand - a.config.demand);
  const order = ordered.map(([key]) => key);
  return {
    groups: ordered.map(([, group]) => group),
    numbers: new Map([...keys].map(([cut, key]) => [cut, order.indexOf(key) + 1])),
  };
}

/** The packet's bytes without its parameter sets. */
function withoutSets(data: Uint8Array, sets: readonly NalUnit[]): Uint8Array[] {
  let from = 0;
  const kept = sets.map(({ at, end }) => {
    const piece = data.subarray(from, at);
    from = end;
    return piece;
  });
  return [...kept, data.subarray(from)].filter(({ length }) => length > 0);
}

/** The packet with these sets instead of its own; an access unit delimiter stays first. */
function withSets(data: Uint8Array, units: readonly NalUnit[], sets: Sets): Uint8Array[] {
  const [first] = units;
  const from = first && isDelimiter(first) ? first.end : 0;
  const own = units.filter(isSet).map((unit) => ({ ...unit, at: unit.at - from, end: unit.end - from }));
  return [data.subarray(0, from), framedSets(sets.values()), ...withoutSets(data.subarray(from), own)];
}

/**
 * Plans the sample entries of a film's clips, which must be H.264 with length fields of 4 bytes. Sets that
 * samples repeat are left out when the entry has them. A sample that changes a set makes the film `avc3` from
 * there on: the index does not show such samples in advance, and the entries are written last.
 */
export function pictureSets(cuts: readonly Cut[]): PictureSets {
  const { groups, numbers } = grouped(cuts);
  const shared = sharedBoxes(cuts.map(({ packets }) => packets.pictureEntry));
  let inSamples = groups.length > 1;
  let known: Sets = new Map();
  return {
    place({ cut, key, opens }, data) {
      const entry = numbers.get(cut) ?? 1;
      if (opens) known = groups[entry - 1]?.sets ?? known;
      const units = nalUnits(data, 4);
      const own = units.filter(isSet);
      for (const { start, end } of own) {
        const set = data.subarray(start, end);
        const name = setName(set);
        if (isSame(known.get(name), set)) continue;
        known = new Map(known).set(name, set.slice());
        inSamples = true;
      }
      const isKey = key && units.some(isIdr);
      const bytes = !inSamples
        ? withoutSets(data, own)
        : key || opens
          ? withSets(data, units, known)
          : [data];
      return { bytes, key: isKey, entry };
    },
    inSamples: () => inSamples,
    entries: () =>
      groups.map(({ cut }) => pictureEntry(inSamples ? "avc3" : "avc1", cut.packets.pictureEntry, shared)),
  };
}
