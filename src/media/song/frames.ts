/** Walks the frames of a stream without an index, block by block. */

import type { MediaFile } from "../lib/source.ts";
import type { Span } from "./outer-tags.ts";

export interface Frame {
  bytes: number;
  /** Samples of each channel. */
  samples: number;
}

export interface SongPacket {
  data: Uint8Array;
  /** Seconds from the song's start; negative for priming. */
  timestamp: number;
  duration: number;
}

export interface Walked {
  frames: number;
  samples: number;
  /** Bytes of all frames with sound. */
  bytes: number;
  /** File offset of the end of the last complete frame. */
  reached: number;
}

/** How much of a file of frames is read at once. */
export const CHUNK_BYTES = 512 * 1024;
/** Bytes of a frame's header and of what `read` may read after it. */
export const LOOK_AHEAD = 256;

/**
 * Adds up frames until `mostSamples`. `read` gets bytes and the offset at which a frame may begin, with at
 * least 256 bytes after it unless the file ends. It returns null when no frame begins there; then the walk
 * searches for the next frame (`resync`) or ends.
 */
export async function walkFrames(
  file: MediaFile,
  { start, end }: Span,
  read: (bytes: Uint8Array, at: number) => Frame | null,
  { resync, mostSamples }: { resync: boolean; mostSamples: number },
): Promise<Walked> {
  const sum: Walked = { frames: 0, samples: 0, bytes: 0, reached: start };
  for (let position = start; position < end && sum.samples <= mostSamples; ) {
    // Start one byte earlier, because some encoders write frames that are one byte too short.
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
