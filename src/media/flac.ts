/**
 * A FLAC encoder (RFC 9639): uncompressed sound without loss in a form that MP4 carries and browsers
 * play. Fixed predictors and Rice codes only: fast enough for a Worker, and about two thirds of the size.
 */

/** Samples of each channel in a frame; only a stream's last frame may hold fewer. */
export const FLAC_BLOCK = 4096;

export interface FlacStream {
  sampleRate: number;
  /** 1 to 8. */
  channels: number;
  bits: 16 | 24;
  totalSamples: number;
}

class BitWriter {
  readonly #bytes: Uint8Array;
  #at = 0;
  #pending = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** The lowest `bits` (0 to 24) of `value`. */
  put(value: number, bits: number): void {
    this.#pending = (this.#pending << bits) | (value & ((1 << bits) - 1));
    this.#count += bits;
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#bytes[this.#at++] = this.#pending >>> this.#count;
    }
    this.#pending &= (1 << this.#count) - 1;
  }

  /** A non-negative number below 2^31 as a Rice code: quotient in unary, remainder in `k` bits. */
  rice(value: number, k: number): void {
    let quotient = value >>> k;
    if (quotient + 1 + k <= 24) {
      this.put((1 << k) | (value & ((1 << k) - 1)), quotient + 1 + k);
      return;
    }
    for (; quotient >= 23; quotient -= 23) this.put(0, 23);
    this.put(1, quotient + 1);
    if (k > 24) this.put(value >>> 24, k - 24);
    this.put(value, Math.min(k, 24));
  }

  align(): void {
    if (this.#count > 0) this.put(0, 8 - this.#count);
  }

  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Table for a cyclic redundancy check of `bits` bits, most significant bit first. */
function crcTable(polynomial: number, bits: 8 | 16): Uint16Array {
  const top = 1 << (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let rest = byte << (bits - 8);
    for (let i = 0; i < 8; i++) rest = rest & top ? (rest << 1) ^ polynomial : rest << 1;
    return rest & ((top << 1) - 1);
  });
}
const CRC8 = crcTable(0x07, 8);
const CRC16 = crcTable(0x8005, 16);
const crc8 = (bytes: Uint8Array) => bytes.reduce((rest, byte) => CRC8[rest ^ byte] ?? 0, 0);
const crc16 = (bytes: Uint8Array) =>
  bytes.reduce((rest, byte) => ((rest << 8) & 0xffff) ^ (CRC16[(rest >> 8) ^ byte] ?? 0), 0);

/** Codes of common rates (RFC 9639, table 15); 0 leaves it to the stream's header. */
const RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/** What a decoder needs in advance: the signature and the STREAMINFO block, as WebCodecs and MP4 want it. */
export function flacHeader({ sampleRate, channels, bits, totalSamples }: FlacStream): Uint8Array {
  const header = new Uint8Array(42);
  const view = new DataView(header.buffer);
  header.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34]);
  view.setUint16(8, FLAC_BLOCK);
  view.setUint16(10, FLAC_BLOCK);
  // 20 bits of rate, 3 of channels, 5 of sample size, 36 of length; frame sizes and MD5 stay unknown.
  view.setUint32(
    18,
    (sampleRate << 12) | ((channels - 1) << 9) | ((bits - 1) << 4) | Math.floor(totalSamples / 2 ** 32),
  );
  view.setUint32(22, totalSamples >>> 0);
  return header;
}

/** A number as UTF-8 would code it, up to 31 bits. */
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

/** The order of difference (0 to 4) whose residual is smallest. */
function bestOrder(samples: Int32Array): number {
  let [sum0, sum1, sum2, sum3, sum4] = [0, 0, 0, 0, 0];
  let [last0, last1, last2, last3] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const e0 = samples[i] ?? 0;
    const e1 = e0 - last0;
    const e2 = e1 - last1;
    const e3 = e2 - last2;
    const e4 = e3 - last3;
    last0 = e0;
    last1 = e1;
    last2 = e2;
    last3 = e3;
    if (i < 4) continue;
    sum0 += Math.abs(e0);
    sum1 += Math.abs(e1);
    sum2 += Math.abs(e2);
    sum3 += Math.abs(e3);
    sum4 += Math.abs(e4);
  }
  const sums = [sum0, sum1, sum2, sum3, sum4];
  return samples.length <= 4 ? 0 : sums.indexOf(Math.min(...sums));
}

/** Differences of that order, folded so that small ones of either sign are small numbers; the first `order` stay out. */
function residual(samples: Int32Array, order: number): Int32Array {
  const row = samples.slice();
  for (let n = 1; n <= order; n++) {
    for (let i = row.length - 1; i >= n; i--) row[i] = (row[i] ?? 0) - (row[i - 1] ?? 0);
  }
  for (let i = order; i < row.length; i++) row[i] = ((row[i] ?? 0) << 1) ^ ((row[i] ?? 0) >> 31);
  return row;
}

function riceParameter(sum: number, count: number): number {
  let k = 0;
  while (k < 30 && count * (k + 2) + sum / 2 ** (k + 1) < count * (k + 1) + sum / 2 ** k) k++;
  return k;
}

function putChannel(out: BitWriter, samples: Int32Array, bits: number): void {
  const size = samples.length;
  if (samples.every((value) => value === samples[0])) {
    out.put(0, 8);
    out.put(samples[0] ?? 0, bits);
    return;
  }
  const order = bestOrder(samples);
  out.put((8 | order) << 1, 8);
  for (let i = 0; i < order; i++) out.put(samples[i] ?? 0, bits);
  const folded = residual(samples, order);
  // Sixteen partitions, each with its own parameter, where the frame divides so.
  const partitions = size === FLAC_BLOCK ? 4 : 0;
  out.put((1 << 4) | partitions, 6);
  const length = size >> partitions;
  for (let start = 0; start < size; start += length) {
    const first = Math.max(start, order);
    let sum = 0;
    for (let i = first; i < start + length; i++) sum += folded[i] ?? 0;
    const k = riceParameter(sum, start + length - first);
    out.put(k, 5);
    for (let i = first; i < start + length; i++) out.rice(folded[i] ?? 0, k);
  }
}

/** One frame of a stream; `channels` hold equally many samples each, at most `FLAC_BLOCK`. */
export function flacFrame(stream: FlacStream, index: number, channels: readonly Int32Array[]): Uint8Array {
  const size = channels[0]?.length ?? 0;
  const out = new BitWriter(64 + size * channels.length * 6);
  out.put(0xfff8, 16);
  out.put(size === FLAC_BLOCK ? 0b1100 : 0b0111, 4);
  out.put(Math.max(0, RATES.indexOf(stream.sampleRate)), 4);
  out.put(stream.channels - 1, 4);
  out.put(stream.bits === 24 ? 0b1100 : 0b1000, 4);
  putFrameNumber(out, index);
  if (size !== FLAC_BLOCK) out.put(size - 1, 16);
  out.put(crc8(out.written()), 8);
  for (const samples of channels) putChannel(out, samples, stream.bits);
  out.align();
  out.put(crc16(out.written()), 16);
  return out.written();
}
