/** Finds the most likely period of a song's beat from its onsets. */

const SLOWEST_BPM = 60;
export const FASTEST_BPM = 200;
/** Relative step between the periods that are tried. */
const STEP = 0.001;
/** How many multiples of a period are checked in the autocorrelation. */
const MULTIPLES = 8;
/**
 * The tempo that people prefer to tap, and the spread of that preference (after Moelants 2002, but wider).
 */
const PREFERRED_BPM = 115;
const SPREAD_OCTAVES = 1;
const BARS = [3, 4];
/** Tempos closer than this count as the same. */
const APART_OCTAVES = 0.06;

/** The mean of each number and its neighbours within `reach`; zeros are assumed beyond the ends. */
function movingMean(numbers: Float32Array, reach: number): Float32Array {
  const out = new Float32Array(numbers.length);
  let sum = 0;
  for (let i = -reach; i < numbers.length; i++) {
    sum += (numbers[i + reach] ?? 0) - (numbers[i - reach - 1] ?? 0);
    if (i >= 0) out[i] = sum / (2 * reach + 1);
  }
  return out;
}

/** How much an envelope exceeds its mean over one second, normalised between loud and quiet passages. */
export function accents(envelope: Float32Array, rate: number): Float32Array {
  const around = movingMean(envelope, Math.round(rate / 2));
  const out = envelope.map((value, i) => Math.max(0, value - (around[i] ?? 0)));
  const power = movingMean(
    out.map((value) => value * value),
    Math.round(4 * rate),
  );
  const usual = power.reduce((sum, value) => sum + value, 0) / (power.length || 1);
  for (let i = 0; i < out.length; i++) {
    out[i] = (out[i] ?? 0) / Math.sqrt((power[i] ?? 0) + usual / 4 + 1e-12);
  }
  return out;
}

/** The autocorrelation of an envelope for each lag below `lags`; 1 at lag 0. */
function autocorrelation(envelope: Float32Array, lags: number): Float64Array {
  const mean = envelope.reduce((sum, value) => sum + value, 0) / (envelope.length || 1);
  const centred = Float64Array.from(envelope, (value) => value - mean);
  const out = new Float64Array(lags);
  for (let lag = 0; lag < lags; lag++) {
    let sum = 0;
    for (let i = lag; i < centred.length; i++) sum += (centred[i] ?? 0) * (centred[i - lag] ?? 0);
    out[lag] = sum / (centred.length - lag);
  }
  const whole = out[0] || 1;
  return out.map((value) => value / whole);
}

function interpolated(numbers: Float64Array, place: number): number {
  const below = Math.floor(place);
  const part = place - below;
  return (numbers[below] ?? 0) * (1 - part) + (numbers[below + 1] ?? 0) * part;
}

/**
 * How well a period explains the song's onsets. Odd multiples count double, because at half the beat's period
 * every second multiple misses. Multiples of bars count too, which distinguishes the beat from a
 * syncopation's period.
 */
function support(correlation: Float64Array, period: number): number {
  let sum = 0;
  let weights = 0;
  for (let k = 1; k <= MULTIPLES && k * period < correlation.length - 1; k++) {
    const weight = k % 2 === 1 ? 2 : 1;
    sum += weight * interpolated(correlation, k * period);
    weights += weight;
  }
  const bars = BARS.map(
    (n) => (interpolated(correlation, n * period) + interpolated(correlation, 2 * n * period)) / 2,
  );
  return sum / (weights || 1) + Math.max(...bars) / 2;
}

const preference = (bpm: number) => Math.exp(-0.5 * (Math.log2(bpm / PREFERRED_BPM) / SPREAD_OCTAVES) ** 2);

/** The distance of two tempos in octaves; tempos exactly one octave apart have distance 0. */
function distance(a: number, b: number): number {
  const octaves = Math.abs(Math.log2(a / b));
  return Math.min(octaves, Math.abs(octaves - 1));
}

export interface Tempo {
  /** In envelope samples, exact to a few thousandths. */
  period: number;
  /** The score of the best other tempo, relative to this one's. */
  ambiguity: number;
}

/** Null when nothing repeats. `rate`: envelope samples per second. */
export function likeliestPeriod(envelope: Float32Array, rate: number): Tempo | null {
  const longest = (60 / SLOWEST_BPM) * rate;
  const lags = Math.min(Math.ceil(longest * MULTIPLES) + 2, envelope.length >> 1);
  const correlation = autocorrelation(envelope, lags);
  const scores: { period: number; score: number }[] = [];
  for (let period = longest; period >= (60 / FASTEST_BPM) * rate; period *= 1 - STEP) {
    const score = support(correlation, period) * preference((60 * rate) / period);
    scores.push({ period, score });
  }
  const best = scores.reduce((a, b) => (b.score > a.score ? b : a), { period: 0, score: 0 });
  if (best.period === 0) return null;
  const others = scores.filter(({ period }) => distance(period, best.period) > APART_OCTAVES);
  return { period: best.period, ambiguity: Math.max(...others.map((o) => o.score)) / best.score };
}
