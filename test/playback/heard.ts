/**
 * Compares the sound that a browser played with the song: whether it is the same sound, how loud, and how
 * late.
 */
import { fourier } from "../../src/media/codecs/fourier.ts";

/** Sample rate of songs and of what browsers decode. */
export const SAMPLE_RATE = 44_100;

/** Floats from 16 bit little-endian samples. */
export const fromWords = (bytes: Buffer) =>
  Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 0x7fff);

/** Samples in a window. */
export const WINDOW = 2048;
const BANDS = 24;
const [LOWEST_HZ, HIGHEST_HZ] = [60, 16_000];
/** Samples between the starts of the song's windows. */
const HOP = 220;
/** Power relative to the loudest, below which sound counts as silent. */
const QUIET_DB = -50;

/** Power in each band of each window, windows concatenated. */
type Powers = Float64Array;

function bandOf(bin: number, sampleRate: number): number {
  const hertz = (bin * sampleRate) / WINDOW;
  return Math.floor((BANDS * Math.log(hertz / LOWEST_HZ)) / Math.log(HIGHEST_HZ / LOWEST_HZ));
}

/** Of windows that begin `hop` apart; silence is assumed before and after the sound. */
function powersOf(sound: Float32Array, starts: readonly number[], sampleRate: number): Powers {
  const { re, im, places, transform } = fourier(WINDOW);
  const bands = Array.from({ length: WINDOW / 2 }, (_, bin) => bandOf(bin, sampleRate));
  const bell = Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
  const powers = new Float64Array(starts.length * BANDS);
  for (const [n, start] of starts.entries()) {
    im.fill(0);
    for (let i = 0; i < WINDOW; i++) re[places[i] ?? 0] = (sound[start + i] ?? 0) * (bell[i] ?? 0);
    transform();
    for (const [bin, band] of bands.entries()) {
      if (band < 0 || band >= BANDS) continue;
      powers[n * BANDS + band] = (powers[n * BANDS + band] ?? 0) + (re[bin] ?? 0) ** 2 + (im[bin] ?? 0) ** 2;
    }
  }
  return powers;
}

/** In decibels above the silence threshold. */
function levels(powers: Powers): Float64Array {
  const loudest = powers.reduce((a, b) => Math.max(a, b), 0);
  return powers.map((power) => Math.max(0, 10 * Math.log10(power / loudest || 0) - QUIET_DB));
}

/** Pearson's correlation, from -1 to 1; 0 when one of them is constant. */
export function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (of: Float64Array) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, ofA, ofB] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const [da, db] = [value - meanA, (b[i] ?? 0) - meanB];
    both += da * db;
    ofA += da * da;
    ofB += db * db;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : 0;
}

/** A song, prepared for comparison. */
export interface Song {
  sound: Float32Array;
  /** Cumulative sums of the windows' powers; window n ends n hops after the song's start. */
  sums: Powers;
}

export function songOf(sound: Float32Array): Song {
  const count = Math.ceil((sound.length + WINDOW) / HOP);
  const starts = Array.from({ length: count }, (_, n) => n * HOP - WINDOW);
  const powers = powersOf(sound, starts, SAMPLE_RATE);
  const sums = new Float64Array(powers.length + BANDS);
  for (const [i, power] of powers.entries()) sums[i + BANDS] = (sums[i] ?? 0) + power;
  return { sound, sums };
}

/** Levels of the song over the span that each recorded moment covers, played `rate` times as fast. */
function expected({ sums }: Song, moments: readonly number[], rate: number): Float64Array {
  const count = sums.length / BANDS - 1;
  const width = Math.max(1, Math.round(((rate - 1) * WINDOW) / HOP));
  const powers = new Float64Array(moments.length * BANDS);
  for (const [n, moment] of moments.entries()) {
    const end = Math.min(count, Math.max(1, Math.round((moment * SAMPLE_RATE) / HOP) + 1));
    const start = Math.max(0, end - width);
    for (let band = 0; band < BANDS; band++) {
      const sum = (sums[end * BANDS + band] ?? 0) - (sums[start * BANDS + band] ?? 0);
      powers[n * BANDS + band] = sum / (end - start);
    }
  }
  return levels(powers);
}

export interface DecodedSound {
  /** When the moments were recorded, in seconds of the film. */
  moments: readonly number[];
  /** The last `WINDOW` samples of each moment, concatenated. */
  sound: Float32Array;
  sampleRate: number;
  rate: number;
}

/** Seconds by which a browser's clock may differ from its output. */
const MAX_SHIFT = 0.4;
const SHIFTS = Array.from({ length: 81 }, (_, i) => MAX_SHIFT * (i / 40 - 1));

/**
 * How alike the recording and the song are, from -1 to 1, by the loudness in 24 frequency bands at all
 * moments. 0 for silence. Played four times as fast, a song has a likeness of at least 0.86 to itself, and of
 * at most 0.5 to songs of other notes (the fixtures, in Chromium 156 and Firefox 153).
 */
export function likeness(song: Song, { moments, sound, sampleRate, rate }: DecodedSound): number {
  const starts = moments.map((_, n) => n * WINDOW);
  const heard = levels(powersOf(sound, starts, sampleRate));
  return Math.max(
    ...SHIFTS.map((shift) =>
      correlation(
        heard,
        expected(
          song,
          moments.map((at) => at + shift),
          rate,
        ),
      ),
    ),
  );
}

/** Root mean square. */
export const loudness = (sound: Float32Array) =>
  Math.sqrt(sound.reduce((sum, value) => sum + value * value, 0) / Math.max(1, sound.length));

const SIZE = 65_536;
const LAGS = SIZE / 4;

/**
 * By how many samples `decoded` is later than `song`, up to 16,384 either way, at the best match, and how
 * alike they are there: 1 for the same samples, 0 for silence.
 */
export function offset(decoded: Float32Array, song: Float32Array): { samples: number; likeness: number } {
  const [of, other] = [fourier(SIZE), fourier(SIZE)];
  const [sumRe, sumIm] = [new Float64Array(SIZE), new Float64Array(SIZE)];
  const load = (
    { re, im, places, transform }: typeof of,
    from: Float32Array,
    start: number,
    length: number,
  ) => {
    re.fill(0);
    im.fill(0);
    for (let i = 0; i < length; i++) re[places[i] ?? 0] = from[start + i] ?? 0;
    transform();
  };
  for (let at = 0; at < song.length; at += SIZE / 2) {
    load(of, song, at, SIZE / 2);
    load(other, decoded, at - LAGS, SIZE);
    for (let i = 0; i < SIZE; i++) {
      const [a, b, c, d] = [other.re[i] ?? 0, other.im[i] ?? 0, of.re[i] ?? 0, of.im[i] ?? 0];
      sumRe[i] = (sumRe[i] ?? 0) + a * c + b * d;
      sumIm[i] = (sumIm[i] ?? 0) + b * c - a * d;
    }
  }
  // The inverse transform is the transform of the conjugate.
  for (let i = 0; i < SIZE; i++) {
    of.re[of.places[i] ?? 0] = sumRe[i] ?? 0;
    of.im[of.places[i] ?? 0] = -(sumIm[i] ?? 0);
  }
  of.transform();
  const products = of.re.subarray(0, 2 * LAGS + 1);
  const best = products.indexOf(products.reduce((a, b) => Math.max(a, b)));
  const power = SIZE * loudness(decoded) * loudness(song) * Math.sqrt(decoded.length * song.length);
  return { samples: best - LAGS, likeness: power > 0 ? (products[best] ?? 0) / power : 0 };
}
