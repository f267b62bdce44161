/** Reads the head of an Opus stream, and the duration of a packet. */

/** 120 milliseconds at 48 kHz, the longest that a packet can be (RFC 6716, 3.2.5). */
export const MAX_OPUS_SAMPLES = 5760;

/** The head of a stream (RFC 7845, 5.1). */
export interface OpusHead {
  channels: number;
  /** Samples to skip at the start, at 48 kHz. */
  preSkip: number;
  streams: number;
  /** How many of the streams have two channels. */
  coupled: number;
  /** For each output channel, the index of the decoded channel. */
  mapping: number[];
}

/** Index of an output channel that is silent. */
const SILENT = 255;

/**
 * Null when the bytes are no head, when libopus would refuse it, and for mappings with matrices (RFC 8486),
 * which are not supported.
 */
export function opusHead(head: Uint8Array): OpusHead | null {
  if (head.length < 19) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [channels, preSkip, family] = [view.getUint8(9), view.getUint16(10, true), view.getUint8(18)];
  if (family === 0 && (channels === 1 || channels === 2))
    return { channels, preSkip, streams: 1, coupled: channels - 1, mapping: channels === 2 ? [0, 1] : [0] };
  if (family !== 1 || channels < 1 || channels > 8 || head.length < 21 + channels) return null;
  const [streams, coupled] = [view.getUint8(19), view.getUint8(20)];
  const mapping = [...head.subarray(21, 21 + channels)];
  const isMapped = mapping.every((from) => from === SILENT || from < streams + coupled);
  // The same checks as in libopus (opus_multistream_decoder_init).
  const isKnown = streams > 0 && coupled <= streams && streams + coupled <= SILENT && isMapped;
  return isKnown ? { channels, preSkip, streams, coupled, mapping } : null;
}

/** How many samples a packet decodes to, at 48 kHz (RFC 6716, 3.1 and 3.2); 0 when it is invalid. */
export function opusSamples(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const config = toc >> 3;
  const frame =
    config < 12
      ? ([480, 960, 1920, 2880][config & 3] ?? 0)
      : config < 16
        ? 480 * (1 + (config & 1))
        : 120 << (config & 3);
  const code = toc & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f;
  const samples = frame * frames;
  return samples <= MAX_OPUS_SAMPLES ? samples : 0;
}
