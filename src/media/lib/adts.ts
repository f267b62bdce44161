/**
 * AAC with a header in front of every packet (ADTS, ISO 14496-3, 1.A.2); MP4 has the configuration once
 * instead.
 */

const HEADER_BYTES = 7;

/** The AudioSpecificConfig that an ADTS packet's header describes; null when the packet has no header. */
export function adtsConfig(packet: Uint8Array): Uint8Array | null {
  const [first, second = 0, third = 0, fourth = 0] = packet;
  if (packet.length < HEADER_BYTES || first !== 0xff || (second & 0xf6) !== 0xf0) return null;
  const object = (third >> 6) + 1;
  const rate = (third >> 2) & 0xf;
  const channels = ((third & 1) << 2) | (fourth >> 6);
  return Uint8Array.of((object << 3) | (rate >> 1), ((rate & 1) << 7) | (channels << 3));
}

/** The packet without its header, which is two bytes longer when it has a checksum. */
export const withoutAdts = (packet: Uint8Array) =>
  packet.subarray((packet[1] ?? 0) & 1 ? HEADER_BYTES : HEADER_BYTES + 2);
