/** The frames of an MP3, those that were counted when it was measured, and what a film that copies them has before them. */

import { readMp3Header } from "../codecs/mp3-header.ts";
import { BLOCK_BYTES } from "../lib/blocks.ts";
import { joined } from "../lib/mp4-boxes.ts";
import type { MediaFile } from "../lib/source.ts";
import type { SongPacket } from "./frames.ts";
import { type Mp3Stream, readInfo } from "./mp3-frames.ts";

const RANGE_BYTES = 512 * 1024;
/** What is looked at behind a frame's header. */
const LOOK_AHEAD = 256;

/** Every frame that holds sound, range by range; damage between them is passed over. */
export async function* mp3Packets(
  file: MediaFile,
  { span, header }: Mp3Stream,
): AsyncGenerator<SongPacket[], void, unknown> {
  let rest: Uint8Array = new Uint8Array();
  let samples = 0;
  for (let position = span.start; position < span.end; ) {
    const held = position < BLOCK_BYTES;
    const end = Math.min(span.end, position + RANGE_BYTES, held ? BLOCK_BYTES : span.end);
    // The first block is there already: what the song is was found out by it.
    const bytes = joined([rest, await (held ? file.read(position, end) : file.take(position, end))]);
    if (end === BLOCK_BYTES) file.release();
    position = end;
    const usable = end < span.end ? bytes.length - LOOK_AHEAD : bytes.length;
    const packets: SongPacket[] = [];
    let at = 0;
    for (let lost = false; at < usable; ) {
      const frame = readMp3Header(bytes, at);
      if (frame?.kind !== header.kind) {
        // One byte before, because some encoders write frames a byte too short.
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
 * How many samples a film with the MP3's own frames leaves out of its start, and how many of them are silence that is
 * put before those frames. Chromium 156 leaves out an encoder's delay twice where it ends within the first packet, as
 * in nearly all MPEG-1 (1,105 samples of 1,152); where it ends in the second, it and others are right to the sample
 * (`npm run test:playback`, November 2026).
 */
export function mp3Start({ header, info }: Mp3Stream): { skipped: number; silent: number } {
  const skipped = info?.skipped.start ?? 0;
  const silent = header.layer === 3 && skipped > 0 && skipped < header.samples ? header.samples : 0;
  return { skipped: skipped + silent, silent };
}

/** A frame as this one, but with no checksum and no data: its side information, all zero, says so (ISO 11172-3, 2.4.1.7). */
function silentFrame(frame: Uint8Array): Uint8Array {
  const silent = new Uint8Array(frame.length);
  silent.set(frame.subarray(0, 4));
  silent[1] = (frame[1] ?? 0) | 1;
  return silent;
}

/** Every frame that holds sound, behind the silence that `mp3Start` tells of. */
export async function* copiedMp3Packets(
  file: MediaFile,
  stream: Mp3Stream,
): AsyncGenerator<SongPacket[], void, unknown> {
  const { silent } = mp3Start(stream);
  const later = silent / stream.header.sampleRate;
  let begun = silent === 0;
  for await (const packets of mp3Packets(file, stream)) {
    const [first] = packets;
    if (first && !begun) {
      begun = true;
      yield [{ ...first, data: silentFrame(first.data) }];
    }
    yield packets.map((packet) => ({ ...packet, timestamp: packet.timestamp + later }));
  }
}
