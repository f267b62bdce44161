/** Samples of sound that is decoded by WebAssembly: MP3 and Opus. */
import { EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import { mp3Packets } from "../film/mp3-packets.ts";
import { packetsOf } from "../packets.ts";
import type { Mp3Stream } from "../song/mp3-frames.ts";
import { trackCodec, trackConfig } from "../song/track-codec.ts";
import type { MediaFile } from "../source.ts";
import type { CodecModules } from "./modules.ts";
import { MP3_BITS, mp3Decoder } from "./mp3-decoder.ts";
import { OPUS_BITS, OPUS_RATE, opusDecoder } from "./opus-decoder.ts";
import { opusHead } from "./opus-packet.ts";
import { type Blocks, even, type Samples } from "./samples.ts";

type Decode = (packet: Uint8Array) => Int32Array[];
type Packets = AsyncIterable<{ data: Uint8Array }>;

async function* singly<T>(source: AsyncIterable<readonly T[]>): AsyncGenerator<T, void, unknown> {
  for await (const some of source) yield* some;
}

/** Without the first samples, which only prepare the decoder. */
async function* behind(packets: Packets, decode: Decode, skipped: number): Blocks {
  let left = skipped;
  for await (const { data } of packets) {
    const rows = decode(data);
    const length = rows[0]?.length ?? 0;
    if (left < length) yield left > 0 ? rows.map((row) => row.subarray(left)) : rows;
    left = Math.max(0, left - length);
  }
}

/**
 * Null for any other codec, or a stream of Opus that is described in a way that is not known here. `mp3` is the stream
 * in an MP3, which says what decoders leave out at its start.
 */
export async function codedSamples(
  file: MediaFile,
  track: InputAudioTrack,
  mp3: Mp3Stream | undefined,
  modules: CodecModules,
): Promise<Samples | null> {
  const codec = await trackCodec(track);
  const config = codec === "mp3" || codec === "opus" ? await trackConfig(track) : null;
  if (!config) return null;
  if (codec === "mp3") {
    const { sampleRate, numberOfChannels: channels } = config;
    const first = mp3 ? null : await new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true });
    // In an MP4 its edit list says it: packets are due before the film begins.
    const early = Math.max(0, -Math.round((first?.timestamp ?? 0) * sampleRate));
    const blocks = () => {
      const packets = mp3 ? singly(mp3Packets(file, mp3)) : packetsOf(track);
      const skipped = mp3 ? (mp3.info?.skipped.start ?? 0) : early;
      return even(behind(packets, mp3Decoder(modules.mp3Decoder, channels), skipped), channels);
    };
    return { sampleRate, channels, bits: MP3_BITS, blocks };
  }
  const { description } = config;
  const head = description instanceof Uint8Array ? opusHead(description) : null;
  if (!head) return null;
  const blocks = () =>
    even(behind(packetsOf(track), opusDecoder(modules.opusDecoder, head), head.preSkip), head.channels);
  return { sampleRate: OPUS_RATE, channels: head.channels, bits: OPUS_BITS, blocks };
}
