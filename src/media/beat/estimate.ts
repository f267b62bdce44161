/** Estimates a song's beat grid. */
import type { InputAudioTrack } from "mediabunny";
import type { BeatGrid } from "../../domain/record/record.ts";
import type { MediaFile } from "../lib/source.ts";
import { type CountedSamples, type SongLayout, samplesOf } from "../song/samples.ts";
import { type Fit, fitBeat } from "./beat-fit.ts";
import { codedOnsets } from "./coded-onset.ts";
import { barsOf } from "./downbeat.ts";
import { type Onsets, onsetsOf } from "./onset.ts";
import { accents, FASTEST_BPM, likeliestPeriod } from "./tempo.ts";

/** Extra weight of bass: a kick drum marks the beat better than other onsets. */
const BASS = 0.75;
/** A pulse between two beats with this relative strength is a beat itself. */
const EVEN = 0.9;
/** Most songs have a whole number of beats per minute: round to it when no beat moves further than this. */
const WHOLE_BPM = 0.04;
const WHOLE_BPM_SECONDS = 0.01;
/** A first downbeat this little before the song's start is moved to the start. */
const START_SECONDS = 0.015;

/** From 0 at `none` to 1 at `all`. */
const ramp = (value: number, none: number, all: number) =>
  Math.max(0, Math.min(1, (value - none) / (all - none)));

/**
 * Thresholds were set with synthetic songs whose beats are known: with 0.6 or more nearly all beats are
 * right.
 */
function confidenceOf(fit: Fit, ambiguity: number): number {
  const heard = Math.max(0, fit.likeness) * ramp(fit.held, 0.5, 0.9) * (1 - Math.exp(-fit.beats / 8));
  return heard * (1 - ramp(fit.rival, 0.75, 0.95) / 2) * (1 - ramp(ambiguity, 0.9, 1) / 2);
}

/** A whole number of beats per minute if that moves no beat audibly, with the phase that belongs to it. */
function rounded(bpm: number, phaseSeconds: number, seconds: number) {
  const whole = Math.round(bpm);
  const away = Math.abs(whole - bpm);
  if (away > WHOLE_BPM || (away / bpm) * seconds > 2 * WHOLE_BPM_SECONDS) return { bpm, phaseSeconds };
  // Keep the beat in the middle of the song at its time.
  const beats = Math.round(((seconds / 2 - phaseSeconds) * bpm) / 60);
  return { bpm: whole, phaseSeconds: phaseSeconds + beats * (60 / bpm - 60 / whole) };
}

function gridOf(onsets: Onsets): BeatGrid | null {
  const { rate, startSeconds } = onsets;
  const bass = accents(onsets.bass, rate);
  const pulses = accents(onsets.strength, rate).map((value, i) => value + BASS * (bass[i] ?? 0));
  const tempo = likeliestPeriod(pulses, rate);
  let fit = tempo && fitBeat(pulses, rate, tempo.period);
  if (!tempo || !fit) return null;
  if (fit.offbeat > EVEN && fit.period / 2 >= (60 / FASTEST_BPM) * rate) {
    fit = fitBeat(pulses, rate, fit.period / 2) ?? fit;
  }
  const bars = barsOf(onsets, fit.phase, fit.period);
  const first = startSeconds + (fit.phase + bars.first * fit.period) / rate;
  const { bpm, phaseSeconds } = rounded((60 * rate) / fit.period, first, pulses.length / rate);
  const bar = (60 / bpm) * bars.beatsPerBar;
  const offset = phaseSeconds - Math.floor((phaseSeconds + START_SECONDS) / bar) * bar;
  return {
    bpm,
    offsetSeconds: Math.max(0, offset),
    beatsPerBar: bars.beatsPerBar,
    confidence: confidenceOf(fit, tempo.ambiguity),
    source: "estimated",
  };
}

/**
 * The steady beat that fits a song's sound best, from 60 to 200 beats per minute; null for silence and for
 * fewer than eight beats. Music without one steady tempo gets a grid of low confidence. Above 145 and below
 * 75 beats per minute the result may be half or double the tempo. Throws when the file is damaged.
 */
export async function estimateBeat(samples: CountedSamples): Promise<BeatGrid | null> {
  return gridOf(await onsetsOf(samples));
}

/**
 * The beat of any song: MP3, AAC and Opus are estimated from their packets without decoding, with less
 * confidence.
 */
export async function beatOf(
  file: MediaFile,
  track: InputAudioTrack,
  layout: SongLayout,
): Promise<BeatGrid | null> {
  const samples = await samplesOf(file, track, layout);
  if (samples) return estimateBeat(samples);
  const coded = await codedOnsets(track);
  const grid = coded && gridOf(coded.onsets);
  return grid && { ...grid, confidence: grid.confidence * coded.trust };
}
