/** The song as a track of the film: its sample entry and its packets. */

import { adtsConfig, withoutAdts } from "../lib/adts.ts";
import type { MediaFile } from "../lib/source.ts";
import type { SongPacket } from "../song/frames.ts";
import type { Mp3Stream } from "../song/mp3-frames.ts";
import { copiedMp3Packets, mp3Start } from "../song/mp3-packets.ts";
import type { Sound } from "./coded-sound.ts";
import { songEntry } from "./sample-entry.ts";
import { soundNotes } from "./sound-notes.ts";

/** Thrown when the song's packets can't be read to their end. */
export class UnreadableSong extends Error {
  override name = "UnreadableSong";
}

export interface SongSound {
  timescale: number;
  entry(bitRate: number): Uint8Array;
  /** Duration of the first packet in seconds; nearly all others have the same. */
  packetSeconds: number;
  /** How many packets before a packet a decoder must have decoded to output it correctly. */
  roll: number;
  /** Sentences for the user on where the sound may not play. */
  notes: string[];
  /** Starts reading its packets, in order. */
  open(): SongReader;
}
interface SongReader {
  /**
   * Passes every remaining packet that begins at `seconds` or earlier to `take`, with its time in seconds of
   * the film, and awaits what `take` returns. Throws `UnreadableSong`, or the error that stopped the reading
   * of the file.
   */
  until(
    seconds: number,
    take: (packet: SongPacket, timestamp: number) => Promise<void> | undefined,
  ): Promise<void>;
  close(): Promise<unknown>;
}
/** Rounding of times in files. */
const ROUNDING_SECONDS = 0.002;

/**
 * Makes a reader. It throws when times run backwards: some damaged files, such as ADTS with frames of several
 * sample rates, make mediabunny 1.61.0 repeat packets without end.
 */
function readerOf(song: MediaFile, ranges: Ranges, skipSeconds: number): SongReader {
  let packets: readonly SongPacket[] | null = [];
  let at = 0;
  let last = Number.NEGATIVE_INFINITY;
  async function readNext(): Promise<SongPacket | null> {
    while (packets && at === packets.length) {
      const next = await ranges.next().catch((error: unknown) => {
        throw song.trouble() ?? new UnreadableSong("A packet can't be read.", { cause: error });
      });
      packets = next.done ? null : next.value;
      at = 0;
    }
    return packets?.[at] ?? null;
  }
  return {
    async until(seconds, take) {
      for (;;) {
        const next = packets?.[at] ?? (await readNext());
        if (!next || next.timestamp - skipSeconds > seconds) return;
        if (next.timestamp < last - ROUNDING_SECONDS)
          throw new UnreadableSong("The packets are not in order.");
        last = next.timestamp;
        at++;
        const pending = take(next, next.timestamp - skipSeconds);
        if (pending) await pending;
      }
    },
    close: () => ranges.return(),
  };
}

type Ranges = AsyncGenerator<readonly SongPacket[], void, unknown>;

async function* packetsOf(sound: Sound, isAdts: boolean): Ranges {
  for await (const packet of sound.packets())
    yield [isAdts ? { ...packet, data: withoutAdts(packet.data) } : packet];
}

/**
 * The track's `roll` in packets: 1 for AAC; Opus takes 80 milliseconds to converge (Opus in ISOBMFF 0.8.1,
 * 4.3.6.2).
 */
function rollOf(codec: string, packetSeconds: number): number {
  if (codec === "aac") return 1;
  return codec === "opus" && packetSeconds > 0 ? Math.ceil(0.08 / packetSeconds) : 0;
}

async function firstOf(sound: Sound): Promise<SongPacket | null> {
  const packets = sound.packets();
  const first = await packets.next();
  await packets.return();
  return first.done ? null : first.value;
}

/**
 * The song as a track. Null when MP4 has no form for the song's sound, or the song has no packets. `mp3`: the
 * stream of an MP3 file; the film skips the samples at the start that the stream says decoders skip.
 */
export async function songSound(
  sound: Sound,
  song: MediaFile,
  mp3: Mp3Stream | undefined,
): Promise<SongSound | null> {
  const isAdts = sound.codec === "aac" && !sound.config.description;
  const first = sound.packetSeconds && !isAdts ? null : await firstOf(sound);
  const packetSeconds = first?.duration ?? sound.packetSeconds;
  if (packetSeconds === undefined) return null;
  const description = isAdts && first ? adtsConfig(first.data) : sound.config.description;
  const form = { codec: sound.codec, config: { ...sound.config, description: description ?? undefined } };
  const entry = songEntry(form);
  const copiesMp3 = mp3 !== undefined && sound.codec === "mp3";
  const skipSeconds = copiesMp3 ? mp3Start(mp3).skipped / mp3.header.sampleRate : 0;
  return (
    entry && {
      timescale: sound.config.sampleRate,
      entry,
      packetSeconds,
      roll: rollOf(sound.codec, packetSeconds),
      notes: soundNotes(form),
      open: () =>
        readerOf(song, copiesMp3 ? copiedMp3Packets(song, mp3) : packetsOf(sound, isAdts), skipSeconds),
    }
  );
}
