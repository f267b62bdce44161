/** Fits a steady beat to a whole song. */

/** Largest relative error of the coarse period. */
const REACH = 0.004;
/** Number of beats that are folded together. */
const GROUP = 16;
const LEAST_GROUP = 4;
const ROUNDS = 3;
/** Largest shift of a group that is searched for, in seconds. */
const DRIFT_SECONDS = 0.08;
/** A group that is further than this from the regression line is left out. */
const OUTLIER_SECONDS = 0.02;
/** Groups with less than this share of the mean level are ignored. */
const QUIET = 0.15;
const LEAST_LIKENESS = 0.1;

export interface Fit {
  /** In envelope samples. */
  period: number;
  /** Offset of the strongest pulse from the envelope's start, in envelope samples. */
  phase: number;
  /** How well the parts of the song agree on where in the beat the pulses are: 1 fully, about 0 by chance. */
  likeness: number;
  /** Strength of the pulse half a beat later, relative to the beat's own. */
  offbeat: number;
  /** Strength of the strongest pulse anywhere between two beats, relative to the beat's own. */
  rival: number;
  /**
   * How strong each part's pulse is where the whole song has its strongest: 1 when it is the part's
   * strongest.
   */
  held: number;
  beats: number;
}

/** Folds an envelope at a period: its sum in each bin of a beat. */
function fold(
  envelope: Float32Array,
  from: number,
  to: number,
  period: number,
  origin: number,
): Float64Array {
  const bins = Math.round(period);
  const out = new Float64Array(bins + 1);
  const phase = (from - origin) / period;
  let position = (phase - Math.floor(phase)) * bins;
  for (let i = from; i < to; i++) {
    const bin = Math.floor(position);
    const value = envelope[i] ?? 0;
    out[bin] = (out[bin] ?? 0) + value * (bin + 1 - position);
    out[bin + 1] = (out[bin + 1] ?? 0) + value * (position - bin);
    position += bins / period;
    if (position >= bins) position -= bins;
  }
  out[0] = (out[0] ?? 0) + (out[bins] ?? 0);
  return out.subarray(0, bins);
}

const mean = (numbers: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] ?? 0;
  return sum / (numbers.length || 1);
};

/** Offset of a peak by parabolic interpolation, from -0.5 to 0.5 of a step. */
const summit = (before: number, peak: number, after: number) =>
  (before - after) / (2 * (before - 2 * peak + after)) || 0;

/** Each number doubled plus its two neighbours, cyclically. */
const smoothed = (round: Float64Array) =>
  round.map((value, i) => 2 * value + (round.at(i - 1) ?? 0) + (round[(i + 1) % round.length] ?? 0));

/** How much pulses stand out at a period: the mean square grows when beats line up. */
function sharpness(envelope: Float32Array, period: number): number {
  const beat = smoothed(fold(envelope, 0, envelope.length, period, 0));
  return mean(beat.map((value) => value * value)) / (mean(beat) ** 2 || 1);
}

function sharpest(envelope: Float32Array, coarse: number): number {
  let best = { period: coarse, score: 0 };
  // With this step, neighbouring periods differ by one envelope sample over the whole song.
  const step = Math.min(0.0005, 1 / envelope.length);
  for (let part = -REACH; part <= REACH; part += step) {
    const period = coarse * (1 + part);
    const score = sharpness(envelope, period);
    if (score > best.score) best = { period, score };
  }
  return best.period;
}

interface Group {
  /** Its middle, in envelope samples. */
  at: number;
  /** Its folded envelope. */
  beat: Float64Array;
  /** Its level relative to the mean. */
  weight: number;
  /** How much later its pulses are than those of the rest of the song, in envelope samples. */
  late: number;
  likeness: number;
}

function correlation(a: Float64Array, b: Float64Array, shift: number): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = (a[(i + shift + a.length) % a.length] ?? 0) - meanA;
    const y = (b[i] ?? 0) - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / (Math.sqrt(aa * bb) || 1);
}

function compare(part: Float64Array, rest: Float64Array, reach: number) {
  const scores = Array.from({ length: 2 * reach + 1 }, (_, i) => correlation(part, rest, i - reach));
  const top = scores.indexOf(Math.max(...scores));
  const edge = top === 0 || top === 2 * reach;
  const between = edge ? 0 : summit(scores[top - 1] ?? 0, scores[top] ?? 0, scores[top + 1] ?? 0);
  return { late: top - reach + between, likeness: scores[reach] ?? 0 };
}

