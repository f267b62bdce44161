/**
 * Reads the frames of an MP3, the same ones that `countMp3` counts, and the silent frame that a film puts
 * before them.
 */

import { readMp3Header } from "../codecs/mp3-header.ts";
import { BLOCK_BYTES } from "../lib/blocks.ts";
import { joined } from "../lib/mp4-boxes.ts";
import type { MediaFile } from "../lib/source.ts";
import { CHUNK_BYTES, LOOK_AHEAD, type SongPacket } from "./frames.ts";
import { type Mp3Stream, readInfo } from "./mp3-frames.ts";

/** Every frame with sound, read range by range; skips damaged bytes between frames. */
export async function* mp3Packets(
  file: MediaFile,
  { span, header }: Mp3Stream,
): AsyncGenerator<SongPacket[], void, unknown> {
  let rest: Uint8Array = new Uint8Array();
  let samples = 0;
  for (let position = span.start; position < span.end; ) {
    const held = position < BLOCK_BYTES;
    const end = Math.min(span.end, position + CHUNK_BYTES, held ? BLOCK_BYTES : span.end);
    // The first block is cached already, because the song's format was detected with it.
    const bytes = joined([rest, await (held ? file.read(position, end) : file.take(position, end))]);
    if (end === BLOCK_BYTES) file.release();
    position = end;
    const usable = end < span.end ? bytes.length - LOOK_AHEAD : bytes.length;
    const packets: SongPacket[] = [];
    let at = 0;
    for (let lost = false; at < usable; ) {
      const frame = readMp3Header(bytes, at);
      if (frame?.kind !== header.kind) {
        // Start one byte earlier, because some encoders write frames that are one byte too short.
        const next = bytes.indexOf(0xff, lost || at === 0 ? at + 1 : at - 1);
        lost = true;
        at = next < 0 ? usable : next;
        continue;
      }
      if (at + frame.bytes > bytes.length) break;
      lost = false;
      if (!readInfo(bytes, at, frame)?.silent) {
        packets.push({
          data: bytes.subarray(at, at + frame.bytes),
          timestamp: samples / frame.sampleRate,
          duration: frame.samples / frame.sampleRate,
        });
        samples += frame.samples;
      }
      at += frame.bytes;
    }
    rest = bytes.slice(at);
    yield packets;
  }
}

/**
 * How many samples a film that copies the MP3's frames skips at its start (`skipped`), and how many of them
 * are a silent frame that is put before the song's frames (`silent`). Chromium 156 skips an encoder's delay
 * twice when the delay ends within the first packet, as in nearly all MPEG-1 (1,105 samples of 1,152). When
 * it ends in the second packet, Chromium and others are exact to the sample (`npm run test:playback`,
 * November 2026).
 */
export function mp3Start({ header, info }: Mp3Stream): { skipped: number; silent: number } {
  const skipped = info?.skipped.start ?? 0;
  const silent = header.layer === 3 && skipped > 0 && skipped < header.samples ? header.samples : 0;
  return { skipped: skipped + silent, silent };
}

/**
 * A frame like this one, but without checksum and data, which its side information of zeros states (ISO
 * 11172-3, 2.4.1.7).
 */
function silentFrame(frame: Uint8Array): Uint8Array {
  const silent = new Uint8Array(frame.length);
  silent.set(frame.subarray(0, 4));
  silent[1] = (frame[1] ?? 0) | 1;
  return silent;
}

/** Every frame with sound, after the silent frame of `mp3Start`, if any. */
export async function* copiedMp3Packets(
  file: MediaFile,
  stream: Mp3Stream,
): AsyncGenerator<SongPacket[], void, unknown> {
  const { silent } = mp3Start(stream);
  const delay = silent / stream.header.sampleRate;
  let hasStarted = silent === 0;
  for await (const packets of mp3Packets(file, stream)) {
    const [first] = packets;
    if (first && !hasStarted) {
      hasStarted = true;
      yield [{ ...first, data: silentFrame(first.data) }];
    }
    yield packets.map((packet) => ({ ...packet, timestamp: packet.timestamp + delay }));
  }
}
