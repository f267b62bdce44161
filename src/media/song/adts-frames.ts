/** Reads the frames of an ADTS stream of AAC (ISO 14496-3, 1.A.2.2). */

import type { MediaFile } from "../lib/source.ts";
import { type Walked, walkFrames } from "./frames.ts";
import type { Span } from "./outer-tags.ts";

const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
const SAMPLES = 1024;
/** The longest that a frame can be. */
const MAX_FRAME_BYTES = 8191;

/**
 * Null when no frame begins there, and for frames that are not supported: of several blocks, or without a
 * channel number.
 */
function readAdtsHeader(bytes: Uint8Array, at: number) {
  const [b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0] = bytes.subarray(at + 1, at + 7);
  const sampleRate = RATES[(b2 >> 2) & 15];
  const channels = ((b2 & 1) << 2) | (b3 >> 6);
  const length = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5);
  if (bytes[at] !== 0xff || (b1 & 0xf6) !== 0xf0 || !sampleRate || channels === 0) return null;
  if ((b6 & 3) !== 0 || length < 7) return null;
  return { bytes: length, samples: SAMPLES, sampleRate, channels: channels === 7 ? 8 : channels };
}

export interface AdtsLength extends Walked {
  sampleRate: number;
  channels: number;
  /** Whether something other than the beginning of a frame follows the last frame. */
  broken: boolean;
}

/**
 * Counts frames that follow each other without gaps, up to `mostSeconds`; null when there is no first frame.
 */
export async function countAdts(
  file: MediaFile,
  span: Span,
  mostSeconds: number,
): Promise<AdtsLength | null> {
  const first = readAdtsHeader(await file.read(span.start, span.start + 9), 0);
  if (!first) return null;
  const { sampleRate, channels } = first;
  const walked = await walkFrames(
    file,
    span,
    (bytes, at) => {
      const frame = readAdtsHeader(bytes, at);
      return frame?.sampleRate === sampleRate && frame.channels === channels ? frame : null;
    },
    { resync: false, mostSamples: mostSeconds * sampleRate },
  );
  const isWhole = walked.samples > mostSeconds * sampleRate || span.end - walked.reached <= MAX_FRAME_BYTES;
  return { ...walked, sampleRate, channels, broken: !isWhole };
}
