/**
 * Finds and counts the frames of an MP3 (ISO 11172-3, 2.4.1.3; 13818-3 for its lower rates), and reads its
 * info frame.
 */

import { type Mp3Header, readMp3Header } from "../codecs/mp3-header.ts";
import type { MediaFile } from "../lib/source.ts";
import { type Walked, walkFrames } from "./frames.ts";
import { ascii, type Span } from "./outer-tags.ts";

/**
 * The info frame: Xing's and LAME's "info tag", a frame without sound; or Fraunhofer's VBRI, a frame with
 * sound.
 */
interface Mp3Info {
  /** The number of frames that it states; null when it does not. */
  frames: number | null;
  /** Samples that decoders skip at the start and at the end. */
  skipped: { start: number; end: number };
  /** Whether the frame has no sound. */
  silent: boolean;
}

const DECODER_DELAY = 529;
const uint = (bytes: Uint8Array, at: number, length: number) =>
  bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0);

const XING = 0x58;
const INFO = 0x49;

export function readInfo(
  bytes: Uint8Array,
  at: number,
  { samples, channels, bytes: length }: Mp3Header,
): Mp3Info | null {
  const none = { start: 0, end: 0 };
  const xing = at + 4 + (channels === 2 ? (samples === 1152 ? 32 : 17) : samples === 1152 ? 17 : 9);
  const initial = bytes[xing];
  if (bytes[at + 36] === 0x56 && ascii(bytes, at + 36, 4) === "VBRI")
    return { frames: uint(bytes, at + 50, 4), skipped: none, silent: false };
  if ((initial !== XING && initial !== INFO) || !/^(Xing|Info)$/.test(ascii(bytes, xing, 4))) return null;
  const flags = bytes[xing + 7] ?? 0;
  const frames = flags & 1 ? uint(bytes, xing + 8, 4) : null;
  const lame =
    xing + 8 + (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  // ffmpeg, and so Chrome, trusts these three encoders (libavformat/mp3dec.c).
  const isTrusted = /^(LAME|Lavf|Lavc)$/.test(ascii(bytes, lame, 4)) && lame + 24 <= at + length;
  const [delay, padding] = isTrusted
    ? [uint(bytes, lame + 21, 2) >> 4, uint(bytes, lame + 22, 2) & 0xfff]
    : [0, 0];
  const skipped = isTrusted
    ? { start: delay + DECODER_DELAY, end: Math.max(0, padding - DECODER_DELAY) }
    : none;
  return { frames, skipped, silent: true };
}

export interface Mp3Stream {
  /** From the first frame to the end of the sound. */
  span: Span;
  header: Mp3Header;
  info: Mp3Info | null;
}

/** How many bytes are searched for the first frame. */
const MAX_JUNK = 256 * 1024;

/**
 * Finds the first frame that another frame of its kind follows, or an info frame; null when there is none.
 */
export async function openMp3(file: MediaFile, { start, end }: Span): Promise<Mp3Stream | null> {
  const bytes = await file.read(start, Math.min(end, start + MAX_JUNK));
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const header = readMp3Header(bytes, at);
    if (!header) continue;
    const next = readMp3Header(bytes, at + header.bytes);
    const info = readInfo(bytes, at, header);
    if (next?.kind === header.kind || info) return { span: { start: start + at, end }, header, info };
  }
  return null;
}

export interface Mp3Length extends Walked {
  /**
   * The number of frames that the file states; null when it does not, or when it was joined from several
   * files.
   */
  promisedFrames: number | null;
}

/** Counts the frames of a stream, up to `mostSeconds`; skips damaged bytes between frames. */
export async function countMp3(
  file: MediaFile,
  { span, header, info }: Mp3Stream,
  mostSeconds: number,
): Promise<Mp3Length> {
  let infos = 0;
  const walked = await walkFrames(
    file,
    span,
    (bytes, at) => {
      const frame = readMp3Header(bytes, at);
      if (frame?.kind !== header.kind) return null;
      // A second info frame means that another file begins here.
      const found = readInfo(bytes, at, frame);
      if (!found) return frame;
      infos++;
      return found.silent ? { ...frame, samples: 0 } : frame;
    },
    { resync: true, mostSamples: mostSeconds * header.sampleRate },
  );
  return { ...walked, promisedFrames: infos === 1 ? (info?.frames ?? null) : null };
}
