/** Onset strength of a song from the loudness of its coded packets, without decoding. */
import type { InputAudioTrack } from "mediabunny";
import { packetsOf } from "../lib/packets.ts";
import { trackCodec } from "../song/track-codec.ts";
import { readAacGain } from "./aac-gain.ts";
import type { CodedFrame } from "./coded-level.ts";
import { readMp3Gains } from "./mp3-gain.ts";
import type { Onsets } from "./onset.ts";

interface Reading {
  /** Null for a packet that can't be read. */
  frames(packet: Uint8Array): CodedFrame[] | null;
  /** A frame is compared with this many frames before it. */
  lag: number;
  /**
   * Time from the start of a frame to the attack that it shows, in frames (measured on drums, by decoding).
   */
  late: number;
  /**
   * Factor of the confidence: the less is known of the packets, the less certain it is which pulse is the
   * beat.
   */
  trust: number;
}

const one = (read: (packet: Uint8Array) => CodedFrame | null) => (packet: Uint8Array) => {
  const frame = read(packet);
  return frame && [frame];
};
/**
 * An encoder spends more bits on an attack; without decoding, a packet's size is all that is known of Opus.
 */
const sizeOnly = (packet: Uint8Array) => ({ levels: [packet.length / 125], attack: false });

const READINGS: Readonly<Record<string, Reading>> = {
  mp3: { frames: readMp3Gains, lag: 2, late: 1.25, trust: 0.85 },
  aac: { frames: one(readAacGain), lag: 1, late: 0.75, trust: 0.75 },
  opus: { frames: one(sizeOnly), lag: 1, late: 0.6, trust: 0.55 },
};
/** What a change to short blocks adds to the rise. */
const ATTACK = 1;
/** Limit for the first sound after silence (log2 of the amplitude). */
const MAX_RISE = 8;
/** In seconds; a song has no other frames. */
const [SHORTEST_FRAME, LONGEST_FRAME] = [0.001, 0.25];

/**
 * Null for codecs that are not supported, and for fewer than three packets. Times are those of the packets,
 * including what a player skips at the start. Throws when they run backwards.
 */
export async function codedOnsets(track: InputAudioTrack): Promise<{ onsets: Onsets; trust: number } | null> {
  const reading = READINGS[(await trackCodec(track)) ?? ""];
  if (!reading) return null;
  const rises: number[] = [];
  let recent: CodedFrame[] = [];
  let packets = 0;
  let perPacket = 1;
  // Use the second packet, because the first may be shortened by what a decoder skips at the start.
  let [second, last] = [0, 0];
  for await (const packet of packetsOf(track)) {
    const frames = reading.frames(packet.data) ?? recent.slice(-perPacket);
    perPacket = frames.length || perPacket;
    for (const frame of frames) {
      rises.push(rise(frame, recent));
      recent = [...recent, frame].slice(-reading.lag);
    }
    if (packets > 0 && packet.timestamp < last) throw new Error("The packets are not in order.");
    last = packet.timestamp;
    if (++packets === 2) second = last;
  }
  const seconds = (last - second) / (packets - 2) / perPacket;
  if (!(seconds > SHORTEST_FRAME && seconds < LONGEST_FRAME)) return null;
  const strength = Float32Array.from(rises);
  const startSeconds = second + (reading.late - perPacket) * seconds;
  const bass = new Float32Array(rises.length);
  return { onsets: { rate: 1 / seconds, startSeconds, strength, bass, harmony: null }, trust: reading.trust };
}

/** The mean over channels of the rise above the quietest of the frames before. */
function rise(frame: CodedFrame, before: readonly CodedFrame[]): number {
  let sum = frame.attack && !before.at(-1)?.attack ? ATTACK * frame.levels.length : 0;
  for (let c = 0; c < frame.levels.length; c++) {
    const level = frame.levels[c] ?? 0;
    const lowest = Math.min(...before.map((f) => f.levels[c] ?? level), level);
    sum += Math.min(MAX_RISE, level - lowest);
  }
  return sum / (frame.levels.length || 1);
}
