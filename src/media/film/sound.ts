/** The song as the film carries it. */
import { type AudioCodec, EncodedPacket, EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import { FLAC_BLOCK, type FlacStream, flacFrame, flacHeader } from "../codecs/flac-encoder.ts";
import type { CodecModules } from "../codecs/modules.ts";
import { packetsOf } from "../lib/packets.ts";
import type { MediaFile } from "../lib/source.ts";
import { codedSamples } from "../song/coded-samples.ts";
import { flacPackets } from "../song/flac-frames.ts";
import type { SongPacket } from "../song/frames.ts";
import type { Layout } from "../song/open-song.ts";
import { type CountedSamples, type SongLayout, samplesOf } from "../song/samples.ts";
import { trackCodec, trackConfig } from "../song/track-codec.ts";
import { asAac } from "./aac-sound.ts";

export interface Sound {
  codec: AudioCodec;
  config: AudioDecoderConfig;
  /** Seconds that each packet lasts, where all do and it is known. */
  packetSeconds?: number;
  packets(): AsyncGenerator<SongPacket, void, unknown>;
}

/**
 * MP4 has a form for uncompressed sound (ipcm) that most browsers don't play and older decoders
 * misread, and none of them plays Vorbis or, but for Safari, Apple Lossless; FLAC holds the same
 * samples and plays. What is finer than 24 bits is rounded to them.
 */
function asFlac(samples: CountedSamples): Sound {
  const { sampleRate, channels, bits, totalSamples } = samples;
  const stream: FlacStream = { sampleRate, channels, bits, totalSamples };
  return {
    codec: "flac",
    config: { codec: "flac", sampleRate, numberOfChannels: channels, description: flacHeader(stream) },
    async *packets() {
      let index = 0;
      for await (const block of samples.blocks()) {
        const start = (index * FLAC_BLOCK) / sampleRate;
        const seconds = (block[0]?.length ?? 0) / sampleRate;
        yield new EncodedPacket(flacFrame(stream, index, block), "key", start, seconds);
        index++;
      }
    },
  };
}

/** What MP4 carries and browsers play from it. */
const COPIED: ReadonlySet<string | null> = new Set(["mp3", "aac", "flac", "opus"]);

/**
 * The song's own packets, byte for byte, where they play from an MP4; what else can be decoded here
 * as FLAC, sample for sample. Null where it can't.
 */
export async function originalSound(
  file: MediaFile,
  track: InputAudioTrack,
  layout: SongLayout,
): Promise<Sound | null> {
  const codec = await trackCodec(track);
  if (!codec || !COPIED.has(codec)) {
    const samples = await samplesOf(file, track, layout);
    return samples && asFlac(samples);
  }
  const config = await trackConfig(track);
  if (!config) return null;
  const { flac } = layout;
  const packets = () => (flac ? flacPackets(file, flac.view, config.sampleRate) : packetsOf(track));
  return { codec, config, packets };
}

/** AAC of any kind as it is, and all else made AAC, as far as `endSeconds`. Null where it can't be read. */
export async function aacSound(
  file: MediaFile,
  track: InputAudioTrack,
  layout: SongLayout & Pick<Layout, "mp3">,
  modules: CodecModules,
  endSeconds: number,
): Promise<Sound | null> {
  if ((await trackCodec(track)) === "aac") return originalSound(file, track, layout);
  const { mp3, flac } = layout;
  const samples = (await codedSamples(file, track, mp3, modules)) ?? (await samplesOf(file, track, layout));
  if (!samples) return null;
  const isStream = mp3 !== undefined || flac !== undefined;
  const first = isStream ? null : await new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true });
  return asAac(samples, Math.max(0, first?.timestamp ?? 0), modules.aacEncoder, endSeconds);
}
