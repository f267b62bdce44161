/**
 * An Apple Lossless decoder, one packet at a time. It follows Apple's published reference
 * (github.com/macosforge/alac: ALACDecoder.cpp, ag_dec.c, dp_dec.c, matrix_dec.c).
 */
import type { AlacConfig } from "./alac-config.ts";
import { BitReader } from "./bits.ts";

const broken = (what: string) => new Error(`An Apple Lossless packet is damaged: ${what}.`);

/** Types of elements in a packet (ALACAudioTypes.h); no encoder writes other types. */
const SINGLE = 0;
const PAIR = 1;
const LOW_FREQUENCY = 3;
const DATA = 4;
const FILL = 6;
const END = 7;

/**
 * For each number of channels: the index of each channel of a packet (which begins with the centre) in the
 * order of FLAC and WAV (left, right, centre, low frequencies, back, side).
 */
const PLACES = [
  [],
  [0],
  [0, 1],
  [2, 0, 1],
  [2, 0, 1, 3],
  [2, 0, 1, 3, 4],
  [2, 0, 1, 4, 5, 3],
  [2, 0, 1, 5, 6, 4, 3],
  [2, 6, 7, 0, 1, 4, 5, 3],
];

/**
 * Reads a number in an adaptive Golomb code: up to eight ones, each worth `modulus`, and a remainder of `k`
 * bits (one bit fewer when it is 0); nine ones are followed by the number itself in `bits` bits.
 */
function golomb(input: BitReader, k: number, modulus: number, bits: number): number {
  const word = input.peek();
  const ones = Math.clz32(~word);
  if (ones >= 9) {
    input.at += 9;
    return input.unsigned(bits);
  }
  const rest = ((word << ones) & 0x7fff_ffff) >>> (31 - k);
  input.at += ones + (rest >= 2 ? k + 1 : k);
  return ones * modulus + (rest >= 2 ? rest - 1 : 0);
}

/**
 * Reads the residuals of one channel. The code adapts to their mean; runs of zeros are coded by their length.
 */
function readResidual(
  input: BitReader,
  config: AlacConfig,
  { factor }: Predictor,
  out: Int32Array,
  bits: number,
): void {
  const history = (config.historyMultiplier * factor) >> 2;
  const limit = config.riceLimit;
  let mean = config.initialHistory;
  let afterRun = 0;
  for (let i = 0; i < out.length; ) {
    const k = Math.min(31 - Math.clz32((mean >> 9) + 3), limit);
    const code = golomb(input, k, 2 ** k - 1, bits);
    const folded = code + afterRun;
    out[i++] = (folded >>> 1) ^ -(folded & 1);
    afterRun = 0;
    mean = code > 0xffff ? 0xffff : history * folded + mean - ((history * mean) >> 9);
    if (mean >= 128 || i >= out.length) continue;
    const runBits = Math.clz32(mean) - 24 + ((mean + 16) >> 6);
    const run = golomb(input, runBits, 2 ** Math.min(runBits, limit) - 1, 16);
    if (run > out.length - i) throw broken("its silence is too long");
    i += run;
    afterRun = run < 0xffff ? 1 : 0;
    mean = 0;
    input.check();
  }
  input.check();
}

interface Predictor {
  /** 0: prediction only; other values: each residual is first added to the one before. */
  mode: number;
  shift: number;
  factor: number;
  /** Adapted to the signal while it is decoded. */
  weights: Int16Array;
}

function readPredictor(input: BitReader): Predictor {
  const [mode, shift] = [input.unsigned(4), input.unsigned(4)];
  const factor = input.unsigned(3);
  const weights = new Int16Array(input.unsigned(5));
  for (let i = 0; i < weights.length; i++) weights[i] = input.signed(16);
  return { mode, shift, factor, weights };
}

/** Adds each residual to the sample before it, in place. */
function accumulate(row: Int32Array, to: number, unused: number): void {
  for (let i = 1; i < to; i++) row[i] = (((row[i] ?? 0) + (row[i - 1] ?? 0)) << unused) >> unused;
}

/** Turns residuals into samples of `bits` bits, in place. */
function predict(row: Int32Array, { mode, shift, weights }: Predictor, bits: number): void {
  const unused = 32 - bits;
  if (mode !== 0) accumulate(row, row.length, unused);
  const order = weights.length;
  if (order === 0) return;
  accumulate(row, order === 31 ? row.length : Math.min(order + 1, row.length), unused);
  if (order === 31) return;
  const half = shift > 0 ? 1 << (shift - 1) : 0;
  for (let i = order + 1; i < row.length; i++) {
    const base = row[i - order - 1] ?? 0;
    let sum = half;
    for (let j = 0; j < order; j++) {
      sum = (sum + Math.imul(weights[j] ?? 0, (row[i - 1 - j] ?? 0) - base)) | 0;
    }
    let rest = row[i] ?? 0;
    row[i] = ((rest + base + (sum >> shift)) << unused) >> unused;
    const sign = Math.sign(rest);
    // Each weight takes one step that reduces the residual, the farthest sample's first, until none is left.
    for (let j = order - 1; j >= 0 && rest * sign > 0; j--) {
      const difference = base - (row[i - 1 - j] ?? 0);
      const step = Math.sign(difference) * sign;
      weights[j] = (weights[j] ?? 0) - step;
      rest -= (order - j) * ((step * difference) >> shift);
    }
  }
}

