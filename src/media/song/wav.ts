/**
 * Reads a WAV's chunks (Microsoft RIFF; EBU Tech 3306 for RF64), and makes a simple header for mediabunny.
 */

import type { MediaFile, View } from "../lib/source.ts";
import { ascii, type Span } from "./outer-tags.ts";

export interface WavFacts {
  /** 1: integers, 3: floats, 6: A-law, 7: µ-law; others are compressed. */
  formatTag: number;
  channels: number;
  sampleRate: number;
  /** Bits of a sample. */
  bits: number;
  /** Bytes of one sample of all channels. */
  frameBytes: number;
  /** The span of the samples, cut to the file. */
  data: Span;
  /**
   * Bytes of samples that the header states; null when it does not, as for a recording that was written to a
   * pipe.
   */
  promised: number | null;
  /** Tag chunks: LIST and id3. */
  tags: { name: "LIST" | "id3"; span: Span }[];
  littleEndian: boolean;
  /** Whether 8 bit samples are signed, as in AIFF. */
  signedBytes?: boolean;
}

/** Of a WAV or an AIFF; what follows is not read. */
export const MAX_CHUNKS = 1000;
/** Sizes from here on, and 0, mean "unknown": programs that write to a pipe leave them like this. */
const UNKNOWN_SIZE = 0x7fff_0000;
const EXTENSIBLE = 0xfffe;

const isName = (bytes: Uint8Array) => bytes.every((byte) => byte >= 0x20 && byte < 0x7f);

/** Throws when the file has no chunk of format or samples. */
export async function readWav(file: MediaFile): Promise<WavFacts> {
  const littleEndian = ascii(await file.read(0, 4), 0, 4) !== "RIFX";
  let format: Pick<WavFacts, "formatTag" | "channels" | "sampleRate" | "bits" | "frameBytes"> | null = null;
  let found: Pick<WavFacts, "data" | "promised"> | null = null;
  let longSize = 0;
  const tags: WavFacts["tags"] = [];
  let at = 12;
  for (let i = 0; i < MAX_CHUNKS && at + 8 <= file.bytes; i++) {
    const head = await file.read(at, at + 48);
    const view = new DataView(head.buffer);
    const name = ascii(head, 0, 4);
    const size = view.getUint32(4, littleEndian);
    const start = at + 8;
    if (name === "fmt " && size >= 14 && head.length >= 24) {
      const tag = view.getUint16(8, littleEndian);
      format = {
        formatTag: tag === EXTENSIBLE && head.length >= 34 ? view.getUint16(32, littleEndian) : tag,
        channels: view.getUint16(10, littleEndian),
        sampleRate: view.getUint32(12, littleEndian),
        frameBytes: view.getUint16(20, littleEndian),
        bits: size < 16 ? 8 : view.getUint16(22, littleEndian),
      };
    } else if (name === "ds64" && head.length >= 24) {
      longSize = Number(view.getBigUint64(16, true));
    } else if (name === "data" && !found) {
      const stated = size >= UNKNOWN_SIZE && longSize > 0 ? longSize : size;
      const known =
        stated > 0 && (stated < UNKNOWN_SIZE || stated === longSize) && Number.isSafeInteger(stated);
      const end = known ? Math.min(file.bytes, start + stated) : file.bytes;
      found = { data: { start, end }, promised: known ? stated : null };
      if (end === file.bytes) break;
    } else if (name === "LIST" || name.toLowerCase() === "id3 ") {
      const end = Math.min(file.bytes, start + size);
      tags.push({ name: name === "LIST" ? "LIST" : "id3", span: { start, end } });
    }
    at = start + size;
    // Chunks begin at even offsets, but not all writers obey this.
    if (size % 2 === 1) {
      const next = await file.read(at, at + 5);
      if (!isName(next.subarray(0, 4)) || isName(next.subarray(1))) at++;
    }
  }
  if (!format || !found) throw new Error("The WAV lacks its format or its samples.");
  return { ...format, ...found, tags, littleEndian };
}

/** The same samples after a minimal header with true sizes: mediabunny 1.61.0 takes a size of 0 literally. */
export function minimalWav(facts: WavFacts): View {
  const { littleEndian, formatTag, channels, sampleRate, frameBytes, bits, data } = facts;
  const head = new Uint8Array(44);
  const view = new DataView(head.buffer);
  const bytes = data.end - data.start;
  for (const [at, word] of [
    [0, littleEndian ? "RIFF" : "RIFX"],
    [8, "WAVEfmt "],
    [36, "data"],
  ] as const)
    head.set(new TextEncoder().encode(word), at);
  view.setUint32(4, Math.min(bytes + 36, 0xffff_ffff), littleEndian);
  view.setUint32(16, 16, littleEndian);
  view.setUint16(20, formatTag, littleEndian);
  view.setUint16(22, channels, littleEndian);
  view.setUint32(24, sampleRate, littleEndian);
  view.setUint32(28, Math.min(sampleRate * frameBytes, 0xffff_ffff), littleEndian);
  view.setUint16(32, frameBytes, littleEndian);
  view.setUint16(34, bits, littleEndian);
  view.setUint32(40, Math.min(bytes, 0xffff_ffff), littleEndian);
  return { head, ...data };
}

/**
 * mediabunny's name of the sample format. For a WAV with a big-endian header (RIFX), version 1.61.0 returns
 * the little-endian name, which is corrected here.
 */
export function pcmCodec(codec: string, wav: WavFacts | undefined): string {
  if (!wav) return codec;
  if (wav.signedBytes) return "pcm-s8";
  return wav.littleEndian ? codec : `${codec}be`;
}

const COMPRESSED: Record<number, string> = { 2: "ADPCM", 17: "ADPCM", 80: "MPEG audio", 85: "MP3" };
/** Bits of a sample by format tag. */
const WIDTHS: Record<number, number[]> = { 1: [8, 16, 24, 32], 3: [32, 64], 6: [8], 7: [8] };

/** What the file holds when its samples can't be read here; null when they can. */
export function unsupportedWav({ formatTag, bits, channels, frameBytes }: WavFacts): string | null {
  const widths = WIDTHS[formatTag];
  if (!widths) return COMPRESSED[formatTag] ?? `a codec that is not known here (${formatTag})`;
  return widths.includes(bits) && frameBytes * 8 === channels * bits ? null : `samples of ${bits} bits`;
}
