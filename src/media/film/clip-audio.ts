/** The clips' own sound as a second audio track: their packets, unchanged, at the times of their scenes. */

import { boxWithin, viewOf } from "../lib/mp4-boxes.ts";
import type { IndexedTrack, Sample } from "./clip-index.ts";
import { commonest } from "./join.ts";
import type { Cut } from "./plan-cuts.ts";

/** A scene whose clip's sound is not in the film. */
export interface SilentScene {
  /** The scene's number, counted from 1. */
  scene: number;
  reason: string;
}

export interface ClipSound {
  /** The sample entry, a whole box. */
  entry: Uint8Array;
  /** Units in a second of the track. */
  timescale: number;
  /** How many packets before a packet a decoder must have decoded to output it correctly. */
  roll: number;
  /** The packets for each cut and each time that its clip is played. */
  packets: PlacedSample[][][];
}
export interface PlacedSample {
  sample: Sample;
  /** In seconds of the film. */
  timestamp: number;
}

/** Bytes of an audio sample entry before its child boxes, header included. */
const SOUND_ENTRY_FIELDS = 36;
/**
 * Rounding error between the end of one packet and the start of the next, when both were computed separately.
 */
const ROUNDING_SECONDS = 1e-4;

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * What an `esds` box tells a decoder: object type and DecoderSpecificInfo, without the bit rates, which
 * differ by clip.
 */
function decoderConfig(esds: Uint8Array): string | null {
  let at = 4;
  const openDescriptor = (tag: number) => {
    if (esds[at++] !== tag) return -1;
    let length = 0;
    for (let more = true; more && at < esds.length; at++) {
      const byte = esds[at] ?? 0;
      length = length * 128 + (byte & 0x7f);
      more = byte >= 0x80;
    }
    return length;
  };
  if (openDescriptor(3) < 0 || (esds[at + 2] ?? 0xff) & 0xe0) return null;
  at += 3;
  if (openDescriptor(4) < 0) return null;
  const object = esds[at] ?? 0;
  at += 13;
  const length = openDescriptor(5);
  return `${object}:${length < 0 ? "" : hex(esds.subarray(at, at + length))}`;
}

/**
 * A text that two clips' sounds must have in common to share one track; null for a codec that is not
 * supported here.
 */
function formOf({ entry }: IndexedTrack): string | null {
  const name = String.fromCharCode(...entry.subarray(4, 8));
  const view = viewOf(entry);
  // QuickTime's sound descriptions of version 1 and 2 have more fields.
  if (entry.length < SOUND_ENTRY_FIELDS || view.getUint16(16) !== 0) return null;
  const whole = { name, at: 0, start: SOUND_ENTRY_FIELDS, end: entry.length };
  const child = { mp4a: "esds", Opus: "dOps", fLaC: "dfLa" }[name];
  const config = child ? boxWithin(entry, whole, child) : null;
  if (!config) return null;
  const bytes = entry.subarray(config.start, config.end);
  const configText = name === "mp4a" ? decoderConfig(bytes) : hex(bytes);
  // Muxers write arbitrary channels and rates into the entry; they matter only when the config is empty.
  const entryText = configText?.endsWith(":") ? hex(entry.subarray(24, SOUND_ENTRY_FIELDS)) : "";
  return configText && `${name} ${configText} ${entryText}`;
}

/**
 * The spans in which the clip plays in its scene, in seconds of the film; more than one when the clip loops.
 */
function playbacks({ packets, startSeconds, spanSeconds, fill }: Cut): { start: number; end: number }[] {
  const length = packets.end - packets.start;
  const count = fill === "loop" ? Math.ceil(spanSeconds / length - 1e-6) : 1;
  const end = startSeconds + spanSeconds;
  return Array.from({ length: count }, (_, round) => {
    const start = startSeconds + round * length;
    return { start, end: round === count - 1 ? end : start + length };
  });
}

function silenceReason(
  fill: Cut["fill"],
  form: string | null,
  commonForm: string | undefined,
): string | null {
  if (fill === "stretch") return "its clip is slowed down";
  if (form === null) return "its sound has a form that can't be carried";
  return form === commonForm ? null : "its sound has another form than that of most clips";
}

/**
 * The sound of all clips that have the most common form; null when no clip has sound. Spans without clip
 * sound have no packets, which players treat as silenceReason. A packet that would begin before the previous
 * one has ended is left out, so each cut loses at most one packet. `silent` lists the scenes whose sound is
 * left out.
 */
export function clipSound(cuts: readonly Cut[]): { sound: ClipSound | null; silent: SilentScene[] } {
  const forms = cuts.map(({ packets, fill }) => {
    const track = fill === "stretch" ? null : packets.sound();
    return track && formOf(track);
  });
  const commonForm = commonest(forms.filter((form) => form !== null));
  const silent: SilentScene[] = [];
  let first: IndexedTrack | null = null;
  let soundEnd = Number.NEGATIVE_INFINITY;
  const packets = cuts.map((cut, i) => {
    if (!cut.packets.facts.hasAudio) return [];
    const reason = silenceReason(cut.fill, forms[i] ?? null, commonForm);
    if (reason) silent.push({ scene: i + 1, reason });
    const track = reason ? null : cut.packets.sound();
    if (!track) return [];
    first ??= track;
    return playbacks(cut).map(({ start, end }) => {
      const kept: PlacedSample[] = [];
      for (const sample of track.samples) {
        const timestamp = start + sample.time - cut.packets.start;
        if (timestamp < Math.max(start, soundEnd) - ROUNDING_SECONDS || timestamp >= end) continue;
        kept.push({ sample, timestamp });
        soundEnd = timestamp + sample.seconds;
      }
      return kept;
    });
  });
  return { sound: soundFrom(first, packets), silent };
}

function soundFrom(track: IndexedTrack | null, packets: PlacedSample[][][]): ClipSound | null {
  if (!track) return null;
  const name = String.fromCharCode(...track.entry.subarray(4, 8));
  return { entry: track.entry, timescale: track.timescale, roll: { mp4a: 1, Opus: 4 }[name] ?? 0, packets };
}
