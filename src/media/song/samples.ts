/** Decodes a song's sound to whole numbers, with our own decoders, because a Worker has none. */
import { EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import { alacDecoder } from "../codecs/alac-decoder.ts";
import { flacDecoder, flacInfo } from "../codecs/flac-decoder.ts";
import { type PcmForm, pcmForm } from "../codecs/pcm.ts";
import { VORBIS_BITS, vorbisDecoder } from "../codecs/vorbis-decoder.ts";
import { vorbisSetup } from "../codecs/vorbis-setup.ts";
import { packetsOf } from "../lib/packets.ts";
import type { MediaFile } from "../lib/source.ts";
import { alacCookie, isAlac } from "./alac-cookie.ts";
import { countFlac, flacPackets } from "./flac-frames.ts";
import type { SongPacket } from "./frames.ts";
import type { Layout } from "./open-song.ts";
import { pcmCodec, type WavFacts } from "./wav.ts";

/** The most samples of each channel in a block. */
export const BLOCK_SAMPLES = 4096;

export interface Samples {
  sampleRate: number;
  channels: number;
  /** Bits of a sample: values are from -(2 ** (bits - 1)) to 2 ** (bits - 1) - 1. */
  bits: 16 | 24;
  /**
   * Blocks of one row for each channel, of equal length: `BLOCK_SAMPLES`, fewer in the last block. The arrays
   * are new each time. Throws `SoundDamaged`, and errors of reading the file.
   */
  blocks(): Blocks;
}
export type Blocks = AsyncGenerator<Int32Array[], void, unknown>;

export interface CountedSamples extends Samples {
  /** Of each channel; an estimate where only decoding would give the exact number. */
  totalSamples: number;
}

/** The parts of a file's layout that its samples depend on. */
export type SongLayout = Pick<Layout, "flac" | "wav">;

/** Thrown when a packet of the song can't be decoded; trying again does not help. */
export class SoundDamaged extends Error {
  override name = "SoundDamaged";

  constructor(seconds: number, cause: unknown) {
    super(`The song is damaged at ${seconds.toFixed(1)} seconds.`, { cause });
  }
}

type Decode = (packet: Uint8Array) => Int32Array[];
type Form = Pick<Samples, "sampleRate" | "channels" | "bits"> & {
  /** Of each channel; 0 or undefined when only the track or its frames have it. */
  totalSamples?: number;
  /** Whether the last packet may decode to more samples than the song has. */
  isPadded?: boolean;
  /** Makes a function that decodes packets in order, from the first one on. */
  decoder(): Decode;
};

function decodeOrThrow(decode: Decode, packet: Uint8Array, seconds: number): Int32Array[] {
  try {
    return decode(packet);
  } catch (error) {
    throw new SoundDamaged(seconds, error);
  }
}

/** A decoded packet with its time in seconds. */
export interface DecodedPacket {
  timestamp: number;
  rows: Int32Array[];
}

/** More than the rounding of times, and less than a listener notices as out of sync. */
export const GAP_SECONDS = 0.02;
/** A Vorbis packet's time may be that of its middle or of its start, depending on the block sizes. */
const VORBIS_GAP_SECONDS = 0.06;
const MAX_GAP_SECONDS = 30 * 60;

/**
 * Inserts silence where packets are missing: where a packet's time is more than `tolerance` seconds after the
 * end of the samples before it. Otherwise everything after a gap would play too early.
 */
export async function* withSilenceInGaps(
  source: AsyncIterable<DecodedPacket>,
  rate: number,
  channels: number,
  tolerance: number,
): Blocks {
  let yielded = 0;
  /** Difference between packets' times and the samples' times when nothing is missing. */
  let usualOffset = Number.POSITIVE_INFINITY;
  for await (const { timestamp, rows } of source) {
    const offset = timestamp - yielded / rate;
    if (yielded > 0 && offset - usualOffset > tolerance) {
      let missing = Math.round(Math.min(offset - usualOffset, MAX_GAP_SECONDS) * rate);
      yielded += missing;
      for (; missing > 0; missing -= BLOCK_SAMPLES) {
        const length = Math.min(missing, BLOCK_SAMPLES);
        yield Array.from({ length: channels }, () => new Int32Array(length));
      }
    } else if (yielded > 0) usualOffset = Math.min(usualOffset, offset);
    yielded += rows[0]?.length ?? 0;
    yield rows;
  }
}

/** Decodes packets, and drops samples before the track's start. */
async function* decodedOrThrown(
  packets: AsyncIterable<Pick<SongPacket, "data" | "timestamp">>,
  { sampleRate, decoder }: Form,
): AsyncGenerator<DecodedPacket, void, unknown> {
  const decode = decoder();
  for await (const { data, timestamp } of packets) {
    const before = Math.max(0, -Math.round(timestamp * sampleRate));
    const rows = decodeOrThrow(decode, data, timestamp).map((row) => row.subarray(before));
    yield { timestamp: Math.max(0, timestamp), rows };
  }
}

/** The blocks cut after `limit` samples. */
async function* limited(source: Blocks, limit: number): Blocks {
  let left = limit;
  for await (const rows of source) {
    yield rows.map((row) => row.subarray(0, left));
    left -= Math.min(left, rows[0]?.length ?? 0);
  }
}

/** Blocks of any size, cut into blocks of `BLOCK_SAMPLES`. */
export async function* reblocked(source: Blocks, channels: number): Blocks {
  let open: Int32Array[] | null = null;
  let filled = 0;
  for await (const block of source) {
    const length = block[0]?.length ?? 0;
    if (filled === 0 && length === BLOCK_SAMPLES) {
      yield block;
      continue;
    }
    for (let at = 0; at < length; ) {
      open ??= Array.from({ length: channels }, () => new Int32Array(BLOCK_SAMPLES));
      const taken = Math.min(length - at, BLOCK_SAMPLES - filled);
      for (const [c, row] of open.entries()) row.set(block[c]?.subarray(at, at + taken) ?? [], filled);
      at += taken;
      filled += taken;
      if (filled < BLOCK_SAMPLES) continue;
      yield open;
      open = null;
      filled = 0;
    }
  }
  if (open) yield open.map((row) => row.subarray(0, filled));
}

/** Makes a function that reads packets of uncompressed sound. */
const pcmDecoder = (form: PcmForm, channels: number) => (packet: Uint8Array) => {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const stride = form.bytesPerSample * channels;
  return Array.from({ length: channels }, (_, c) => {
    const row = new Int32Array(Math.floor(packet.length / stride));
    for (let i = 0; i < row.length; i++) row[i] = form.read(view, i * stride + c * form.bytesPerSample);
    return row;
  });
};

const outputBits = (bits: number) => (bits > 16 ? 24 : 16);

async function formOf(
  file: MediaFile,
  track: InputAudioTrack,
  wav: WavFacts | undefined,
): Promise<Form | null> {
  if (await isAlac(track)) {
    const config = await alacCookie(file, track);
    const bits = outputBits(config.bits);
    return { ...config, bits, decoder: () => alacDecoder(config, bits) };
  }
  const codec = await track.getCodec();
  const description = (await track.getDecoderConfig())?.description;
  if (codec === "flac" && description instanceof Uint8Array) {
    const info = flacInfo(description);
    const bits = outputBits(info.bits);
    return { ...info, bits, decoder: () => flacDecoder(info, bits) };
  }
  if (codec === "vorbis" && description instanceof Uint8Array) {
    const setup = vorbisSetup(description);
    return { ...setup, bits: VORBIS_BITS, isPadded: true, decoder: () => vorbisDecoder(setup) };
  }
  const form = codec && pcmForm(pcmCodec(codec, wav));
  if (!form) return null;
  const [sampleRate, channels] = [await track.getSampleRate(), await track.getNumberOfChannels()];
  const { bits } = form;
  return { sampleRate, channels, bits, decoder: () => pcmDecoder(form, channels) };
}

async function countSamples(track: InputAudioTrack, sampleRate: number): Promise<number> {
  // Without a first packet there is no last one, and mediabunny would search a FLAC for it endlessly.
  const first = await new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true });
  const seconds = first ? (await track.computeDuration()) - Math.max(0, first.timestamp) : 0;
  return Math.round(seconds * sampleRate);
}

