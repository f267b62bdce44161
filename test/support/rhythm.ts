/** Synthetic songs: samples of drums, bass and chords at known times. */
import { BLOCK_SAMPLES, type CountedSamples } from "../../src/media/song/samples.ts";

/** The notes of each sound in one bar, by half beats: "x" is a note, "X" an accented one. */
interface Pattern {
  beatsPerBar: number;
  bar: Partial<Record<Sound, string>>;
  /** Where the second half of a beat begins, as a share of the beat. */
  half?: number;
}
const NAMES = ["click", "kick", "snare", "hat", "bass", "chord"] as const;
type Sound = (typeof NAMES)[number];

export const PATTERNS = {
  clicks: { beatsPerBar: 4, bar: { click: "X.x.x.x." } },
  rock: {
    beatsPerBar: 4,
    bar: { kick: "x...x...", snare: "..x...x.", hat: "xxxxxxxx", bass: "x...x..x", chord: "x......." },
  },
  swing: {
    beatsPerBar: 4,
    bar: { kick: "x...x...", snare: "..x...x.", hat: "x.xxx.xx", bass: "x.x.x.x.", chord: "x......." },
    half: 2 / 3,
  },
  house: {
    beatsPerBar: 4,
    bar: { kick: "x.x.x.x.", snare: "..x...x.", hat: ".x.x.x.x", chord: "x......." },
  },
  waltz: { beatsPerBar: 3, bar: { kick: "x.....", hat: "..x.x.", bass: "x.....", chord: "..x.x." } },
} satisfies Record<string, Pattern>;

/** A generator of random numbers from 0 to 1 from a seed. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The waveform of each sound at `t` seconds after its start; `noise` is a new random number each time. */
const SOUNDS: Record<Sound, { seconds: number; at(t: number, hertz: number, noise: number): number }> = {
  click: { seconds: 0.03, at: (t) => 0.8 * Math.sin(9400 * t) * Math.exp(-200 * t) },
  kick: {
    seconds: 0.25,
    at: (t) => 0.9 * Math.sin(315 * t + 16 * (1 - Math.exp(-40 * t))) * Math.exp(-14 * t),
  },
  snare: {
    seconds: 0.2,
    at: (t, _hertz, noise) => (0.5 * noise + 0.3 * Math.sin(1200 * t)) * Math.exp(-22 * t),
  },
  hat: { seconds: 0.06, at: (t, _hertz, noise) => 0.2 * noise * Math.exp(-70 * t) },
  bass: {
    seconds: 0.3,
    at: (t, hertz) => 0.3 * Math.sin(Math.PI * hertz * t) * Math.min(1, t / 0.01) * Math.exp(-4 * t),
  },
  chord: {
    seconds: 1,
    at: (t, hertz) =>
      [1, 1.26, 1.5].reduce((sum, r) => sum + 0.12 * Math.sin(2 * Math.PI * hertz * r * t), 0) *
      Math.min(1, t / 0.02) *
      Math.exp(-1.5 * t),
  },
};

export interface Song {
  pattern?: Pattern;
  /** Time of a beat in seconds; beat 0 is the first downbeat. */
  timeOf?: (beat: number) => number;
  seconds: number;
  sampleRate?: number;
  channels?: number;
  /** Level of background white noise. */
  noise?: number;
  gain?: number;
  seed?: number;
}

/** Times of steady beats. */
export const steady = (bpm: number, offsetSeconds: number) => (beat: number) =>
  offsetSeconds + (beat * 60) / bpm;

/** A song's samples. Levels vary by a few decibels, and every bar has another chord. */
export function played(song: Song): CountedSamples {
  const { pattern, seconds, sampleRate = 16_000, channels = 1, noise = 0.002, gain = 0.5 } = song;
  const timeOf = song.timeOf ?? steady(120, 0);
  const next = random(song.seed ?? 1);
  const out = Float32Array.from({ length: Math.round(seconds * sampleRate) }, () => noise * (2 * next() - 1));
  const play = (sound: Sound, time: number, level: number, hertz: number) => {
    const { seconds: length, at } = SOUNDS[sound];
    const first = Math.max(0, Math.ceil(time * sampleRate));
    const end = Math.min(out.length, Math.floor((time + length) * sampleRate));
    for (let i = first; i < end; i++) {
      out[i] = (out[i] ?? 0) + level * at(i / sampleRate - time, hertz, 2 * next() - 1);
    }
  };
  for (let bar = -2; pattern && timeOf(bar * pattern.beatsPerBar) < seconds; bar++) {
    const hertz = 220 * 2 ** (Math.floor(12 * next()) / 12);
    for (const sound of NAMES) {
      for (const [i, mark] of [...(pattern.bar[sound] ?? "")].entries()) {
        const part = i % 2 === 0 ? 0 : (pattern.half ?? 0.5);
        const beat = bar * pattern.beatsPerBar + (i >> 1);
        const time = timeOf(beat) * (1 - part) + timeOf(beat + 1) * part;
        const level = (mark === "X" ? 1 : 0.7) * (0.85 + 0.3 * next());
        if (mark !== "." && time >= 0) play(sound, time, level, hertz);
      }
    }
  }
  const samples = Int32Array.from(out, (value) =>
    Math.round(Math.max(-1, Math.min(1, value * gain)) * 0x7fff),
  );
  return {
    sampleRate,
    channels,
    bits: 16,
    totalSamples: samples.length,
    async *blocks() {
      for (let at = 0; at < samples.length; at += BLOCK_SAMPLES) {
        yield Array.from({ length: channels }, () => samples.slice(at, at + BLOCK_SAMPLES));
      }
    },
  };
}
