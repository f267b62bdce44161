/** The song's sound in the form in which the film carries it. */
import { EncodedPacket, EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import { FLAC_BLOCK, type FlacStream, flacFrame, flacHeader } from "../codecs/flac-encoder.ts";
import type { CodecModules } from "../codecs/modules.ts";
import { packetsOf } from "../lib/packets.ts";
import type { MediaFile } from "../lib/source.ts";
import { codedSamples } from "../song/coded-samples.ts";
import { flacPackets } from "../song/flac-frames.ts";
import type { Layout } from "../song/open-song.ts";
import { type CountedSamples, type SongLayout, samplesOf } from "../song/samples.ts";
import { trackCodec, trackConfig } from "../song/track-codec.ts";
import { asAac } from "./aac-sound.ts";
import type { Sound } from "./coded-sound.ts";

/**
 * Samples encoded as FLAC. MP4's form for uncompressed sound (ipcm) does not play in most browsers, and older
 * decoders misread it; no browser plays Vorbis in MP4, and only Safari plays Apple Lossless. FLAC holds the
 * same samples and plays. Samples of more than 24 bits are rounded.
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

/** Codecs that MP4 carries and browsers play from it. */
const COPIED: ReadonlySet<string | null> = new Set(["mp3", "aac", "flac", "opus"]);

/**
 * The song's own packets, byte for byte, when they play from an MP4; any other codec that can be decoded here
 * as FLAC, sample for sample. Null when it can't be decoded.
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

/**
 * AAC of any kind is copied; anything else is encoded as AAC, up to `endSeconds`. Null when it can't be read.
 */
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
