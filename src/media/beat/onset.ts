/** Onset strength of a song over time, from its decoded sound. */

import { MAX_SONG_SECONDS } from "../../domain/record/record.ts";
import type { CountedSamples } from "../song/samples.ts";
import { powerSpectrum } from "./spectrum.ts";

/** Onset envelopes of a song: one sample for each `1 / rate` seconds. */
export interface Onsets {
  rate: number;
  /** When in the song an attack begins that has its peak at the first envelope sample. */
  startSeconds: number;
  /** Onsets at all frequencies. */
  strength: Float32Array;
  /** Onsets below 120 Hz: kick drum and bass. */
  bass: Float32Array;
  /** Null when unknown. */
  harmony: Harmony | null;
}

/** Loudness of each frequency bin, for each `1 / rate` seconds from the song's start. */
export interface Harmony {
  rate: number;
  width: number;
  /** `width` numbers for each time, concatenated. */
  loudness: Float32Array;
}

/** Lowest sample rate after averaging neighbouring samples; frequencies above half of it add little. */
const LOWEST_RATE = 16_000;
const FRAME_SECONDS = 0.046;
const FRAMES_A_SECOND = 100;
/** Upper edges in Hz of Zwicker's critical bands; the first one is chosen for bass. */
const BANDS = [
  120, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300,
  6400, 7700, 9500, 12_000,
];
/** A frame is compared with the one two steps before, because frames are much longer than a step. */
const LAG = 2;
const HARMONY_HERTZ = { from: 80, to: 1400 };
const HARMONY_FRAMES = 10;
/** Power relative to the loudest, below which tones are ignored, so that drums count less than tones. */
const HARMONY_FLOOR = 1e-3;
/** Power relative to the loudest of the last seconds, below which sound counts as silent. */
const FLOOR = 1e-4;
const HALF_LIFE_SECONDS = 4;
/** Power relative to full scale, below which sound counts as silent: dither does. */
const QUIETEST = 1e-8;
/** Limit of the envelopes' length: no accepted song is longer, but a file may claim to be. */
const MAX_SECONDS = MAX_SONG_SECONDS + 60;

/** Takes 4 kB of memory for each second. Throws when the file is damaged. */
export async function onsetsOf(samples: CountedSamples): Promise<Onsets> {
  const together = Math.max(1, Math.floor(samples.sampleRate / LOWEST_RATE));
  const rate = samples.sampleRate / together;
  const size = Math.max(16, 2 ** Math.round(Math.log2(rate * FRAME_SECONDS)));
  const hop = Math.max(1, Math.round(rate / FRAMES_A_SECOND));
  const seconds = Math.min(MAX_SECONDS, samples.totalSamples / samples.sampleRate + 1);
  const envelopes = collector(rate, size, hop, Math.ceil((seconds * rate) / hop));

  const ring = new Float64Array(size);
  const frame = new Float64Array(size);
  const window = frame.map((_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const scale = 1 / (samples.channels * together * 2 ** (samples.bits - 1));
  let [at, sum, taken, due] = [0, 0, 0, hop];
  for await (const block of samples.blocks()) {
    const mono = new Float64Array(block[0]?.length ?? 0);
    for (const channel of block) {
      for (let i = 0; i < mono.length; i++) mono[i] = (mono[i] ?? 0) + (channel[i] ?? 0);
    }
    for (let i = 0; i < mono.length; i++) {
      sum += mono[i] ?? 0;
      if (++taken < together) continue;
      ring[at] = sum * scale;
      at = (at + 1) & (size - 1);
      sum = 0;
      taken = 0;
      if (--due > 0) continue;
      for (let k = 0; k < size; k++) frame[k] = (ring[(at + k) & (size - 1)] ?? 0) * (window[k] ?? 0);
      envelopes.add(frame);
      due = hop;
    }
  }
  return envelopes.onsets();
}

/** Collects the envelopes, one frame after another. */
function collector(rate: number, size: number, hop: number, capacity: number) {
  const spectrum = powerSpectrum(size);
  const power = new Float64Array(size / 2);
  const bin = (hertz: number) => Math.round((hertz * size) / rate);
  const edges = [...BANDS.map(bin).filter((edge) => edge < size / 2), size / 2];
  const loudness = Array.from({ length: LAG + 1 }, () => new Float64Array(edges.length));
  const [strength, bass] = [new Float32Array(capacity), new Float32Array(capacity)];
  const [lowest, width] = [bin(HARMONY_HERTZ.from), bin(HARMONY_HERTZ.to) - bin(HARMONY_HERTZ.from)];
  const harmony = new Float32Array(Math.ceil(capacity / HARMONY_FRAMES) * width);
  const quietest = QUIETEST * (size / 4) ** 2;
  const decay = 0.5 ** (hop / rate / HALF_LIFE_SECONDS);
  let level = quietest;
  let index = 0;

  function add(frame: Float64Array): void {
    spectrum(frame, power);
    const now = loudness[index % (LAG + 1)] ?? power;
    const before = loudness[(index + 1) % (LAG + 1)] ?? power;
    let total = 0;
    for (let band = 0, k = 1; band < edges.length; band++) {
      let sum = 0;
      for (const end = edges[band] ?? 0; k < end; k++) sum += power[k] ?? 0;
      now[band] = sum;
      total += sum;
    }
    level = Math.max(total, level * decay, quietest);
    let all = 0;
    for (let band = 0; band < edges.length; band++) {
      now[band] = Math.log(1 + (now[band] ?? 0) / (level * FLOOR));
      all += Math.max(0, (now[band] ?? 0) - (before[band] ?? 0));
      if (band === 0) bass[index] = all;
    }
    strength[index] = all / edges.length;
    const row = Math.floor(index / HARMONY_FRAMES) * width;
    for (let k = 0; k < width; k++) {
      const tone = Math.log(1 + (power[lowest + k] ?? 0) / (level * HARMONY_FLOOR));
      harmony[row + k] = (harmony[row + k] ?? 0) + tone / HARMONY_FRAMES;
    }
    index++;
  }

  return {
    add,
    onsets: (): Onsets => ({
      rate: rate / hop,
      // An attack is strongest when it is a quarter of the frame's length after the middle; measured within 4
      // ms.
      startSeconds: (hop - (LAG * hop) / 2 - size / 4) / rate,
      strength: strength.subarray(0, index),
      bass: bass.subarray(0, index),
      harmony: {
        rate: rate / hop / HARMONY_FRAMES,
        width,
        loudness: harmony.subarray(0, Math.floor(index / HARMONY_FRAMES) * width),
      },
    }),
  };
}
