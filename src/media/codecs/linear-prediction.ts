/** Linear prediction: weights that predict each sample from the samples before it. */

/** Samples of a block; blocks of other lengths are not predicted. */
const LENGTH = 4096;
const ORDER = 8;
/** Bits of a weight. */
export const WEIGHT_BITS = 14;
/** FLAC's own limit (RFC 9639, 9.2.6). */
const MAX_SHIFT = 15;

/** Welch window: the block's ends count less, because the samples beyond them are unknown. */
const WINDOW = Float64Array.from({ length: LENGTH }, (_, i) => 1 - ((2 * i + 1 - LENGTH) / LENGTH) ** 2);

/** Reused for each block: new arrays several times per packet would fill a Worker's memory. */
const WINDOWED = new Float64Array(LENGTH);

export interface Prediction {
  /** Multiplied by 2 ** `shift`; the nearest sample's first. */
  weights: number[];
  shift: number;
  /**
   * The first samples, as many as there are weights, then for each sample the difference from its prediction.
   */
  residual: Int32Array;
}

function autocorrelation(samples: Int32Array): number[] {
  for (let i = 0; i < LENGTH; i++) WINDOWED[i] = (WINDOW[i] ?? 0) * (samples[i] ?? 0);
  return Array.from({ length: ORDER + 1 }, (_, lag) => {
    let even = 0;
    let odd = 0;
    for (let i = lag + 1; i < LENGTH; i += 2) {
      even += (WINDOWED[i - 1] ?? 0) * (WINDOWED[i - 1 - lag] ?? 0);
      odd += (WINDOWED[i] ?? 0) * (WINDOWED[i - lag] ?? 0);
    }
    return even + odd;
  });
}

/** The weights of the order that is estimated to take the fewest bits, by Levinson-Durbin recursion. */
function bestWeights(correlation: readonly number[]): number[] {
  let weights: number[] = [];
  let error = correlation[0] ?? 0;
  let best = { weights, bits: Number.POSITIVE_INFINITY };
  for (let order = 1; order <= ORDER && error > 0; order++) {
    const explained = weights.reduce((sum, weight, j) => sum + weight * (correlation[order - 1 - j] ?? 0), 0);
    const reflection = ((correlation[order] ?? 0) - explained) / error;
    weights = [
      ...weights.map((weight, j) => weight - reflection * (weights[order - 2 - j] ?? 0)),
      reflection,
    ];
    error *= 1 - reflection ** 2;
    const bits = (LENGTH / 2) * Math.log2(Math.max(error, 1e-9)) + order * WEIGHT_BITS;
    if (bits < best.bits) best = { weights, bits };
  }
  return best.weights;
}

/** The residual of up to eight weights; null when a value is too large for its code. */
function residualOf(samples: Int32Array, weights: readonly number[], scale: number): Int32Array | null {
  const [w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0, w8 = 0] = weights;
  const order = weights.length;
  const before = (back: number) => samples[order - back] ?? 0;
  let s1 = before(1);
  let s2 = before(2);
  let s3 = before(3);
  let s4 = before(4);
  let s5 = before(5);
  let s6 = before(6);
  let s7 = before(7);
  let s8 = before(8);
  const residual = samples.slice();
  let most = 0;
  for (let i = order; i < LENGTH; i++) {
    const sum = s1 * w1 + s2 * w2 + s3 * w3 + s4 * w4 + s5 * w5 + s6 * w6 + s7 * w7 + s8 * w8;
    const sample = samples[i] ?? 0;
    const rest = sample - Math.floor(sum * scale);
    most = Math.max(most, Math.abs(rest));
    residual[i] = rest;
    s8 = s7;
    s7 = s6;
    s6 = s5;
    s5 = s4;
    s4 = s3;
    s3 = s2;
    s2 = s1;
    s1 = sample;
  }
  return most < 2 ** 29 ? residual : null;
}

/** Null when the block has another length or can't be predicted. */
export function predictLinearly(samples: Int32Array): Prediction | null {
  if (samples.length !== LENGTH) return null;
  const exact = bestWeights(autocorrelation(samples));
  const most = exact.reduce((sum, weight) => Math.max(sum, Math.abs(weight)), 0);
  const shift = Math.min(MAX_SHIFT, WEIGHT_BITS - 2 - Math.floor(Math.log2(most)));
  if (!(most > 0) || shift < 0) return null;
  let error = 0;
  const limit = 2 ** (WEIGHT_BITS - 1);
  const weights = exact.map((weight) => {
    error += weight * 2 ** shift;
    const rounded = Math.max(-limit, Math.min(limit - 1, Math.round(error)));
    error -= rounded;
    return rounded;
  });
  const residual = residualOf(samples, weights, 2 ** -shift);
  return residual && { weights, shift, residual };
}
