/** What H.264 clips must agree on to be joined without encoding: the AVCDecoderConfigurationRecord (ISO 14496-15). */

export interface AvcConfig {
  /** Bytes of the length in front of every NAL unit. */
  lengthSize: number;
  /** Grows with what a decoder must be able to do: profile, then level. */
  demand: number;
  /** SPS, then PPS. */
  parameterSets: Uint8Array[];
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
    : { lengthSize: (lengths & 3) + 1, demand: profile * 256 + level, parameterSets };
}

/** The packet with the clip's own parameter sets in front, as a decoder needs it where clips differ in them. */
export function withParameterSets(packet: Uint8Array, config: AvcConfig): Uint8Array {
  const extra = config.parameterSets.reduce((sum, set) => sum + config.lengthSize + set.length, 0);
  const out = new Uint8Array(extra + packet.length);
  let at = 0;
  for (const set of config.parameterSets) {
    for (let i = config.lengthSize - 1; i >= 0; i--) out[at++] = (set.length >>> (8 * i)) & 0xff;
    out.set(set, at);
    at += set.length;
  }
  out.set(packet, at);
  return out;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
