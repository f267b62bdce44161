/** Writes packets of Opus or Vorbis into an Ogg stream (RFC 3533; RFC 7845; Vorbis I, appendix A). */
import { ascii, joined } from "../lib/mp4-boxes.ts";

/** A page is closed when it has this many bytes, or when the next packet would exceed its segment table. */
const PAGE_BYTES = 8192;
const MAX_SEGMENTS = 255;
const SEGMENT_BYTES = 255;
const BEGINS = 2;
const ENDS = 4;

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 24;
  for (let i = 0; i < 8; i++) rest = (rest << 1) ^ (rest < 0 ? 0x04c1_1db7 : 0);
  return rest;
});

/** Makes a writer that passes each complete page to `append`; `close` writes the last page. */
export function oggStream(append: (page: Uint8Array) => void) {
  let sequence = 0;
  let open: Uint8Array[] = [];
  let lacing: number[] = [];
  let bytes = 0;
  let granule = 0;

  function flush(flags: number): void {
    const page = joined([ascii("OggS"), new Uint8Array(22), [lacing.length], lacing, ...open]);
    const view = new DataView(page.buffer);
    page[5] = flags;
    view.setBigInt64(6, BigInt(granule), true);
    view.setUint32(14, 1, true);
    view.setUint32(18, sequence++, true);
    let rest = 0;
    for (let i = 0; i < page.length; i++) rest = (rest << 8) ^ (CRC[(rest >>> 24) ^ (page[i] ?? 0)] ?? 0);
    view.setInt32(22, rest, true);
    append(page);
    [open, lacing, bytes] = [[], [], 0];
  }

  function put(packet: Uint8Array, end: number): void {
    const full = Math.floor(packet.length / SEGMENT_BYTES);
    if (full >= MAX_SEGMENTS) throw new Error("A packet of sound is too large for a page.");
    const isFull = bytes >= PAGE_BYTES || lacing.length + full + 1 > MAX_SEGMENTS;
    if (open.length > 0 && isFull) flush(0);
    open.push(packet);
    for (let i = 0; i < full; i++) lacing.push(SEGMENT_BYTES);
    lacing.push(packet.length % SEGMENT_BYTES);
    bytes += packet.length;
    granule = Math.max(granule, end);
  }

  return {
    /** Header packets come before all others, each on its own page. */
    header(packet: Uint8Array): void {
      put(packet, 0);
      flush(sequence === 0 ? BEGINS : 0);
    },
    /** `end`: the granule position, which is the number of samples up to the end of this packet. */
    packet: put,
    close: () => flush(ENDS),
  };
}

/** An empty vendor string and no comments. */
const NO_COMMENTS = [0, 0, 0, 0, 0, 0, 0, 0];

/**
 * The header packets of a decoder, from the description that mediabunny gives of the track; null when it is
 * invalid. For a stream that is cut from inside a song (`isCut`) the decoder skips nothing at the start.
 */
export function oggHeaders(
  codec: "opus" | "vorbis",
  description: Uint8Array,
  isCut: boolean,
): Uint8Array[] | null {
  if (codec === "opus") {
    const head = description.slice();
    // How many samples are left out at the start (RFC 7845, 5.1).
    if (isCut) head.fill(0, 10, 12);
    return [head, joined([ascii("OpusTags"), NO_COMMENTS])];
  }
  // The lengths of the first two packets (Xiph lacing), then the three packets.
  if (description[0] !== 2) return null;
  let at = 1;
  const length = () => {
    let sum = 0;
    for (let byte = SEGMENT_BYTES; byte === SEGMENT_BYTES; sum += byte) byte = description[at++] ?? 0;
    return sum;
  };
  const [first, second] = [length(), length()];
  const comments = joined([[3], ascii("vorbis"), NO_COMMENTS, [1]]);
  return [description.subarray(at, at + first), comments, description.subarray(at + first + second)];
}
