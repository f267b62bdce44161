/** Finds the beats that begin a bar, from accents, bass and changes of harmony. */
import type { Harmony, Onsets } from "./onset.ts";
import { accents } from "./tempo.ts";

/** Largest distance of an attack from its beat. */
const NEAR_SECONDS = 0.04;
/** Bars of three need this repetition score (`CLEAR`), and this much more than bars of four (`MARGIN`). */
const CLEAR = 0.25;
const MARGIN = 0.1;
const USUAL = 4;
/**
 * Chords and bass notes change with bars, so they weigh more than loudness: a snare is loud on other beats.
 */
const WEIGHTS = { strength: 0.2, bass: 1, change: 2 };
/** What the song's first loud beat adds to its score, in units of an accent. */
const FIRST = 0.3;

/** The largest envelope value near each beat. */
function onBeats(envelope: Float32Array, rate: number, phase: number, period: number): Float64Array {
  const near = Math.max(1, Math.round(NEAR_SECONDS * rate));
  const count = Math.max(0, Math.floor((envelope.length - phase) / period));
  return Float64Array.from({ length: count }, (_, n) => {
    const at = Math.round(phase + n * period);
    let most = 0;
    for (let i = at - near; i <= at + near; i++) most = Math.max(most, envelope[i] ?? 0);
    return most;
  });
}

/** Scaled to mean 0 and variance 1; all zeros when nothing varies. */
function standardised(numbers: Float64Array): Float64Array {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / (numbers.length || 1);
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length || 1);
  return numbers.map((value) => (value - mean) / (Math.sqrt(variance) || 1));
}

const alike = (numbers: Float64Array, lag: number) => {
  let sum = 0;
  for (let i = lag; i < numbers.length; i++) sum += (numbers[i] ?? 0) * (numbers[i - lag] ?? 0);
  return sum / Math.max(1, numbers.length - lag);
};

/**
 * For each beat, how much the harmony of the next `span` beats differs from that of the `span` beats before,
 * nearest weighted most.
 */
function changes(
  { rate, width, loudness }: Harmony,
  phase: number,
  period: number,
  span: number,
): Float64Array {
  const count = Math.max(0, Math.floor((loudness.length / width / rate - phase) / period));
  const means = Array.from({ length: count }, (_, n) => {
    const mean = new Float64Array(width);
    const [from, to] = [0, 1].map((i) => Math.round((phase + (n + i) * period) * rate));
    for (let row = from ?? 0; row < (to ?? 0); row++) {
      for (let k = 0; k < width; k++) mean[k] = (mean[k] ?? 0) + (loudness[row * width + k] ?? 0);
    }
    return mean;
  });
  return Float64Array.from(means, (_, n) => {
    if (n < span || n + span > count) return 0;
    let sum = 0;
    for (let k = 0; k < width; k++) {
      let step = 0;
      for (let i = 0; i < span; i++) {
        step += (span - i) * ((means[n + i]?.[k] ?? 0) - (means[n - 1 - i]?.[k] ?? 0));
      }
      sum += Math.abs(step);
    }
    return sum;
  });
}

export interface Bars {
  beatsPerBar: number;
  /** Index of the beat at which the first bar begins. */
  first: number;
}

/**
 * The bars of beats at `phase` + n * `period`, in envelope samples. Four beats a bar when three are not
 * clear.
 */
export function barsOf(
  { rate, startSeconds, strength, bass, harmony }: Onsets,
  phase: number,
  period: number,
): Bars {
  const loud = onBeats(accents(strength, rate), rate, phase, period);
  const features = [
    { weight: WEIGHTS.strength, accent: standardised(loud) },
    { weight: WEIGHTS.bass, accent: standardised(onBeats(accents(bass, rate), rate, phase, period)) },
  ];
  const repeats = (beats: number) =>
    features.reduce((sum, f) => sum + (alike(f.accent, beats) + alike(f.accent, 2 * beats)) / 2, 0);
  const beatsPerBar = repeats(3) > Math.max(CLEAR, repeats(USUAL) + MARGIN) ? 3 : USUAL;
  if (harmony) {
    const change = changes(harmony, startSeconds + phase / rate, period / rate, beatsPerBar);
    features.push({ weight: WEIGHTS.change, accent: standardised(change) });
  }
  const half = loud.reduce((sum, value) => sum + value, 0) / (2 * loud.length || 1);
  const begins = loud.findIndex((value) => value > half);
  const scores = Array.from({ length: beatsPerBar }, (_, first) => {
    let score = begins >= 0 && begins % beatsPerBar === first ? FIRST : 0;
    for (const { weight, accent } of features) {
      const count = Math.ceil((accent.length - first) / beatsPerBar) || 1;
      for (let n = first; n < accent.length; n += beatsPerBar) score += (weight * (accent[n] ?? 0)) / count;
    }
    return score;
  });
  return { beatsPerBar, first: scores.indexOf(Math.max(...scores)) };
}
