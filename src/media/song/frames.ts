/** Walking the frames of a stream that has no index, block by block. */

import type { MediaFile } from "../lib/source.ts";
import type { Span } from "./outer-tags.ts";

export interface Frame {
  bytes: number;
  /** Of each channel. */
  samples: number;
}

export interface SongPacket {
  data: Uint8Array;
  /** Seconds from the song's start; negative for sound that only prepares the decoder. */
  timestamp: number;
  duration: number;
}

export interface Walked {
  frames: number;
  samples: number;
  /** Of all frames that hold sound. */
  bytes: number;
  /** Where the last whole frame ends. */
  reached: number;
}

const CHUNK_BYTES = 512 * 1024;
/** A frame's header, and what `read` may look at behind it. */
const LOOK_AHEAD = 256;

/**
 * Sums up frames until `mostSamples`. `read` is given bytes and where a frame might begin, with 256
 * behind it unless the file ends; null says that none does, whereupon the next is searched for
 * (`resync`) or the walk ends.
 */
export async function walkFrames(
  file: MediaFile,
  { start, end }: Span,
  read: (bytes: Uint8Array, at: number) => Frame | null,
  { resync, mostSamples }: { resync: boolean; mostSamples: number },
): Promise<Walked> {
  const sum: Walked = { frames: 0, samples: 0, bytes: 0, reached: start };
  for (let position = start; position < end && sum.samples <= mostSamples; ) {
    // One byte before, because some encoders write frames a byte too short.
    const from = Math.max(start, position - 1);
    const chunk = await file.read(from, Math.min(end, from + CHUNK_BYTES));
    const usable = from + chunk.length >= end ? chunk.length : chunk.length - LOOK_AHEAD;
    let at = position - from;
    let lost = false;
    while (at < usable) {
      const frame = read(chunk, at);
      if (frame && from + at + frame.bytes <= end) {
        lost = false;
        at += frame.bytes;
        sum.reached = from + at;
        if (frame.samples === 0) continue;
        sum.frames++;
        sum.samples += frame.samples;
        sum.bytes += frame.bytes;
        continue;
      }
      if (!resync) return sum;
      const next = chunk.indexOf(0xff, lost || at === 0 ? at + 1 : at - 1);
      lost = true;
      at = next < 0 ? usable : next;
    }
    position = from + at;
  }
  return sum;
}
