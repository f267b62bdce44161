/**
 * H.264 in MP4 (ISO 14496-15): the decoder configuration of a sample entry, and the NAL units of a packet.
 */
import { boxesIn, viewOf } from "../lib/mp4-boxes.ts";

export interface AvcConfig {
  /** Bytes of the length field in front of every NAL unit. */
  lengthSize: number;
  /** `profile_idc` (ITU-T H.264, annex A). */
  profile: number;
  /** Orders configurations by what they demand of a decoder: profile, then level. */
  demand: number;
  /** SPS, then PPS, then extensions of SPS. */
  parameterSets: Uint8Array[];
}

/** Bytes of a visual sample entry before its child boxes, header included. */
export const PICTURE_ENTRY_FIELDS = 86;
/** Kinds of NAL units (H.264, table 7-1). */
const UNIT = { idr: 5, sps: 7, pps: 8, delimiter: 9, spsExtension: 13 } as const;
/** Types of parameter sets, in the order in which a packet has them. */
const SETS: readonly number[] = [UNIT.sps, UNIT.spsExtension, UNIT.pps];
/** Profiles whose record may have more fields after the PPS. */
const HIGH_PROFILES: readonly number[] = [100, 110, 122, 144];

/** The `avcC` record in a sample entry; null when the entry is not of H.264. */
export function avcRecord(entry: Uint8Array): Uint8Array | null {
  for (const child of boxesIn(entry, PICTURE_ENTRY_FIELDS, entry.length))
    if (child.name === "avcC") return entry.subarray(child.start, child.end);
  return null;
}

/** Reads an `avcC` record; null when the bytes are not one. */
export function parseAvcConfig(record: Uint8Array): AvcConfig | null {
  const [version, profile, , level, lengths] = record;
  if (version !== 1 || profile === undefined || level === undefined || lengths === undefined) return null;
  const parameterSets: Uint8Array[] = [];
  let at = 5;
  /** Reads as many sets as the next byte says; false when they are cut off. */
  const take = (countMask: number) => {
    let left = (record[at++] ?? 0) & countMask;
    for (; left > 0; left--) {
      const size = ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0);
      const set = record.subarray(at + 2, at + 2 + size);
      if (size === 0 || set.length < size) return false;
      parameterSets.push(set);
      at += 2 + size;
    }
    return true;
  };
  if (!take(0x1f) || !take(0xff) || parameterSets.length < 2) return null;
  // Chroma format and bit depths come first; many writers end the record before them.
  at += 3;
  if (HIGH_PROFILES.includes(profile) && at < record.length && !take(0xff)) return null;
  return { lengthSize: (lengths & 3) + 1, profile, demand: profile * 256 + level, parameterSets };
}

/** One NAL unit of a packet: offsets of its length field (`at`), its first byte (`start`) and its end. */
export interface NalUnit {
  type: number;
  at: number;
  start: number;
  end: number;
}

/** The NAL units of a packet, in order; ends before a unit that reaches beyond the packet. */
export function nalUnits(packet: Uint8Array, lengthSize: number): NalUnit[] {
  const view = viewOf(packet);
  const units: NalUnit[] = [];
  for (let at = 0; at + lengthSize < packet.length; ) {
    let length = 0;
    for (let i = 0; i < lengthSize; i++) length = length * 256 + view.getUint8(at + i);
    const start = at + lengthSize;
    if (start + length > packet.length) break;
    units.push({ type: (packet[start] ?? 0) & 0x1f, at, start, end: start + length });
    at = start + length;
  }
  return units;
}

export const isSet = ({ type }: NalUnit) => SETS.includes(type);
export const isIdr = ({ type }: NalUnit) => type === UNIT.idr;
export const isDelimiter = ({ type }: NalUnit) => type === UNIT.delimiter;

/** Whether the packet has an IDR picture: a decoder can begin with it, whatever it decoded before. */
export const hasIdr = (packet: Uint8Array, lengthSize: number) => nalUnits(packet, lengthSize).some(isIdr);

/** The Exp-Golomb code (H.264, 9.1) after the first `from` bytes of a set: the set's id. */
function setId(set: Uint8Array, from: number): number {
  let bit = from * 8;
  const next = () => {
    const value = ((set[bit >>> 3] ?? 0xff) >>> (7 - (bit & 7))) & 1;
    bit++;
    return value;
  };
  let zeros = 0;
  while (next() === 0) zeros++;
  let value = 1;
  for (; zeros > 0; zeros--) value = value * 2 + next();
  return value - 1;
}

/** A parameter set's type and id: a set replaces the earlier one of the same name. */
export function setName(set: Uint8Array): string {
  const type = (set[0] ?? 0) & 0x1f;
  // Profile, compatibility flags and level come before an SPS's id.
  return `${type}:${setId(set, type === UNIT.sps ? 4 : 1)}`;
}

/** Parameter sets as bytes of a packet, each after its length of 4 bytes; SPS extensions follow the SPS. */
export function framedSets(sets: Iterable<Uint8Array>): Uint8Array {
  const rank = (set: Uint8Array) => SETS.indexOf((set[0] ?? 0) & 0x1f);
  const ordered = [...sets].sort((a, b) => rank(a) - rank(b));
  const out = new Uint8Array(ordered.reduce((sum, set) => sum + 4 + set.length, 0));
  const view = viewOf(out);
  let at = 0;
  for (const set of ordered) {
    view.setUint32(at, set.length);
    out.set(set, at + 4);
    at += 4 + set.length;
  }
  return out;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
