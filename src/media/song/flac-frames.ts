/** The frames of a FLAC stream (RFC 9639, 9.1), found by their headers: their lengths are not told. */
import { crc8 } from "../sound/crc.ts";
import type { MediaFile, View } from "../source.ts";
import type { SongPacket, Walked } from "./frames.ts";

const LONGEST_HEADER = 16;
const CHUNK_BYTES = 512 * 1024;

interface FlacHeader {
  variable: boolean;
  /** Of the frame; where their sizes vary, of its first sample. */
  number: number;
  samples: number;
}

/** Null where no frame begins. */
function readHeader(bytes: Uint8Array, at: number): FlacHeader | null {
  const [second = 0, third = 0, fourth = 0, first = 0] = bytes.subarray(at + 1, at + 5);
  const [sizeCode, rateCode] = [third >> 4, third & 15];
  if (bytes[at] !== 0xff || (second & 0xfe) !== 0xf8) return null;
  if (sizeCode === 0 || rateCode === 15 || fourth >> 4 > 10 || fourth & 1) return null;
  // A number as UTF-8 would code it.
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

interface FlacStart extends FlacHeader {
  /** Where in the file. */
  at: number;
}

/** The longest that a frame can be. */
function longestOf({ head }: View): number {
  const stream = new DataView(head.buffer, head.byteOffset + 8);
  const channels = ((stream.getUint8(12) >> 1) & 7) + 1;
  return (stream.getUint32(7) >>> 8 || stream.getUint16(2) * channels * 4) + LONGEST_HEADER + 2;
}

/** The frames that follow one another, some at a time; ends where one is damaged. */
async function* starts(file: MediaFile, view: View): AsyncGenerator<FlacStart[], void, unknown> {
  const { head, start, end } = view;
  const shortest = Math.max(10, new DataView(head.buffer, head.byteOffset + 8).getUint32(4) >>> 8);
  const longest = longestOf(view);
  const first = readHeader(await file.read(start, Math.min(end, start + LONGEST_HEADER)), 0);
  if (!first) return;
  let last: FlacStart = { ...first, at: start };
  yield [last];
  for (let position = start + shortest; position < end; ) {
    const chunk = await file.read(position, Math.min(end, position + CHUNK_BYTES));
    const usable = position + chunk.length >= end ? chunk.length : chunk.length - LONGEST_HEADER;
    const found: FlacStart[] = [];
    let at = chunk.indexOf(0xff);
    while (at >= 0 && at < usable) {
      const next = readHeader(chunk, at);
      const follows: number = last.number + (last.variable ? last.samples : 1);
      if (next?.variable === last.variable && next.number === follows) {
        last = { ...next, at: position + at };
        found.push(last);
        at += shortest - 1;
      }
      at = chunk.indexOf(0xff, at + 1);
    }
    yield found;
    position += Math.max(usable, last.at + shortest - position);
    if (position - last.at > longest + CHUNK_BYTES) return;
  }
}

export interface FlacLength extends Walked {
  /** Whether more stands behind the last frame than it can be long. */
  broken: boolean;
}

/**
 * Counts frames that follow one another, as far as `mostSamples`; null without a first. The view is
 * one of `readFlacBlocks`. Where one is damaged the count ends, as that of `flacPackets` does.
 */
export async function countFlac(
  file: MediaFile,
  view: View,
  mostSamples: number,
): Promise<FlacLength | null> {
  const { start, end } = view;
  const sum: Walked = { frames: 0, samples: 0, bytes: end - start, reached: start };
  for await (const some of starts(file, view)) {
    for (const { at, samples } of some) {
      sum.frames++;
      sum.samples += samples;
      sum.reached = at;
    }
    if (sum.samples > mostSamples) break;
  }
  if (sum.frames === 0) return null;
  return { ...sum, broken: sum.samples <= mostSamples && end - sum.reached > longestOf(view) };
}

/**
 * The frames themselves, in order. mediabunny 1.61.0 finds none where a header has the rate in kHz (code 12 of
 * RFC 9639, table 15): it takes the number for Hz. ffmpeg writes 192 kHz so.
 */
export async function* flacPackets(
  file: MediaFile,
  view: View,
  sampleRate: number,
): AsyncGenerator<SongPacket, void, unknown> {
  let last: FlacStart | null = null;
  let samples = 0;
  const packet = async ({ at, samples: count }: FlacStart, end: number) => {
    const data = await file.read(at, end);
    const timestamp = samples / sampleRate;
    samples += count;
    return { data, timestamp, duration: count / sampleRate };
  };
  for await (const some of starts(file, view)) {
    for (const next of some) {
      if (last) yield await packet(last, next.at);
      last = next;
    }
  }
  if (last) yield await packet(last, Math.min(view.end, last.at + longestOf(view)));
}
