/** A steady beat, fitted to all of a song. */

/** A coarse period may be wrong by this part. */
const REACH = 0.004;
/** Beats that are looked at together. */
const GROUP = 16;
const LEAST_GROUP = 4;
const ROUNDS = 3;
/** How late or early a group may be and still be seen, in seconds. */
const DRIFT_SECONDS = 0.08;
/** A group further from the straight line through all others is left out. */
const OUTLIER_SECONDS = 0.02;
/** Groups with less than this part of the usual sound say nothing. */
const QUIET = 0.15;
const LEAST_LIKENESS = 0.1;

export interface Fit {
  /** In numbers of the envelope. */
  period: number;
  /** The place of the strongest pulse, from the envelope's start. */
  phase: number;
  /** How well each part of the song agrees with all others on where in the beat the pulses are: 1 fully, about 0 by chance. */
  likeness: number;
  /** How strong the pulse half a beat later is, as a part of the beat's own. */
  offbeat: number;
  /** The same of the strongest pulse anywhere between two beats. */
  rival: number;
  /** Whether each part has a strong pulse where the whole song has its strongest: 1 fully. */
  held: number;
  beats: number;
}

/** Sums an envelope over beats: how much happens in each part of a beat. */
function fold(
  envelope: Float32Array,
  from: number,
  to: number,
  period: number,
  origin: number,
): Float64Array {
  const bins = Math.round(period);
  const out = new Float64Array(bins + 1);
  const turn = (from - origin) / period;
  let place = (turn - Math.floor(turn)) * bins;
  for (let i = from; i < to; i++) {
    const bin = Math.floor(place);
    const value = envelope[i] ?? 0;
    out[bin] = (out[bin] ?? 0) + value * (bin + 1 - place);
    out[bin + 1] = (out[bin + 1] ?? 0) + value * (place - bin);
    place += bins / period;
    if (place >= bins) place -= bins;
  }
  out[0] = (out[0] ?? 0) + (out[bins] ?? 0);
  return out.subarray(0, bins);
}

const mean = (numbers: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] ?? 0;
  return sum / (numbers.length || 1);
};

/** The place of a curve's peak between its neighbours, -0.5 to 0.5 of a step. */
const summit = (before: number, peak: number, after: number) =>
  (before - after) / (2 * (before - 2 * peak + after)) || 0;

/** Each number doubled, with its two neighbours of the round. */
const smoothed = (round: Float64Array) =>
  round.map((value, i) => 2 * value + (round.at(i - 1) ?? 0) + (round[(i + 1) % round.length] ?? 0));

/** How much the pulses stand out at a period: squares grow where beats meet. */
function sharpness(envelope: Float32Array, period: number): number {
  const beat = smoothed(fold(envelope, 0, envelope.length, period, 0));
  return mean(beat.map((value) => value * value)) / (mean(beat) ** 2 || 1);
}

function sharpest(envelope: Float32Array, coarse: number): number {
  let best = { period: coarse, score: 0 };
  // Over the whole song, neighbours differ by one number.
  const step = Math.min(0.0005, 1 / envelope.length);
  for (let part = -REACH; part <= REACH; part += step) {
    const period = coarse * (1 + part);
    const score = sharpness(envelope, period);
    if (score > best.score) best = { period, score };
  }
  return best.period;
}

interface Group {
  /** Its middle. */
  at: number;
  /** How much happens in each part of its beats. */
  beat: Float64Array;
  /** Its share of the sound; 1 is usual. */
  weight: number;
  /** How much later its pulses are than those of the rest of the song. */
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

/** The weighted straight line through what the groups are late, without outliers: late = base + slope * at. */
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

/** Smoothed folds: whether a pulse that the whole song has is one of the strongest of a part too, 1 fully. */
function holds(part: Float64Array, top: number): number {
  const usual = mean(part);
  return Math.max(0, (around(part, top) - usual) / (Math.max(...part) - usual || 1));
}

/** The most at a place of the round or beside it. */
const around = (round: Float64Array, place: number) =>
  Math.max(...[-1, 0, 1].map((i) => round[(place + i + round.length) % round.length] ?? 0));

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

/** Null for a song of fewer than eight beats. */
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
