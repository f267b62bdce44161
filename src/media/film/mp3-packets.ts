/** The frames of an MP3 as the film carries them: those that were counted when it was measured. */

import { BLOCK_BYTES } from "../blocks.ts";
import type { SongPacket } from "../song/frames.ts";
import { type Mp3Stream, readInfo, readMp3Header } from "../song/mp3-frames.ts";
import type { MediaFile } from "../source.ts";
import { joined } from "./mp4-boxes.ts";

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
