/**
 * Where the parameter sets of a film's pictures stand (ISO 14496-15).
 *
 * Where all clips have the same sets, these stand in one `avc1` entry and in no sample. Else there is
 * one `avc3` entry for each group of clips, and every key sample also has its clip's sets in it.
 *
 * Several `avc1` entries would be as true to the letter, but browsers decode a whole track by its first
 * entry. Of 19 films of clips with differing sets, tried on 27 November 2026, Firefox 153 broke off or
 * showed broken pictures in 14, and Chromium 156 in at least 12 (PIPELINE_ERROR_DECODE); ffmpeg 5.1 and
 * GStreamer 1.22 showed them all. With `avc3` all four show every picture, also after a jump.
 *
 * On Apple's players nothing was tried. VideoToolbox is told the sets apart from the samples
 * (openradar 45418397, October 2018): therefore one `avc3` entry for each group, not one for all.
 * Safari's MSE says yes to `avc3` (Dash-Industry-Forum/dash.js#734, August 2015); FairPlay does not take
 * it (Eyevinn/moqlivemock#60, April 2026), nor did iTunes (gpac/gpac#13, May 2015).
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

/** What is asked of a clip's scene here. */
interface Cut {
  packets: { facts: { decoderConfig: string }; pictureEntry: Uint8Array };
}

/** By kind and number: what a decoder knows. */
type Sets = ReadonlyMap<string, Uint8Array>;

interface Group {
  config: AvcConfig;
  cut: Cut;
  sets: Sets;
}

/** A picture's packet as the film has it. */
interface Placed {
  bytes: Uint8Array[];
  /** Whether a player may begin here: only with an instantaneous refresh. */
  key: boolean;
  /** Its sample entry, counted from 1. */
  entry: number;
}

export interface PictureSets {
  /** Pictures in the order of the film. Their bytes are views of `data`, or copies. */
  place(piece: { cut: Cut; key: boolean; opens: boolean }, data: Uint8Array): Placed;
  /** Whether sets stand in samples; final once all pictures are placed. */
  inSamples(): boolean;
  /** The sample entries, named by what the samples turned out to have. */
  entries(): Uint8Array[];
}

const setsOf = ({ parameterSets }: AvcConfig): Sets =>
  new Map(parameterSets.map((set) => [setName(set), set] as const));
const isSame = (a: Uint8Array | undefined, b: Uint8Array) =>
  a?.length === b.length && b.every((byte, i) => byte === a[i]);

/** Clips by what they say in their entries; the most demanding first, since some players look no further. */
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

/** The packet without its sets. */
function without(data: Uint8Array, sets: readonly NalUnit[]): Uint8Array[] {
  let from = 0;
  const kept = sets.map(({ at, end }) => {
    const piece = data.subarray(from, at);
    from = end;
    return piece;
  });
  return [...kept, data.subarray(from)].filter(({ length }) => length > 0);
}

/** The packet with these sets in place of its own; a delimiter stays in front of them. */
function restated(data: Uint8Array, units: readonly NalUnit[], sets: Sets): Uint8Array[] {
  const [first] = units;
  const from = first && isDelimiter(first) ? first.end : 0;
  const own = units.filter(isSet).map((unit) => ({ ...unit, at: unit.at - from, end: unit.end - from }));
  return [data.subarray(0, from), framedSets(sets.values()), ...without(data.subarray(from), own)];
}

/**
 * Plans the entries of a film's clips, each known to be H.264 with lengths of 4 bytes. Sets that a
 * clip's samples repeat are left out where the entry has them. Samples that change them make the film
 * `avc3` from there on: no index tells of such samples, and the entries are written last.
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
      const bytes = !inSamples ? without(data, own) : key || opens ? restated(data, units, known) : [data];
      return { bytes, key: isKey, entry };
    },
    inSamples: () => inSamples,
    entries: () =>
      groups.map(({ cut }) => pictureEntry(inSamples ? "avc3" : "avc1", cut.packets.pictureEntry, shared)),
  };
}
