/** What H.264 clips must agree on to be joined without encoding: the AVCDecoderConfigurationRecord (ISO 14496-15). */
import { boxesIn } from "./mp4-boxes.ts";

export interface AvcConfig {
  /** Bytes of the length in front of every NAL unit. */
  lengthSize: number;
  /** `profile_idc` (ITU-T H.264, annex A). */
  profile: number;
  /** Grows with what a decoder must be able to do: profile, then level. */
  demand: number;
  /** SPS, then PPS. */
  parameterSets: Uint8Array[];
}

/** Fields of a visual sample entry in front of the boxes in it. */
export const ENTRY_FIELDS = 86;
const IDR_SLICE = 5;
const DELIMITER = 9;

/** The `avcC` record in a sample entry; null where it is none of H.264. */
export function avcRecord(entry: Uint8Array): Uint8Array | null {
  for (const child of boxesIn(entry, ENTRY_FIELDS, entry.length))
    if (child.name === "avcC") return entry.subarray(child.start, child.end);
  return null;
}

/** Reads an `avcC` record; null where it is none. */
export function parseAvcConfig(record: Uint8Array): AvcConfig | null {
  const [version, profile, , level, lengths] = record;
  if (version !== 1 || profile === undefined || level === undefined || lengths === undefined) return null;
  const parameterSets: Uint8Array[] = [];
  let at = 5;
  for (const countMask of [0x1f, 0xff]) {
    let left = (record[at++] ?? 0) & countMask;
    for (; left > 0; left--) {
      const size = ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0);
      const set = record.subarray(at + 2, at + 2 + size);
      if (size === 0 || set.length < size) return null;
      parameterSets.push(set);
      at += 2 + size;
    }
  }
  return parameterSets.length < 2
    ? null
    : { lengthSize: (lengths & 3) + 1, profile, demand: profile * 256 + level, parameterSets };
}

/** The NAL units of a packet: their types, and where each begins and ends with its length in front. */
function* nalUnits(packet: Uint8Array, lengthSize: number): Generator<{ type: number; end: number }> {
  for (let at = 0; at + lengthSize < packet.length; ) {
    const length = packet.subarray(at, at + lengthSize).reduce((sum, byte) => sum * 256 + byte, 0);
    yield { type: (packet[at + lengthSize] ?? 0) & 0x1f, end: at + lengthSize + length };
    at += lengthSize + length;
  }
}

/** Whether a decoder can begin with this packet, whatever it decoded before. */
export function opensAfresh(packet: Uint8Array, lengthSize: number): boolean {
  for (const { type } of nalUnits(packet, lengthSize)) if (type === IDR_SLICE) return true;
  return false;
}

/** Parameter sets as they stand in a packet, each with its length in front. */
export function framedSets(config: AvcConfig): Uint8Array {
  const size = config.parameterSets.reduce((sum, set) => sum + config.lengthSize + set.length, 0);
  const out = new Uint8Array(size);
  let at = 0;
  for (const set of config.parameterSets) {
    for (let i = config.lengthSize - 1; i >= 0; i--) out[at++] = (set.length >>> (8 * i)) & 0xff;
    out.set(set, at);
    at += set.length;
  }
  return out;
}

/** How many bytes of a packet stay in front of parameter sets: an access unit delimiter is always first. */
export function bytesBeforeSets(packet: Uint8Array, lengthSize: number): number {
  const first = nalUnits(packet, lengthSize).next().value;
  return first?.type === DELIMITER ? first.end : 0;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
