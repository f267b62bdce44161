/** The song as a track of the film: its sample entry, and its packets until they end. */

import { adtsConfig, withoutAdts } from "../lib/adts.ts";
import type { MediaFile } from "../lib/source.ts";
import type { SongPacket } from "../song/frames.ts";
import type { Mp3Stream } from "../song/mp3-frames.ts";
import { copiedMp3Packets, mp3Start } from "../song/mp3-packets.ts";
import { songEntry } from "./sample-entry.ts";
import type { Sound } from "./sound.ts";
import { soundNotes } from "./sound-notes.ts";

/** The song's packets can't be read to their end. */
export class UnreadableSong extends Error {
  override name = "UnreadableSong";
}

export interface SongSound {
  timescale: number;
  entry(bitRate: number): Uint8Array;
  /** Seconds that the first packet lasts, as nearly all do. */
  packetSeconds: number;
  /** Packets before one that a decoder must have had. */
  roll: number;
  /** What a person should know of it. */
  notes: string[];
  /** Its packets in order, each time as many as are due. */
  open(): SongReader;
}
interface SongReader {
  /**
   * Hands on every packet that begins by then, and when it is due, in seconds of the film; a promise
   * from `take` is waited for. Throws `UnreadableSong`, or what stopped the reading of the file.
   */
  until(
    seconds: number,
    take: (packet: SongPacket, timestamp: number) => Promise<void> | undefined,
  ): Promise<void>;
  close(): Promise<unknown>;
}
/** What times in files are rounded by. */
const ROUNDING_SECONDS = 0.002;

/**
 * Some damaged files lead mediabunny 1.61.0 back to where it was, over and over: ADTS frames of
 * several sample rates do so.
 */
function readerOf(song: MediaFile, ranges: Ranges, skipSeconds: number): SongReader {
  let packets: readonly SongPacket[] | null = [];
  let at = 0;
  let last = Number.NEGATIVE_INFINITY;
  async function follow(): Promise<SongPacket | null> {
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
        const next = packets?.[at] ?? (await follow());
        if (!next || next.timestamp - skipSeconds > seconds) return;
        if (next.timestamp < last - ROUNDING_SECONDS)
          throw new UnreadableSong("The packets are not in order.");
        last = next.timestamp;
        at++;
        const full = take(next, next.timestamp - skipSeconds);
        if (full) await full;
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

/** Opus takes 80 milliseconds to converge (Opus in ISOBMFF 0.8.1, 4.3.6.2). */
function rollOf(codec: string, packetSeconds: number): number {
  if (codec === "aac") return 1;
  return codec === "opus" && packetSeconds > 0 ? Math.ceil(0.08 / packetSeconds) : 0;
}

async function firstOf(sound: Sound): Promise<SongPacket | null> {
  const opening = sound.packets();
  const first = await opening.next();
  await opening.return();
  return first.done ? null : first.value;
}

/**
 * Null where MP4 has no form for the song's sound, or it has no packets. `mp3`: the stream in an
 * MP3, which also says what decoders leave out at its start; the film says so, too.
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
