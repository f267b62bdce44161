/** Decodes the fixtures' sound, for tests that compare it with ffmpeg's decoding. */
import { createHash } from "node:crypto";
import type { InputAudioTrack } from "mediabunny";
import { packetsOf } from "../../src/media/lib/packets.ts";
import { type MediaFile, memoryFile } from "../../src/media/lib/source.ts";
import { codedSamples } from "../../src/media/song/coded-samples.ts";
import { type Layout, openSong } from "../../src/media/song/open-song.ts";
import { type CountedSamples, type Samples, samplesOf } from "../../src/media/song/samples.ts";
import { codecs } from "./codecs.ts";
import { fixture } from "./media.ts";

export interface OpenSong {
  file: MediaFile;
  track: InputAudioTrack;
  layout: Layout;
}

/** A song's track; the caller need not dispose it. */
export async function openTrack(bytes: Uint8Array): Promise<OpenSong> {
  const file = memoryFile(bytes);
  const opened = await openSong(file);
  const track = await opened?.input.getPrimaryAudioTrack();
  if (!opened || !track) throw new Error("no track");
  return { file, track, layout: opened.layout };
}

export async function samplesIn(bytes: Uint8Array): Promise<CountedSamples> {
  const { file, track, layout } = await openTrack(bytes);
  const samples = await samplesOf(file, track, layout);
  if (!samples) throw new Error("not decoded here");
  return samples;
}

export const samplesOfFixture = (name: string) => samplesIn(fixture(`audio/${name}`));

export async function packetsOfFixture(name: string): Promise<Uint8Array[]> {
  const { track } = await openTrack(fixture(`audio/${name}`));
  return (await all(packetsOf(track))).map(({ data }) => data);
}

/** All values of a source, in order. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const one of source) out.push(one);
  return out;
}

/** All samples of each channel. */
export async function wholeChannels({
  channels,
  blocks,
}: Pick<Samples, "channels" | "blocks">): Promise<number[][]> {
  const whole = Array.from({ length: channels }, (): number[] => []);
  for await (const block of blocks()) {
    for (const [c, row] of whole.entries()) for (const value of block[c] ?? []) row.push(value);
  }
  return whole;
}

/** The MD5 that `ffmpeg -i <file> -f s32le -c:a pcm_s32le - | md5sum` prints. */
export function md5AsFfmpeg(channels: readonly (readonly number[])[], bits: number): string {
  const length = channels[0]?.length ?? 0;
  const out = new Int32Array(length * channels.length);
  for (const [c, row] of channels.entries()) {
    for (const [i, value] of row.entries()) out[i * channels.length + c] = value << (32 - bits);
  }
  return createHash("md5").update(new Uint8Array(out.buffer)).digest("hex");
}

/** A song as this project decodes it, mixed to one channel, from -1 to 1. */
export async function soundOf(bytes: Uint8Array): Promise<{ sampleRate: number; mono: Float32Array }> {
  const { file, track, layout } = await openTrack(bytes);
  const samples =
    (await codedSamples(file, track, layout.mp3, codecs)) ?? (await samplesOf(file, track, layout));
  if (!samples) throw new Error("not decoded here");
  const whole = await wholeChannels(samples);
  const scale = 2 ** (1 - samples.bits) / samples.channels;
  const mono = Float32Array.from(
    whole[0] ?? [],
    (_, i) => scale * whole.reduce((sum, row) => sum + (row[i] ?? 0), 0),
  );
  return { sampleRate: samples.sampleRate, mono };
}