/** Reads uncompressed samples, interleaved. */
function readUncompressed(input: BitReader, rows: readonly Int32Array[], bits: number): void {
  const [first, second] = rows;
  if (!first) return;
  for (let i = 0; i < first.length; i++) {
    first[i] = input.signed(bits);
    if (second) second[i] = input.signed(bits);
  }
  input.check();
}

/** Reads the element of one or two channels of a packet. */
function readElement(input: BitReader, config: AlacConfig, channels: 1 | 2): Int32Array[] {
  input.unsigned(4);
  if (input.unsigned(12) !== 0) throw broken("reserved bits are set");
  const [isPartial, lowBits, isRaw] = [input.unsigned(1), input.unsigned(2) * 8, input.unsigned(1)];
  const size = isPartial ? input.unsigned(32) : config.frameLength;
  if (size > config.frameLength || size === 0) throw broken("it has too many samples");
  const rows = Array.from({ length: channels }, () => new Int32Array(size));
  if (isRaw) {
    readUncompressed(input, rows, config.bits);
    return rows;
  }
  const bits = config.bits - lowBits + channels - 1;
  if (bits < 1 || bits > 32 || lowBits > 16) throw broken("it has an unknown form");
  const [mixBits, mixWeight] = [input.unsigned(8), input.signed(8)];
  const predictors = rows.map(() => readPredictor(input));
  const lowBitsAt = input.at;
  input.at += lowBits * size * channels;
  input.check();
  for (const [c, row] of rows.entries()) {
    const predictor = predictors[c];
    if (!predictor) continue;
    readResidual(input, config, predictor, row, bits);
    predict(row, predictor, bits);
  }
  const [a, b] = rows;
  if (a && b && mixWeight !== 0) {
    for (let i = 0; i < size; i++) {
      const difference = b[i] ?? 0;
      const left = (a[i] ?? 0) + difference - ((mixWeight * difference) >> mixBits);
      a[i] = left;
      b[i] = left - difference;
    }
  }
  if (lowBits > 0) {
    const end = input.at;
    input.at = lowBitsAt;
    const lowParts = rows.map(() => new Int32Array(size));
    readUncompressed(input, lowParts, lowBits);
    for (const [c, row] of rows.entries()) {
      const mask = (1 << lowBits) - 1;
      for (let i = 0; i < size; i++) row[i] = ((row[i] ?? 0) << lowBits) | ((lowParts[c]?.[i] ?? 0) & mask);
    }
    input.at = end;
  }
  return rows;
}

/** Skips an element of data or filling: a count, which may continue in one more byte, then as many bytes. */
function skip(input: BitReader, tag: number): void {
  let isAligned = false;
  let count: number;
  if (tag === DATA) {
    input.unsigned(4);
    isAligned = input.unsigned(1) === 1;
    count = input.unsigned(8);
    if (count === 255) count += input.unsigned(8);
  } else {
    count = input.unsigned(4);
    if (count === 15) count += input.unsigned(8) - 1;
  }
  if (isAligned) input.at = (input.at + 7) & ~7;
  input.at += count * 8;
  input.check();
}

/**
 * Makes a function that decodes packets of one track to rows of samples, one row for each channel, of
 * `outBits` bits.
 */
export function alacDecoder(config: AlacConfig, outBits: 16 | 24): (packet: Uint8Array) => Int32Array[] {
  const input = new BitReader();
  const places = PLACES[config.channels] ?? [];
  const shift = outBits - config.bits;
  return (packet) => {
    input.open(packet);
    const rows: Int32Array[] = [];
    while (rows.length < config.channels) {
      const tag = input.unsigned(3);
      if (tag === SINGLE || tag === LOW_FREQUENCY) rows.push(...readElement(input, config, 1));
      else if (tag === PAIR) rows.push(...readElement(input, config, 2));
      else if (tag === DATA || tag === FILL) skip(input, tag);
      else throw broken(tag === END ? "channels are missing" : "it has an unknown part");
    }
    const size = rows[0]?.length;
    if (rows.length !== config.channels || rows.some((row) => row.length !== size))
      throw broken("its channels don't agree");
    const out = rows.slice();
    for (const [c, row] of rows.entries()) {
      for (let i = 0; shift !== 0 && i < row.length; i++)
        row[i] = shift > 0 ? (row[i] ?? 0) << shift : (row[i] ?? 0) >> -shift;
      out[places[c] ?? c] = row;
    }
    return out;
  };
}
