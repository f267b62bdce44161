/** Measures a song's duration by its frames or samples, and its bit rate. */
import { EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import type { AudioFormat } from "../../domain/record/record.ts";
import { flacInfo } from "../codecs/flac-decoder.ts";
import type { MediaFile, View } from "../lib/source.ts";
import { countAdts } from "./adts-frames.ts";
import { countFlac } from "./flac-frames.ts";
import { countMp3, type Mp3Stream } from "./mp3-frames.ts";
import { type Layout, sumPackets } from "./open-song.ts";
import type { Span } from "./outer-tags.ts";
import type { WavFacts } from "./wav.ts";

export interface Length {
  /** As decoders play it: without the padding of MP3 encoders, if the file states it. */
  seconds: number;
  /** The duration that the file's header states; null when it does not. */
  promised: number | null;
  /** Of the sound, without headers and tags; for an Ogg with its page headers. */
  bitsPerSecond: number;
  /** Duration of an MP3's frame, for tags that count in frames; null for other formats. */
  mpegFrameSeconds: number | null;
}
/** `tooLong`: `seconds` is an estimate. `missing`: `announced` is the file size that the header implies. */
export type Measured =
  | { kind: "length"; length: Length }
  | { kind: "tooLong"; seconds: number }
  | { kind: "missing"; announced: number }
  | { kind: "unindexed" }
  | { kind: "unsupported"; what: string }
  | { kind: "damaged" };

const lengthOf = (seconds: number, bytes: number, rest: Partial<Length> = {}): Measured => ({
  kind: "length",
  length: {
    seconds,
    promised: null,
    bitsPerSecond: seconds > 0 ? (bytes * 8) / seconds : 0,
    mpegFrameSeconds: null,
    ...rest,
  },
});
const damaged: Measured = { kind: "damaged" };

async function measureMp3(file: MediaFile, mp3: Mp3Stream, most: number): Promise<Measured> {
  const { header, info, span } = mp3;
  if (header.layer !== 3) return { kind: "unsupported", what: `MPEG audio of layer ${header.layer}` };
  const { frames, samples, bytes, reached, promisedFrames } = await countMp3(file, mp3, most);
  const share = (span.end - span.start) / (reached - span.start);
  if (samples > most * header.sampleRate)
    return { kind: "tooLong", seconds: (samples / header.sampleRate) * share };
  // If less than half of the bytes are frames, their headers are chance hits.
  if (2 * bytes < reached - span.start) return damaged;
  const mpegFrameSeconds = header.samples / header.sampleRate;
  const skipped = info?.skipped ?? { start: 0, end: 0 };
  const whole = promisedFrames !== null && frames >= promisedFrames;
  const played = samples - skipped.start - (whole ? skipped.end : 0);
  return lengthOf(played / header.sampleRate, bytes, {
    bitsPerSecond: (bytes * 8 * header.sampleRate) / Math.max(1, samples),
    promised: promisedFrames === null ? null : promisedFrames * mpegFrameSeconds,
    mpegFrameSeconds,
  });
}

async function measureAdts(file: MediaFile, span: Span, most: number): Promise<Measured> {
  const counted = await countAdts(file, span, most);
  if (!counted) return damaged;
  const { samples, bytes, sampleRate, reached, broken } = counted;
  const seconds = samples / sampleRate;
  if (seconds > most) {
    const share = (span.end - span.start) / (reached - span.start);
    return { kind: "tooLong", seconds: seconds * share };
  }
  return broken ? damaged : lengthOf(seconds, bytes);
}

function measureWav(wav: WavFacts): Measured {
  const { data, promised, sampleRate, frameBytes } = wav;
  const there = data.end - data.start;
  // The last byte is often missing.
  if (promised !== null && there + 1 < promised) return { kind: "missing", announced: data.start + promised };
  const samples = Math.floor(there / frameBytes);
  return lengthOf(samples / sampleRate, samples * frameBytes);
}

async function measureFlac(file: MediaFile, view: View, most: number): Promise<Measured> {
  const { totalSamples, sampleRate } = flacInfo(view.head);
  const counted = sampleRate > 0 ? await countFlac(file, view, most * sampleRate) : null;
  if (!counted) return damaged;
  const seconds = counted.samples / sampleRate;
  const promised = totalSamples > 0 ? totalSamples / sampleRate : null;
  if (seconds > most) return { kind: "tooLong", seconds: promised ?? seconds };
  if (counted.broken && promised === null) return damaged;
  return lengthOf(seconds, counted.bytes, { promised });
}

/** Measures with mediabunny, which also reads these formats when the film is made. */
async function measureTrack(
  file: MediaFile,
  track: InputAudioTrack,
  format: AudioFormat,
  most: number,
): Promise<Measured> {
  const stated = await track.getDurationFromMetadata();
  if (stated !== null && stated > most) return { kind: "tooLong", seconds: stated };
  const promised = stated && Number.isFinite(stated) ? stated : null;
  const sink = new EncodedPacketSink(track);
  if (!(await sink.getFirstPacket({ metadataOnly: true }))) return lengthOf(0, 0, { promised });
  if (format === "ogg") return lengthOf(await track.computeDuration(), file.bytes, { promised });
  const { bytes, seconds } = await sumPackets(track);
  if (!(await sink.getPacket(Number.POSITIVE_INFINITY))) return { kind: "unindexed" };
  return lengthOf(seconds, bytes, { promised });
}

/** Measures a song, and stops after `most` seconds. */
export async function measureSong(
  file: MediaFile,
  track: InputAudioTrack,
  format: AudioFormat,
  { mp3, wav, flac, view }: Layout,
  most: number,
): Promise<Measured> {
  if (mp3) return measureMp3(file, mp3, most);
  if (wav) return measureWav(wav);
  if (flac) return measureFlac(file, flac.view, most);
  if (format === "aac" && view) return measureAdts(file, view, most);
  return measureTrack(file, track, format, most);
}

/** Whether a song is cut off. Headers round and encoders pad, so a small difference is ignored. */
export const isCutOff = ({ seconds, promised }: Length) =>
  promised !== null && seconds < promised - Math.max(0.5, promised * 0.02);
