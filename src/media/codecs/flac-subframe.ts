/** Encodes one channel of a FLAC frame (RFC 9639, 9.2): chooses the smallest coding, and writes it. */
import type { BitWriter } from "./bit-writer.ts";
import { type Prediction, predictLinearly, WEIGHT_BITS } from "./linear-prediction.ts";

/** How a channel is coded, and the most bits that this takes. */
export interface Subframe {
  samples: Int32Array;
  /** Bits of a sample, without the lowest bits that are 0 in all samples. */
  bits: number;
  /** How many lowest bits are 0 in all samples. */
  wasted: number;
  /**
   * Order of the fixed predictor (0 to 4) or, with `prediction`, of the linear one; or `CONSTANT` or
   * `VERBATIM`.
   */
  order: number;
  /** In bits. */
  size: number;
  /** A linear prediction, used instead of the fixed predictor. */
  prediction?: Prediction;
}

const CONSTANT = -2;
const VERBATIM = -1;
/** Number of partitions with their own Rice parameter, as a power of two. */
const PARTS = 4;
const HEADER_BITS = 8 + 6 + (5 << PARTS);

/** Sums of the absolute differences of order 0 to 4, from the fifth sample on. */
function differences(samples: Int32Array): number[] {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  let last0 = 0;
  let last1 = 0;
  let last2 = 0;
  let last3 = 0;
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
  return [sum0, sum1, sum2, sum3, sum4];
}

/** The most bits that `count` whole numbers with the sum `sum` take in Rice codes of parameter `k`. */
const riceBits = (sum: number, count: number, k: number) => count * (k + 1) + sum / 2 ** k;

function riceParameter(sum: number, count: number): number {
  let k = 0;
  while (k < 30 && riceBits(sum, count, k + 1) < riceBits(sum, count, k)) k++;
  return k;
}

/** A coding of one channel's samples, of `bits` bits each, that is small and quickly found. */
export function planSubframe(samples: Int32Array, bits: number): Subframe {
  const first = samples[0] ?? 0;
  let any = 0;
  let different = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] ?? 0;
    any |= value;
    different |= value ^ first;
  }
  if (different === 0) return { samples, bits, wasted: 0, order: CONSTANT, size: bits };
  const wasted = 31 - Math.clz32(any & -any);
  const kept = {
    samples: wasted > 0 ? samples.map((value) => value >> wasted) : samples,
    bits: bits - wasted,
    wasted,
  };
  const sums = samples.length > 4 ? differences(kept.samples) : [Number.POSITIVE_INFINITY];
  const least = Math.min(...sums);
  const order = sums.indexOf(least);
  // Folding the sign into a difference makes it twice as large, or one less.
  const size =
    HEADER_BITS +
    order * kept.bits +
    riceBits(2 * least, samples.length, riceParameter(2 * least, samples.length));
  const verbatimBits = samples.length * kept.bits;
  return size < verbatimBits ? { ...kept, order, size } : { ...kept, order: VERBATIM, size: verbatimBits };
}

/**
 * The same channel with linear prediction if that takes fewer bits. Takes as long as four calls of
 * `planSubframe`.
 */
export function withLinearPrediction(subframe: Subframe): Subframe {
  const prediction = subframe.order === CONSTANT ? null : predictLinearly(subframe.samples);
  if (!prediction) return subframe;
  const { residual, weights } = prediction;
  let sum = 0;
  for (let i = weights.length; i < residual.length; i++) sum += 2 * Math.abs(residual[i] ?? 0);
  const coded = riceBits(sum, residual.length, riceParameter(sum, residual.length));
  const size = HEADER_BITS + 9 + weights.length * (subframe.bits + WEIGHT_BITS) + coded;
  return size < subframe.size ? { ...subframe, order: weights.length, size, prediction } : subframe;
}

/** Differences of an order; the first `order` samples are unchanged. */
function differencesOf(samples: Int32Array, order: number): Int32Array {
  const row = samples.slice();
  for (let n = 1; n <= order; n++) {
    let last = row[n - 1] ?? 0;
    for (let i = n; i < row.length; i++) {
      const value = row[i] ?? 0;
      row[i] = value - last;
      last = value;
    }
  }
  return row;
}

/** Writes residuals as Rice codes, with the sign folded in; changes `row`. */
function putResidual(out: BitWriter, row: Int32Array, order: number): void {
  for (let i = order; i < row.length; i++) {
    const value = row[i] ?? 0;
    row[i] = (value << 1) ^ (value >> 31);
  }
  const parts = row.length % (1 << PARTS) === 0 && row.length >= 16 << PARTS ? PARTS : 0;
  out.put((1 << 4) | parts, 6);
  const length = row.length >> parts;
  for (let start = 0; start < row.length; start += length) {
    const from = Math.max(start, order);
    let sum = 0;
    for (let i = from; i < start + length; i++) sum += row[i] ?? 0;
    const k = riceParameter(sum, start + length - from);
    out.put(k, 5);
    out.rice(row, from, start + length, k);
  }
}

export function putSubframe(out: BitWriter, { samples, bits, wasted, order, prediction }: Subframe): void {
  const type = order === CONSTANT ? 0 : order === VERBATIM ? 1 : prediction ? 31 + order : 8 | order;
  out.put((type << 1) | (wasted > 0 ? 1 : 0), 8);
  if (wasted > 0) out.put(1, wasted);
  const verbatimSamples = order === CONSTANT ? 1 : order === VERBATIM ? samples.length : order;
  for (let i = 0; i < verbatimSamples; i++) out.put(samples[i] ?? 0, bits);
  if (prediction) {
    out.put(WEIGHT_BITS - 1, 4);
    out.put(prediction.shift, 5);
    for (const weight of prediction.weights) out.put(weight, WEIGHT_BITS);
  }
  if (order >= 0) putResidual(out, prediction?.residual ?? differencesOf(samples, order), order);
}