/**
 * The samples of a song in PCM, FLAC, Apple Lossless or Vorbis; null for other codecs (MP3 and Opus: see
 * coded-samples.ts; AAC is not decoded). `track` is a track of the file; the layout comes from `openSong`.
 */
export async function samplesOf(
  file: MediaFile,
  track: InputAudioTrack,
  { flac, wav }: SongLayout,
): Promise<CountedSamples | null> {
  const form = await formOf(file, track, wav);
  if (!form) return null;
  const { sampleRate, channels, bits } = form;
  const counted = async () =>
    flac
      ? ((await countFlac(file, flac.view, Number.POSITIVE_INFINITY))?.samples ?? 0)
      : await countSamples(track, sampleRate);
  const totalSamples = form.totalSamples || (await counted());
  // Only a container whose time unit is one sample states the exact number of samples.
  const isExact = form.isPadded && (await track.getTimeResolution()) === sampleRate;
  const limit = isExact ? totalSamples : Number.POSITIVE_INFINITY;
  const gap = form.isPadded ? VORBIS_GAP_SECONDS : GAP_SECONDS;
  return {
    sampleRate,
    channels,
    bits,
    totalSamples,
    blocks: () => {
      const packets = flac ? flacPackets(file, flac.view, sampleRate) : packetsOf(track);
      const whole = withSilenceInGaps(decodedOrThrown(packets, form), sampleRate, channels, gap);
      return reblocked(limited(whole, limit), channels);
    },
  };
}
