/** What Opus says of itself: the head of a stream, and the length of a packet. */

/** 120 milliseconds at 48 kHz, the longest that a packet can be (RFC 6716, 3.2.5). */
export const MOST_OPUS_SAMPLES = 5760;

/** What the head of a stream says (RFC 7845, 5.1). */
export interface OpusHead {
  channels: number;
  /** Samples to leave out at the start, at 48 kHz. */
  preSkip: number;
  streams: number;
  /** How many of the streams have two channels. */
  coupled: number;
  /** For each channel of the output, which channel of the streams it is. */
  mapping: number[];
}

/** A channel that is in none of the streams. */
const SILENT = 255;

/** Null where it is no head, one that libopus would not take, or one of a mapping with matrices (RFC 8486), which is not decoded here. */
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
  // As libopus has it (opus_multistream_decoder_init).
  const isKnown = streams > 0 && coupled <= streams && streams + coupled <= SILENT && isMapped;
  return isKnown ? { channels, preSkip, streams, coupled, mapping } : null;
}

/** How many samples a packet decodes to, at 48 kHz (RFC 6716, 3.1 and 3.2); 0 where it says nothing that can be. */
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
  return samples <= MOST_OPUS_SAMPLES ? samples : 0;
}
