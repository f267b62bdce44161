/** The offset between two sounds. */

/**
 * By how many samples `found` is later than `expected`: the lag, at most `most` either way, at which `length`
 * samples from `from` on correlate best, interpolated by a parabola. NaN when they do not correlate.
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
  const tryLag = (lag: number) => {
    const value = correlation(lag);
    if (value <= highest) return;
    highest = value;
    best = lag;
  };
  // The sound has low frequencies: search coarsely first, then around the best lag.
  for (let lag = -most; lag <= most; lag += 4) tryLag(lag);
  for (let lag = best - 4, end = best + 4; lag <= end; lag++) tryLag(lag);
  if (highest < 0.5) return Number.NaN;
  const [before, after] = [correlation(best - 1), correlation(best + 1)];
  const curve = before - 2 * highest + after;
  return curve < 0 ? best + (before - after) / (2 * curve) : best;
}
