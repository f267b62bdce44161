/** How far one sound lies behind another. */

/**
 * By how many samples `found` is later than `expected` around a place: where `length` samples of it correlate
 * best with those of `expected`, between whole samples by a parabola, at most `most` either way.
 */
export function offsetSamples(
  expected: Float32Array,
  found: Float32Array,
  from: number,
  length: number,
  most: number,
): number {
  const correlation = (lag: number) => {
    let [sum, own, other] = [0, 0, 0];
    for (let i = 0; i < length; i++) {
      const a = expected[from + i] ?? 0;
      const b = found[from + i + lag] ?? 0;
      sum += a * b;
      own += a * a;
      other += b * b;
    }
    return own > 0 && other > 0 ? sum / Math.sqrt(own * other) : 0;
  };
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  const look = (lag: number) => {
    const value = correlation(lag);
    if (value <= highest) return;
    highest = value;
    best = lag;
  };
  // The sound is low: a coarse look finds the hill, a fine one its top.
  for (let lag = -most; lag <= most; lag += 4) look(lag);
  for (let lag = best - 4, end = best + 4; lag <= end; lag++) look(lag);
  if (highest < 0.5) return Number.NaN;
  const [before, after] = [correlation(best - 1), correlation(best + 1)];
  const curve = before - 2 * highest + after;
  return curve < 0 ? best + (before - after) / (2 * curve) : best;
}