/** The weighted regression line of the groups' lateness, without outliers: late = base + slope * at. */
function line(groups: readonly Group[], tolerance: number) {
  let fit = { base: 0, slope: 0 };
  let kept = groups;
  for (let round = 0; round < ROUNDS && kept.length > 2; round++) {
    let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
    for (const { at, late, weight, likeness } of kept) {
      const trust = weight * likeness;
      w += trust;
      x += trust * at;
      y += trust * late;
      xx += trust * at * at;
      xy += trust * at * late;
    }
    const slope = (w * xy - x * y) / (w * xx - x * x);
    fit = { slope, base: (y - slope * x) / w };
    kept = kept.filter((g) => Math.abs(g.late - fit.base - fit.slope * g.at) < tolerance);
  }
  return fit;
}

/**
 * How strong a part's pulse is at the whole song's strongest one, given smoothed folds: 1 when it is the
 * strongest.
 */
function holds(part: Float64Array, top: number): number {
  const usual = mean(part);
  return Math.max(0, (around(part, top) - usual) / (Math.max(...part) - usual || 1));
}

/** The largest value at a bin or beside it, cyclically. */
const around = (round: Float64Array, position: number) =>
  Math.max(...[-1, 0, 1].map((i) => round[(position + i + round.length) % round.length] ?? 0));

function groupsOf(envelope: Float32Array, rate: number, period: number, origin: number, size: number) {
  const folds: { at: number; beat: Float64Array }[] = [];
  for (let b = 0; (b + size) * period <= envelope.length; b += size) {
    const [from, to] = [Math.round(b * period), Math.round((b + size) * period)];
    folds.push({ at: (from + to) / 2, beat: fold(envelope, from, to, period, origin) });
  }
  const whole = fold(envelope, 0, 0, period, 0);
  for (const { beat } of folds) {
    for (let i = 0; i < whole.length; i++) whole[i] = (whole[i] ?? 0) + (beat[i] ?? 0);
  }
  const usual = mean(whole) / folds.length || 1;
  const reach = Math.round(Math.min(period / 4, DRIFT_SECONDS * rate));
  const groups = folds.map(({ at, beat }): Group => {
    const rest = whole.map((value, i) => value - (beat[i] ?? 0));
    return { at, beat, weight: mean(beat) / usual, ...compare(beat, rest, reach) };
  });
  return { whole, groups };
}

/**
 * Null for fewer than eight beats. `rate`: envelope samples per second. `coarse`: a first estimate of the
 * period.
 */
export function fitBeat(envelope: Float32Array, rate: number, coarse: number): Fit | null {
  let period = sharpest(envelope, coarse);
  const beats = Math.floor(envelope.length / period);
  if (beats < 2 * LEAST_GROUP) return null;
  const size = Math.min(GROUP, Math.max(LEAST_GROUP, beats >> 2));
  let origin = 0;
  let last = groupsOf(envelope, rate, period, origin, size);
  for (let round = 0; ; round++) {
    const sure = last.groups.filter((g) => g.likeness > LEAST_LIKENESS && g.weight > QUIET);
    const { base, slope } = line(sure, OUTLIER_SECONDS * rate);
    origin += base;
    period *= 1 + slope;
    if (round === ROUNDS) break;
    last = groupsOf(envelope, rate, period, origin, size);
  }
  const beat = smoothed(last.whole);
  const top = beat.indexOf(Math.max(...beat));
  const near = (i: number) => beat[(top + i + beat.length) % beat.length] ?? 0;
  const aside = Math.ceil(beat.length / 5);
  const between = Array.from({ length: beat.length - 2 * aside + 1 }, (_, i) => aside + i);
  const heard = last.groups.filter((g) => g.weight > QUIET);
  const weight = heard.reduce((sum, g) => sum + g.weight, 0) || 1;
  return {
    period,
    phase: origin + ((top + summit(near(-1), near(0), near(1))) / beat.length) * period,
    likeness: heard.reduce((sum, g) => sum + g.weight * g.likeness, 0) / weight,
    held: heard.reduce((sum, g) => sum + g.weight * holds(smoothed(g.beat), top), 0) / weight,
    offbeat: around(beat, top + (beat.length >> 1)) / (near(0) || 1),
    rival: Math.max(...between.map(near)) / (near(0) || 1),
    beats,
  };
}
