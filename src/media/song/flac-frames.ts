/**
 * Finds the frames of a FLAC stream (RFC 9639, 9.1) by their headers, because the format does not state frame
 * lengths.
 */

import { crc8 } from "../codecs/crc.ts";
import { BLOCK_BYTES } from "../lib/blocks.ts";
import { joined } from "../lib/mp4-boxes.ts";
import type { MediaFile, View } from "../lib/source.ts";
import { CHUNK_BYTES, type SongPacket, type Walked } from "./frames.ts";

const LONGEST_HEADER = 16;

interface FlacHeader {
  variable: boolean;
  /** The frame's number or, in a stream of variable block sizes, the number of its first sample. */
  number: number;
  samples: number;
}

/** Null when no frame begins at `at`. */
function readHeader(bytes: Uint8Array, at: number): FlacHeader | null {
  const [second = 0, third = 0, fourth = 0, first = 0] = bytes.subarray(at + 1, at + 5);
  const [sizeCode, rateCode] = [third >> 4, third & 15];
  if (bytes[at] !== 0xff || (second & 0xfe) !== 0xf8) return null;
  if (sizeCode === 0 || rateCode === 15 || fourth >> 4 > 10 || fourth & 1) return null;
  // A number that is coded like UTF-8.
  const more = first < 0x80 ? 0 : Math.clz32(~(first << 24)) - 1;
  if (first >= 0x80 && (more < 1 || more > 6)) return null;
  let number = first & (0x7f >> (more && more + 1));
  let next = at + 5;
  for (let i = 0; i < more; i++) number = number * 64 + ((bytes[next++] ?? 0) & 0x3f);
  let samples = sizeCode === 1 ? 192 : sizeCode < 6 ? 144 << sizeCode : 1 << sizeCode;
  if (sizeCode === 6) samples = 1 + (bytes[next++] ?? 0);
  if (sizeCode === 7) samples = 1 + ((bytes[next++] ?? 0) << 8) + (bytes[next++] ?? 0);
  next += rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0;
  if (next >= bytes.length || crc8(bytes.subarray(at), next - at) !== bytes[next]) return null;
  return { variable: (second & 1) === 1, number, samples };
}

/**
 * The frame that follows `last` and begins at offset `from` or later, but before `usable`; null when there is
 * none.
 */
function nextStart(
  bytes: Uint8Array,
  from: number,
  usable: number,
  last: FlacHeader,
): { at: number; header: FlacHeader } | null {
  const follows = last.number + (last.variable ? last.samples : 1);
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at < usable; at = bytes.indexOf(0xff, at + 1)) {
    const header = readHeader(bytes, at);
    if (header?.variable === last.variable && header.number === follows) return { at, header };
  }
  return null;
}

/** No frame is shorter. The stream's own minimum is not reliable. */
const SHORTEST = 10;

/** The longest frame in bytes: by the stream's own statement (`longest`), and by the format (`most`). */
function boundsOf({ head }: View): { longest: number; most: number } {
  const stream = new DataView(head.buffer, head.byteOffset + 8);
  const channels = ((stream.getUint8(12) >> 1) & 7) + 1;
  const stated = stream.getUint32(7) >>> 8;
  return {
    longest: (stated || stream.getUint16(2) * channels * 4) + LONGEST_HEADER + 2,
    most: 65_535 * channels * 4 + LONGEST_HEADER + 2,
  };
}

export interface FlacLength extends Walked {
  /** Whether more bytes follow the start of the last frame than a frame can have. */
  broken: boolean;
}

/**
 * Counts consecutive frames, up to `mostSamples`; null when there is no first frame. `view` comes from
 * `readFlacBlocks`. The count ends at a damaged frame, as `flacPackets` does.
 */
export async function countFlac(
  file: MediaFile,
  view: View,
  mostSamples: number,
): Promise<FlacLength | null> {
  const { start, end } = view;
  const { longest } = boundsOf(view);
  let last = readHeader(await file.read(start, Math.min(end, start + LONGEST_HEADER)), 0);
  if (!last) return null;
  const sum: Walked = { frames: 1, samples: last.samples, bytes: end - start, reached: start };
  for (let position = start + SHORTEST; position < end && sum.samples <= mostSamples; ) {
    const chunk = await file.read(position, Math.min(end, position + CHUNK_BYTES));
    const usable = position + chunk.length >= end ? chunk.length : chunk.length - LONGEST_HEADER;
    let next = nextStart(chunk, 0, usable, last);
    while (next) {
      last = next.header;
      sum.frames++;
      sum.samples += last.samples;
      sum.reached = position + next.at;
      next = nextStart(chunk, next.at + SHORTEST, usable, last);
    }
    position += Math.max(usable, sum.reached + SHORTEST - position);
    if (position - sum.reached > longest + CHUNK_BYTES) break;
  }
  return { ...sum, broken: sum.samples <= mostSamples && end - sum.reached > longest };
}

/**
 * The frames, in order, read range by range. mediabunny 1.61.0 finds no frames when a header has the rate in
 * kHz (code 12 of RFC 9639, table 15), because it reads the number as Hz. ffmpeg writes 192 kHz like this.
 */
export async function* flacPackets(
  file: MediaFile,
  view: View,
  sampleRate: number,
): AsyncGenerator<SongPacket, void, unknown> {
  const { start, end } = view;
  const { longest, most } = boundsOf(view);
  let [rest, samples]: [Uint8Array, number] = [new Uint8Array(), 0];
  let last: FlacHeader | null = null;
  const packet = (data: Uint8Array, { samples: count }: FlacHeader): SongPacket => {
    const timestamp = samples / sampleRate;
    samples += count;
    return { data, timestamp, duration: count / sampleRate };
  };
  for (let position = start; position < end; ) {
    const held = position < BLOCK_BYTES;
    const to = Math.min(end, position + CHUNK_BYTES, held ? BLOCK_BYTES : end);
    // The first block is cached already, because the song's format was detected with it.
    const bytes: Uint8Array = joined([
      rest,
      await (held ? file.read(position, to) : file.take(position, to)),
    ]);
    if (to === BLOCK_BYTES) file.release();
    position = to;
    last ??= readHeader(bytes, 0);
    if (!last) return;
    const usable = to >= end ? bytes.length : bytes.length - LONGEST_HEADER;
    let from = 0;
    for (let next = nextStart(bytes, SHORTEST, usable, last); next; ) {
      yield packet(bytes.subarray(from, next.at), last);
      last = next.header;
      from = next.at;
      next = nextStart(bytes, from + SHORTEST, usable, last);
    }
    rest = bytes.slice(from);
    if (rest.length > most + CHUNK_BYTES) break;
  }
  // The packet may have bytes after the frame; a decoder stops at the frame's end.
  if (last) yield packet(rest.subarray(0, Math.max(longest, most)), last);
}
