/** Cuts songs into the parts for a transcriber, and reads the parts. */
import {
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  Input,
  MATROSKA,
  Mp4OutputFormat,
  OggOutputFormat,
  Output,
  WebMOutputFormat,
} from "mediabunny";
import { type MediaFile, memoryFile } from "../../src/media/lib/source.ts";
import { nextPart, type SongPart } from "../../src/media/listening/next-part.ts";
import { CONTAINERS } from "../../src/media/song/container.ts";
import { probeSong } from "../../src/media/song/probe.ts";

/** A song's facts, as the probe finds them. */
export async function songOf(file: MediaFile) {
  const probed = await probeSong(file, { contentType: "", bytes: file.bytes });
  if (!probed.ok) throw new Error(probed.failure.message);
  return probed.audio;
}

/** All parts of a song, in order. */
export async function allParts(bytes: Uint8Array, mostBytes?: number): Promise<SongPart[]> {
  const song = await songOf(memoryFile(bytes));
  const parts: SongPart[] = [];
  do {
    const next = await nextPart(memoryFile(bytes), song, parts.at(-1)?.endSeconds ?? 0, mostBytes);
    if (!next.ok) throw new Error(next.failure.message);
    parts.push(next.part);
  } while (!parts.at(-1)?.last && parts.length < 50);
  return parts;
}

export interface Unpacked {
  /** mediabunny's name of the container. */
  container: string;
  tracks: number;
  codec: string | null;
  seconds: number;
  packets: EncodedPacket[];
}

/** Reads all packets of a sound file. */
export async function unpacked(bytes: Uint8Array): Promise<Unpacked> {
  using input = new Input({ source: new BufferSource(bytes), formats: [...CONTAINERS, MATROSKA] });
  const track = await input.getPrimaryAudioTrack();
  if (!track) throw new Error("There is no sound.");
  const packets: EncodedPacket[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
  return {
    container: (await input.getFormat()).name,
    tracks: (await input.getTracks()).length,
    codec: await track.getCodec(),
    seconds: await track.computeDuration(),
    packets,
  };
}

/** A recording, repeated packet by packet in another container: makes long songs of short ones. */
export async function looped(
  bytes: Uint8Array,
  times: number,
  into: "m4a" | "ogg" | "webm",
): Promise<Uint8Array> {
  using input = new Input({ source: new BufferSource(bytes), formats: CONTAINERS });
  const track = await input.getPrimaryAudioTrack();
  const codec = await track?.getCodec();
  const decoderConfig = (await track?.getDecoderConfig()) ?? undefined;
  if (!track || !codec) throw new Error("There is no sound.");
  const { packets } = await unpacked(bytes);
  const formats = {
    m4a: () => new Mp4OutputFormat(),
    ogg: () => new OggOutputFormat(),
    webm: () => new WebMOutputFormat(),
  };
  const target = new BufferTarget();
  const output = new Output({ format: formats[into](), target });
  const source = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(source);
  await output.start();
  let at = 0;
  for (let i = 0; i < times; i++) {
    for (const packet of packets) {
      await source.add(packet.clone({ timestamp: at }), { decoderConfig });
      at += packet.duration;
    }
  }
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
}

/** The same bytes, repeated: for formats that consist of frames only. */
export function repeated(bytes: Uint8Array, times: number): Uint8Array {
  const out = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) out.set(bytes, i * bytes.length);
  return out;
}

/** A WAV of 16 bit samples, from a function of time (in seconds) and channel to values from -1 to 1. */
export function wavOf(
  seconds: number,
  wave: (at: number, channel: number) => number,
  { sampleRate = 16_000, channels = 1 } = {},
): Uint8Array {
  const count = Math.round(seconds * sampleRate);
  const bytes = new Uint8Array(44 + count * channels * 2);
  const view = new DataView(bytes.buffer);
  const ascii = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  ascii(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  ascii(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  ascii(36, "data");
  view.setUint32(40, bytes.length - 44, true);
  for (let i = 0, at = 44; i < count; i++) {
    for (let c = 0; c < channels; c++, at += 2) {
      const value = Math.round(wave(i / sampleRate, c) * 32_768);
      view.setInt16(at, Math.max(-32_768, Math.min(32_767, value)), true);
    }
  }
  return bytes;
}
