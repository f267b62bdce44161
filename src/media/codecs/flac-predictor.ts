/** Decodes linear prediction: restores samples from residuals (RFC 9639, 9.2.5 and 9.2.6). */

/**
 * Number of zeros before a channel's samples, so that the longest predictor can look back from the first
 * sample.
 */
export const HISTORY = 32;

/** For at most eight weights and sums of 32 bits, which is most music. */
function predictFast(row: Int32Array, weights: readonly number[], shift: number): void {
  const [w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0, w8 = 0] = weights;
  const start = HISTORY + weights.length;
  const before = (back: number) => row[start - back] ?? 0;
  let s1 = before(1);
  let s2 = before(2);
  let s3 = before(3);
  let s4 = before(4);
  let s5 = before(5);
  let s6 = before(6);
  let s7 = before(7);
  let s8 = before(8);
  for (let i = start; i < row.length; i++) {
    // Two sums, because only the second one depends on the sample before.
    const far = (Math.imul(w8, s8) + Math.imul(w7, s7) + Math.imul(w6, s6) + Math.imul(w5, s5)) | 0;
    const sum = (far + Math.imul(w4, s4) + Math.imul(w3, s3) + Math.imul(w2, s2) + Math.imul(w1, s1)) | 0;
    const next = ((row[i] ?? 0) + (sum >> shift)) | 0;
    s8 = s7;
    s7 = s6;
    s6 = s5;
    s5 = s4;
    s4 = s3;
    s3 = s2;
    s2 = s1;
    s1 = next;
    row[i] = next;
  }
}

/** For up to 32 weights and sums of 32 bits. */
function predictNarrow(row: Int32Array, weights: readonly number[], shift: number): void {
  const order = weights.length;
  // Three weights of 0 are added, so that the loop can take four at a time.
  const w = Int32Array.of(...weights, 0, 0, 0);
  for (let i = HISTORY + order; i < row.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j += 4) {
      const near = Math.imul(w[j] ?? 0, row[i - 1 - j] ?? 0) + Math.imul(w[j + 1] ?? 0, row[i - 2 - j] ?? 0);
      const far =
        Math.imul(w[j + 2] ?? 0, row[i - 3 - j] ?? 0) + Math.imul(w[j + 3] ?? 0, row[i - 4 - j] ?? 0);
      sum = (sum + near + far) | 0;
    }
    row[i] = (row[i] ?? 0) + (sum >> shift);
  }
}

/** For any sums: 32 products of 33 and 15 bits are exact in doubles. */
function predictWide(row: Int32Array | Float64Array, weights: readonly number[], shift: number): void {
  const order = weights.length;
  const w = Float64Array.from(weights);
  const scale = 2 ** -shift;
  for (let i = HISTORY + order; i < row.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += (w[j] ?? 0) * (row[i - 1 - j] ?? 0);
    row[i] = (row[i] ?? 0) + Math.floor(sum * scale);
  }
}

/**
 * Adds the prediction to each residual of a row, in place. The row has `HISTORY` zeros, as many samples of
 * `bits` bits as there are weights, then residuals. The prediction is the sum of the samples before, the
 * nearest first, times `weights`, divided by 2 ** `shift` and rounded down.
 */
export function predict(
  row: Int32Array | Float64Array,
  bits: number,
  weights: readonly number[],
  shift: number,
): void {
  const largestSum = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) * 2 ** (bits - 1);
  if (largestSum >= 2 ** 31 || !(row instanceof Int32Array)) predictWide(row, weights, shift);
  else if (weights.length <= 8) predictFast(row, weights, shift);
  else predictNarrow(row, weights, shift);
}
