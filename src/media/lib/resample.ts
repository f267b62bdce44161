/** Changes the sample rate of sound, block by block, with a windowed sinc as a polyphase filter. */

/** Attenuation of frequencies that would alias at the lower rate, in decibels: enough for speech. */
const SPEECH_DECIBELS = 80;
/** For music: aliasing stays below the noise of 16 bits. */
export const MUSIC_DECIBELS = 100;
/**
 * Width of the filter's transition band, as a share of the lower rate: 7 to 9 kHz for 16 kHz, 21 to 27 for
 * 48.
 */
const SLOPE = 1 / 8;
/**
 * Positions between two samples that have a filter of their own; ratios that need more use the nearest one.
 */
const MAX_PHASES = 1024;

interface Resampler {
  /** The output that is complete so far: a new array, possibly empty. */
  push(block: Float32Array): Float32Array;
  /** The rest of the output, as if silence followed the input. */
  flush(): Float32Array;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  for (let n = 1, term = 1; term > sum * 1e-12; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * Half the length of a Kaiser window in samples; `slope` is a share of the sample rate (Oppenheim & Schafer,
 * 7.6).
 */
const halfLength = (slope: number, decibels: number) =>
  Math.ceil((decibels - 8) / (2.285 * 2 * Math.PI * slope) / 2);

/** `2 * half` weights for each phase, of the samples around a position; each phase sums to 1. */
function filters(phases: number, half: number, cutoff: number, decibels: number): Float32Array {
  const beta = 0.1102 * (decibels - 8.7);
  const width = 2 * half;
  const rows = new Float32Array(phases * width);
  for (let phase = 0; phase < phases; phase++) {
    const row = Float64Array.from({ length: width }, (_, i) => {
      const x = i - (half - 1) - phase / phases;
      const angle = 2 * Math.PI * cutoff * x;
      const window = bessel(beta * Math.sqrt(Math.max(0, 1 - (x / half) ** 2)));
      return (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
    });
    const sum = row.reduce((total, weight) => total + weight, 0);
    rows.set(
      row.map((weight) => weight / sum),
      phase * width,
    );
  }
  return rows;
}

/**
 * Makes a resampler from one rate to another, both in Hz. Output sample `n` is the sound at `n / to` seconds:
 * the filter's delay is removed. `m` samples give `ceil(m * to / from)` in all.
 */
export function resampler(from: number, to: number, decibels = SPEECH_DECIBELS): Resampler {
  const divisor = greatestDivisor(from, to);
  const up = to / divisor;
  const down = from / divisor;
  const phases = Math.min(up, MAX_PHASES);
  const lower = Math.min(from, to) / from;
  const half = from === to ? 1 : halfLength(SLOPE * lower, decibels);
  const weights = filters(phases, half, lower / 2, decibels);
  const width = 2 * half;

  /** Input from `half - 1` samples before the output's next position, with zeros before the first. */
  let held = new Float32Array(width + 8192);
  let count = half - 1;
  let received = 0;
  let made = 0;
  /** Index in `held` of the next output's first weight, and the fraction beyond it, in 1/`up` samples. */
  let at = 0;
  let rest = 0;

  function take(limit: number): Float32Array {
    const out = new Float32Array(Math.max(0, Math.ceil(((count - at - width + 1) * up) / down) + 1));
    let n = 0;
    while (n < limit) {
      let row = phases === up ? rest : Math.round((rest * phases) / up);
      const first = row === phases ? at + 1 : at;
      if (first + width > count) break;
      row = row === phases ? 0 : row * width;
      // Two independent sums, because each addition waits for the one before it in the same sum.
      let even = 0;
      let odd = 0;
      for (let i = 0; i < width; i += 2) {
        even += (held[first + i] ?? 0) * (weights[row + i] ?? 0);
        odd += (held[first + i + 1] ?? 0) * (weights[row + i + 1] ?? 0);
      }
      out[n++] = even + odd;
      rest += down;
      at += Math.floor(rest / up);
      rest %= up;
    }
    made += n;
    const from = Math.min(at, count);
    held.copyWithin(0, from, count);
    count -= from;
    at -= from;
    return out.subarray(0, n);
  }

  function hold(block: Float32Array): void {
    if (count + block.length > held.length) {
      const larger = new Float32Array(2 * (count + block.length));
      larger.set(held.subarray(0, count));
      held = larger;
    }
    held.set(block, count);
    count += block.length;
  }

  return {
    push(block) {
      hold(block);
      received += block.length;
      return take(Number.POSITIVE_INFINITY);
    },
    flush() {
      hold(new Float32Array(width + Math.ceil(down / up)));
      return take(Math.ceil((received * up) / down) - made);
    },
  };
}
