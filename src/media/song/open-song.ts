/** Opens a song with mediabunny, whatever its container. */
import {
  ADTS,
  FLAC,
  Input,
  type InputAudioTrack,
  type InputFormat,
  Logging,
  LogLevel,
  MATROSKA,
  MP3,
  MP4,
  QTFF,
  UnsupportedInputFormatError,
  WAVE,
  WEBM,
} from "mediabunny";
import { checkIndex } from "../lib/mp4-index.ts";
import { packetsOf } from "../lib/packets.ts";
import type { MediaFile, View } from "../lib/source.ts";
import { type AiffFacts, isAiff, readAiff } from "./aiff.ts";
import { CONTAINERS } from "./container.ts";
import { type FlacBlocks, readFlacBlocks } from "./flac-blocks.ts";
import { type Mp3Stream, openMp3 } from "./mp3-frames.ts";
import { beforeTrailingTags, leadingTags, type Span } from "./outer-tags.ts";
import { minimalWav, readWav, type WavFacts } from "./wav.ts";

/** What we read of a file ourselves, before mediabunny reads its sound. */
export interface Layout {
  /** What mediabunny sees of the file; undefined: the whole file. */
  view?: View;
  /** ID3v2 tags before the sound. */
  id3: Span[];
  /** Offset of the ID3v1 tag. */
  id3v1?: number | null;
  mp3?: Mp3Stream;
  flac?: FlacBlocks;
  wav?: WavFacts;
  /** The same facts, when the file is an AIFF; mediabunny sees it as a WAV. */
  aiff?: AiffFacts;
}

export interface OpenSong {
  input: Input;
  container: InputFormat;
  layout: Layout;
}

/**
 * Containers in which mediabunny 1.61.0 can loop endlessly over a damaged file: it searches the last 8 bytes
 * again and again (`resync` in its matroska/ebml.ts).
 */
const WATCHED = new Set<InputFormat>([WEBM, MATROSKA]);
const INDEXED = new Set<InputFormat>([MP4, QTFF]);

// Its warnings are about users' files: an operator can't do anything about them.
Logging.level = LogLevel.Errors;

const spanView = ({ start, end }: Span): View => ({ head: new Uint8Array(), start, end });

async function containerOf(file: MediaFile, span: Span): Promise<InputFormat | null> {
  using input = new Input({ source: file.source(false, spanView(span)), formats: CONTAINERS });
  try {
    return await input.getFormat();
  } catch (error) {
    if (error instanceof UnsupportedInputFormatError) return null;
    throw error;
  }
}

/** Streams of frames, which may have tags before and after them. */
const TAGGED = new Set<InputFormat>([MP3, ADTS, FLAC]);

/** Tags and headers can be of any size, wrong or hostile, so mediabunny sees only the sound. */
async function layoutOf(
  file: MediaFile,
  container: InputFormat,
  start: number,
): Promise<Omit<Layout, "id3">> {
  if (container === WAVE) {
    const wav = await readWav(file);
    return { wav, view: minimalWav(wav) };
  }
  if (!TAGGED.has(container)) return {};
  const { end, id3v1 } = await beforeTrailingTags(file, start);
  if (container === ADTS) return { id3v1, view: spanView({ start, end }) };
  if (container === FLAC) {
    const flac = await readFlacBlocks(file, { start, end });
    return { id3v1, flac, view: flac.view };
  }
  const mp3 = await openMp3(file, { start, end });
  if (!mp3) throw new Error("No frame follows another.");
  return { id3v1, mp3, view: spanView(mp3.span) };
}

/**
 * The caller disposes the input. Null for an unsupported container; throws when the index or the headers are
 * damaged.
 */
export async function openSong(file: MediaFile): Promise<OpenSong | null> {
  if (isAiff(await file.read(0, 12))) {
    const aiff = await readAiff(file);
    const layout = { id3: [], wav: aiff, aiff, view: minimalWav(aiff) };
    const source = file.source(false, layout.view);
    return { input: new Input({ source, formats: [WAVE] }), container: WAVE, layout };
  }
  const { id3, end: start } = await leadingTags(file);
  let container = await containerOf(file, { start, end: file.bytes });
  // After a tag, an MP3 may have more bytes without sound than mediabunny skips.
  if (!container && id3.length > 0 && (await openMp3(file, { start, end: file.bytes }))) container = MP3;
  if (!container || (start > 0 && !TAGGED.has(container))) return null;
  if (INDEXED.has(container)) await checkIndex(file);
  const layout = { id3, ...(await layoutOf(file, container, start)) };
  const source = file.source(WATCHED.has(container), layout.view);
  return { input: new Input({ source, formats: [container] }), container, layout };
}

/** The number, bytes and end of a track's packets, without reading their contents. */
export interface PacketSum {
  count: number;
  bytes: number;
  /** End of the last packet. */
  seconds: number;
}

/** No song has more: packets of 2.5 milliseconds, the shortest possible, would last an hour. */
const MAX_PACKETS = 1_500_000;

/**
 * Reads a track's index, or the whole file without one. Throws when times run backwards, because that can be
 * endless.
 */
export async function sumPackets(track: InputAudioTrack): Promise<PacketSum> {
  const sum = { count: 0, bytes: 0, seconds: 0 };
  let last = Number.NEGATIVE_INFINITY;
  for await (const { timestamp, duration, byteLength } of packetsOf(track, { metadataOnly: true })) {
    if (timestamp < last) throw new Error("The packets are not in order.");
    if (sum.count++ > MAX_PACKETS) throw new Error("The packets have no end.");
    last = timestamp;
    sum.bytes += byteLength;
    sum.seconds = Math.max(sum.seconds, timestamp + duration);
  }
  return sum;
}
