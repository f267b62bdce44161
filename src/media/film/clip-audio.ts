/** The clips' own sound, as a track of its own under the song: their packets, untouched, at the times of their scenes. */

import { boxWithin, viewOf } from "../lib/mp4-boxes.ts";
import type { IndexedTrack, Sample } from "./clip-index.ts";
import { commonest } from "./join.ts";
import type { Cut } from "./plan-cuts.ts";

/** A scene whose clip's sound is not in the film. */
export interface SilentScene {
  /** Counted from 1. */
  scene: number;
  reason: string;
}

export interface ClipSound {
  /** A whole sample entry. */
  entry: Uint8Array;
  /** Units in a second of the track. */
  timescale: number;
  /** Packets before one that a decoder must have had. */
  roll: number;
  /** For each cut, and each time that its clip is played, the packets. */
  packets: Heard[][][];
}
export interface Heard {
  sample: Sample;
  /** In seconds of the film. */
  timestamp: number;
}

/** Fields of a sound's sample entry in front of the boxes in it. */
const ENTRY_FIELDS = 36;
/** Times of packets that follow one another exactly differ by this much where they were reckoned apart. */
const ROUNDING_SECONDS = 1e-4;

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** What a decoder is told by an `esds` box: object type and the config behind the bit rates, which differ from clip to clip. */
function special(esds: Uint8Array): string | null {
  let at = 4;
  const open = (tag: number) => {
    if (esds[at++] !== tag) return -1;
    let length = 0;
    for (let more = true; more && at < esds.length; at++) {
      const byte = esds[at] ?? 0;
      length = length * 128 + (byte & 0x7f);
      more = byte >= 0x80;
    }
    return length;
  };
  if (open(3) < 0 || (esds[at + 2] ?? 0xff) & 0xe0) return null;
  at += 3;
  if (open(4) < 0) return null;
  const object = esds[at] ?? 0;
  at += 13;
  const length = open(5);
  return `${object}:${length < 0 ? "" : hex(esds.subarray(at, at + length))}`;
}

/** What packets of two clips must agree on to be one track; null for a form that is not known here. */
function formOf({ entry }: IndexedTrack): string | null {
  const name = String.fromCharCode(...entry.subarray(4, 8));
  const view = viewOf(entry);
  // Sound descriptions of QuickTime have more fields.
  if (entry.length < ENTRY_FIELDS || view.getUint16(16) !== 0) return null;
  const whole = { name, at: 0, start: ENTRY_FIELDS, end: entry.length };
  const inside = { mp4a: "esds", Opus: "dOps", fLaC: "dfLa" }[name];
  const config = inside ? boxWithin(entry, whole, inside) : null;
  if (!config) return null;
  const bytes = entry.subarray(config.start, config.end);
  const told = name === "mp4a" ? special(bytes) : hex(bytes);
  // The entry's own channels and rate are what muxers like to write; they count where nothing else tells.
  return told && `${name} ${told} ${told.endsWith(":") ? hex(entry.subarray(24, ENTRY_FIELDS)) : ""}`;
}

/** When the clip begins in its scene, and until when it is heard, in seconds of the film; several times where it is played again. */
function rounds({ packets, startSeconds, spanSeconds, fill }: Cut): { start: number; end: number }[] {
  const length = packets.end - packets.start;
  const count = fill === "loop" ? Math.ceil(spanSeconds / length - 1e-6) : 1;
  const end = startSeconds + spanSeconds;
  return Array.from({ length: count }, (_, round) => {
    const start = startSeconds + round * length;
    return { start, end: round === count - 1 ? end : start + length };
  });
}

function silence(fill: Cut["fill"], form: string | null, wanted: string | undefined): string | null {
  if (fill === "stretch") return "its clip is slowed down";
  if (form === null) return "its sound has a form that can't be carried";
  return form === wanted ? null : "its sound has another form than that of most clips";
}

/**
 * The sound of the clips, from all whose form is the commonest; null where there is none. Where no
 * clip sounds there are no packets, which players take for silence. Sound that would begin before
 * what is heard has ended is left out, so cuts cost at most a packet.
 */
export function clipSound(cuts: readonly Cut[]): { sound: ClipSound | null; silent: SilentScene[] } {
  const forms = cuts.map(({ packets, fill }) => {
    const track = fill === "stretch" ? null : packets.sound();
    return track && formOf(track);
  });
  const wanted = commonest(forms.filter((form) => form !== null));
  const silent: SilentScene[] = [];
  let first: IndexedTrack | null = null;
  let heard = Number.NEGATIVE_INFINITY;
  const packets = cuts.map((cut, i) => {
    if (!cut.packets.facts.hasAudio) return [];
    const reason = silence(cut.fill, forms[i] ?? null, wanted);
    if (reason) silent.push({ scene: i + 1, reason });
    const track = reason ? null : cut.packets.sound();
    if (!track) return [];
    first ??= track;
    return rounds(cut).map(({ start, end }) => {
      const kept: Heard[] = [];
      for (const sample of track.samples) {
        const timestamp = start + sample.time - cut.packets.start;
        if (timestamp < Math.max(start, heard) - ROUNDING_SECONDS || timestamp >= end) continue;
        kept.push({ sample, timestamp });
        heard = timestamp + sample.seconds;
      }
      return kept;
    });
  });
  return { sound: soundFrom(first, packets), silent };
}

function soundFrom(track: IndexedTrack | null, packets: Heard[][][]): ClipSound | null {
  if (!track) return null;
  const name = String.fromCharCode(...track.entry.subarray(4, 8));
  return { entry: track.entry, timescale: track.timescale, roll: { mp4a: 1, Opus: 4 }[name] ?? 0, packets };
}
