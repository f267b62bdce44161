/**
 * A FLAC encoder (RFC 9639): lossless, in a form that MP4 carries and browsers play. It is a compromise
 * between size and speed: an hour of stereo takes a Worker some ten seconds.
 */
import { BitWriter } from "./bit-writer.ts";
import { crc8, crc16 } from "./crc.ts";
import { planSubframe, putSubframe, type Subframe, withLinearPrediction } from "./flac-subframe.ts";

/** Samples of each channel in a frame; only the last frame of a stream may have fewer. */
export const FLAC_BLOCK = 4096;

export interface FlacStream {
  sampleRate: number;
  /** 1 to 8. */
  channels: number;
  bits: 16 | 24;
  totalSamples: number;
}

/** Common sample rates by their code (RFC 9639, table 15); code 0 means the rate of STREAMINFO. */
const RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/** The decoder's configuration, as WebCodecs and MP4 expect it: the signature and the STREAMINFO block. */
export function flacHeader({ sampleRate, channels, bits, totalSamples }: FlacStream): Uint8Array {
  const header = new Uint8Array(42);
  const view = new DataView(header.buffer);
  header.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34]);
  view.setUint16(8, FLAC_BLOCK);
  view.setUint16(10, FLAC_BLOCK);
  // 20 bits of rate, 3 of channels, 5 of sample size, 36 of length; frame sizes and MD5 are left unknown (0).
  view.setUint32(
    18,
    (sampleRate << 12) | ((channels - 1) << 9) | ((bits - 1) << 4) | Math.floor(totalSamples / 2 ** 32),
  );
  view.setUint32(22, totalSamples >>> 0);
  return header;
}

/** Writes a number of up to 31 bits, coded like UTF-8. */
function putFrameNumber(out: BitWriter, value: number): void {
  if (value < 0x80) {
    out.put(value, 8);
    return;
  }
  let more = 1;
  while (value >= 2 ** (6 + 5 * more)) more++;
  out.put(((0xff00 >> (more + 1)) & 0xff) | (value >>> (6 * more)), 8);
  for (let i = more - 1; i >= 0; i--) out.put(0x80 | ((value >>> (6 * i)) & 0x3f), 8);
}

/**
 * Chooses the smallest coding: independent channels or, for stereo, left and side, side and right, or mid and
 * side.
 */
function planFrame(channels: readonly Int32Array[], bits: number): { mode: number; subframes: Subframe[] } {
  const separate = channels.map((samples) => planSubframe(samples, bits));
  const [left, right] = separate;
  const [a, b] = channels;
  const independent = { mode: channels.length - 1, subframes: separate };
  if (channels.length !== 2 || !left || !right || !a || !b) return independent;
  const [mean, difference] = [new Int32Array(a.length), new Int32Array(a.length)];
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    mean[i] = (x + y) >> 1;
    difference[i] = x - y;
  }
  const [mid, side] = [planSubframe(mean, bits), planSubframe(difference, bits + 1)];
  const ways = [
    independent,
    { mode: 8, subframes: [left, side] },
    { mode: 9, subframes: [side, right] },
    { mode: 10, subframes: [mid, side] },
  ];
  const size = ({ subframes }: { subframes: Subframe[] }) =>
    subframes.reduce((sum, sub) => sum + sub.size, 0);
  return ways.reduce((best, way) => (size(way) < size(best) ? way : best));
}

/** Encodes frame `index` of a stream; all rows of `channels` have the same length, at most `FLAC_BLOCK`. */
export function flacFrame(stream: FlacStream, index: number, channels: readonly Int32Array[]): Uint8Array {
  const size = channels[0]?.length ?? 0;
  const { mode, subframes } = planFrame(channels, stream.bits);
  const out = new BitWriter(64 + (64 + size * 5) * channels.length);
  out.put(0xfff8, 16);
  out.put(size === FLAC_BLOCK ? 0b1100 : 0b0111, 4);
  out.put(Math.max(0, RATES.indexOf(stream.sampleRate)), 4);
  out.put(mode, 4);
  out.put(stream.bits === 24 ? 0b1100 : 0b1000, 4);
  putFrameNumber(out, index);
  if (size !== FLAC_BLOCK) out.put(size - 1, 16);
  const header = out.written();
  out.put(crc8(header, header.length), 8);
  for (const subframe of subframes) putSubframe(out, withLinearPrediction(subframe));
  out.align();
  const frame = out.written();
  out.put(crc16(frame, frame.length), 16);
  return out.written().slice();
}
