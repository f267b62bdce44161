/**
 * An Apple Lossless decoder, one packet at a time. After Apple's published reference
 * (github.com/macosforge/alac: ALACDecoder.cpp, ag_dec.c, dp_dec.c, matrix_dec.c).
 */
import type { AlacConfig } from "./alac-config.ts";
import { BitReader } from "./bits.ts";

const broken = (what: string) => new Error(`An Apple Lossless packet is damaged: ${what}.`);

/** Kinds of element in a packet (ALACAudioTypes.h); other kinds carry no sound and are never written. */
const SINGLE = 0;
const PAIR = 1;
const LOW_FREQUENCY = 3;
const DATA = 4;
const FILL = 6;
const END = 7;

/**
 * Where the channels of a packet, which begins with the centre, go in the order of FLAC and WAV
 * (left, right, centre, low frequencies, back, side).
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
 * A number in an adaptive Golomb code: up to eight ones, each worth `modulus`, and a rest of `k` bits
 * (one fewer where it is 0); nine ones announce a number of `bits` bits as it is.
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

/** Residuals, whose size is tracked as they come; long silence is coded as a run. */
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
  /** 0 predicts once; others add each residual to the one before first. */
  mode: number;
  shift: number;
  factor: number;
  /** They follow the signal while it is decoded. */
  weights: Int16Array;
}

function readPredictor(input: BitReader): Predictor {
  const [mode, shift] = [input.unsigned(4), input.unsigned(4)];
  const factor = input.unsigned(3);
  const weights = new Int16Array(input.unsigned(5));
  for (let i = 0; i < weights.length; i++) weights[i] = input.signed(16);
  return { mode, shift, factor, weights };
}

/** Each residual added to the sample before, in place. */
function accumulate(row: Int32Array, to: number, unused: number): void {
  for (let i = 1; i < to; i++) row[i] = (((row[i] ?? 0) + (row[i - 1] ?? 0)) << unused) >> unused;
}

/** Samples of `bits` bits out of residuals, in place. */
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
    // Each weight takes a step towards what was missing, the farthest first, until that is made up.
    for (let j = order - 1; j >= 0 && rest * sign > 0; j--) {
      const difference = base - (row[i - 1 - j] ?? 0);
      const step = Math.sign(difference) * sign;
      weights[j] = (weights[j] ?? 0) - step;
      rest -= (order - j) * ((step * difference) >> shift);
    }
  }
}

/** Samples as they are, of all channels in turn. */
function readPlain(input: BitReader, rows: readonly Int32Array[], bits: number): void {
  const [first, second] = rows;
  if (!first) return;
  for (let i = 0; i < first.length; i++) {
    first[i] = input.signed(bits);
    if (second) second[i] = input.signed(bits);
  }
  input.check();
}

/** One or two channels of a packet. */
function readElement(input: BitReader, config: AlacConfig, channels: 1 | 2): Int32Array[] {
  input.unsigned(4);
  if (input.unsigned(12) !== 0) throw broken("reserved bits are set");
  const [isPartial, shifted, isRaw] = [input.unsigned(1), input.unsigned(2) * 8, input.unsigned(1)];
  const size = isPartial ? input.unsigned(32) : config.frameLength;
  if (size > config.frameLength || size === 0) throw broken("it has too many samples");
  const rows = Array.from({ length: channels }, () => new Int32Array(size));
  if (isRaw) {
    readPlain(input, rows, config.bits);
    return rows;
  }
  const bits = config.bits - shifted + channels - 1;
  if (bits < 1 || bits > 32 || shifted > 16) throw broken("it has an unknown form");
  const [mixBits, mixWeight] = [input.unsigned(8), input.signed(8)];
  const predictors = rows.map(() => readPredictor(input));
  const low = input.at;
  input.at += shifted * size * channels;
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
  if (shifted > 0) {
    const end = input.at;
    input.at = low;
    const lowest = rows.map(() => new Int32Array(size));
    readPlain(input, lowest, shifted);
    for (const [c, row] of rows.entries()) {
      const mask = (1 << shifted) - 1;
      for (let i = 0; i < size; i++) row[i] = ((row[i] ?? 0) << shifted) | ((lowest[c]?.[i] ?? 0) & mask);
    }
    input.at = end;
  }
  return rows;
}

/** Bytes of other use: a count that may go on in a byte more, then as many bytes. */
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

/** Makes a function that decodes packets of one track, to samples of each channel in `outBits` bits. */
export function alacDecoder(config: AlacConfig, outBits: 16 | 24): (packet: Uint8Array) => Int32Array[] {
  const input = new BitReader();
  const places = PLACES[config.channels] ?? [];
  const lift = outBits - config.bits;
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
      for (let i = 0; lift !== 0 && i < row.length; i++)
        row[i] = lift > 0 ? (row[i] ?? 0) << lift : (row[i] ?? 0) >> -lift;
      out[places[c] ?? c] = row;
    }
    return out;
  };
}
