/** A song's sound mixed to one channel, readable from any sample on. */
import { EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import { type PcmForm, pcmForm } from "../codecs/pcm.ts";
import type { MediaFile } from "../lib/source.ts";
import { type Samples, type SongLayout, samplesOf } from "../song/samples.ts";
import { pcmCodec } from "../song/wav.ts";

type Blocks = AsyncGenerator<Float32Array, void, unknown>;

export interface Mono {
  sampleRate: number;
  /** An estimate where only reading all samples would give the exact number. */
  totalSamples: number;
  /** The mean of all channels from sample `from` on, in the range of 16 bits (-32,768 to 32,767). */
  blocks(from: number): Blocks;
}

/** Uncompressed sound is read directly from sample `from` on. */
async function* uncompressed(track: InputAudioTrack, form: PcmForm, rate: number, from: number): Blocks {
  const channels = await track.getNumberOfChannels();
  const scale = 2 ** (16 - form.bits) / channels;
  const stride = form.bytesPerSample * channels;
  const sink = new EncodedPacketSink(track);
  let packet = await sink.getPacket(from / rate);
  let skip = packet ? from - Math.round(packet.timestamp * rate) : 0;
  for (; packet; packet = await sink.getNextPacket(packet)) {
    const { data } = packet;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const mono = new Float32Array(Math.floor(data.length / stride));
    for (let i = 0, at = 0; i < mono.length; i++) {
      let sum = 0;
      for (let c = 0; c < channels; c++, at += form.bytesPerSample) sum += form.read(view, at);
      mono[i] = sum * scale;
    }
    if (skip < mono.length) yield mono.subarray(skip);
    skip = Math.max(0, skip - mono.length);
  }
}

/** Compressed sound is decoded from its start, and the first `from` samples are dropped. */
async function* decoded(samples: Samples, from: number): Blocks {
  const scale = 2 ** (16 - samples.bits) / samples.channels;
  let skip = from;
  for await (const rows of samples.blocks()) {
    const size = rows[0]?.length ?? 0;
    if (skip < size) {
      const mono = new Float32Array(size);
      for (const row of rows) for (let i = 0; i < size; i++) mono[i] = (mono[i] ?? 0) + (row[i] ?? 0) * scale;
      yield mono.subarray(skip);
    }
    skip = Math.max(0, skip - size);
  }
}

/** Null when the song's codec can't be decoded here. */
export async function monoOf(
  file: MediaFile,
  track: InputAudioTrack,
  layout: SongLayout,
): Promise<Mono | null> {
  const samples = await samplesOf(file, track, layout);
  if (!samples) return null;
  const { sampleRate, totalSamples } = samples;
  const form = pcmForm(pcmCodec((await track.getCodec()) ?? "", layout.wav));
  const blocks = (from: number) =>
    form ? uncompressed(track, form, sampleRate, from) : decoded(samples, from);
  return { sampleRate, totalSamples, blocks };
}
