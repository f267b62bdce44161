/** Where a song's beats fall. */
import type { InputAudioTrack } from "mediabunny";
import type { BeatGrid } from "../../domain/record/record.ts";
import type { MediaFile } from "../lib/source.ts";
import { type CountedSamples, type SongLayout, samplesOf } from "../song/samples.ts";
import { type Fit, fitBeat } from "./beat-fit.ts";
import { codedOnsets } from "./coded-onset.ts";
import { barsOf } from "./downbeat.ts";
import { type Onsets, onsetsOf } from "./onset.ts";
import { accents, FASTEST_BPM, likeliestPeriod } from "./tempo.ts";

/** A kick drum tells the beat better than what else begins with it. */
const BASS = 0.75;
/** A pulse between two beats that is so nearly as strong as they are is a beat itself. */
const EVEN = 0.9;
/** Songs are made at whole tempos: one so near that it moves no beat further than this is taken. */
const WHOLE_BPM = 0.04;
const WHOLE_BPM_SECONDS = 0.01;
/** A first downbeat so little before the song's start is at it. */
const START_SECONDS = 0.015;

/** From 0 at `none` to 1 at `all`. */
const ramp = (value: number, none: number, all: number) =>
  Math.max(0, Math.min(1, (value - none) / (all - none)));

/** Thresholds were set on synthetic songs whose beats are known, so that 0.6 and more means that nearly all beats are met. */
function confidenceOf(fit: Fit, ambiguity: number): number {
  const heard = Math.max(0, fit.likeness) * ramp(fit.held, 0.5, 0.9) * (1 - Math.exp(-fit.beats / 8));
  return heard * (1 - ramp(fit.rival, 0.75, 0.95) / 2) * (1 - ramp(ambiguity, 0.9, 1) / 2);
}

/** A whole number of beats a minute where that moves no beat audibly, with the phase that belongs to it. */
function rounded(bpm: number, phaseSeconds: number, seconds: number) {
  const whole = Math.round(bpm);
  const away = Math.abs(whole - bpm);
  if (away > WHOLE_BPM || (away / bpm) * seconds > 2 * WHOLE_BPM_SECONDS) return { bpm, phaseSeconds };
  // The beat in the song's middle stays where it is.
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
 * The steady beat that a song's sound follows best, 60 to 200 a minute; null for silence and for fewer than
 * eight beats. Music that keeps no tempo, or not one, gets a grid of low confidence. Above 145 and below 75
 * beats a minute, half or twice as many may be found. Throws where the file is damaged.
 */
export async function estimateBeat(samples: CountedSamples): Promise<BeatGrid | null> {
  return gridOf(await onsetsOf(samples));
}

/** The same of any song: what can't be decoded here (MP3, AAC, Opus) is judged by its packets, and less surely. */
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
