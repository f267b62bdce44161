/** Samples of songs that WebAssembly decodes: MP3 and Opus. */
import { EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import type { Decoded } from "../codecs/decoded.ts";
import type { CodecModules } from "../codecs/modules.ts";
import { MP3_BITS, mp3Decoder } from "../codecs/mp3-decoder.ts";
import { OPUS_BITS, OPUS_RATE, opusDecoder } from "../codecs/opus-decoder.ts";
import { opusHead } from "../codecs/opus-packet.ts";
import { packetsOf } from "../lib/packets.ts";
import type { MediaFile } from "../lib/source.ts";
import type { SongPacket } from "./frames.ts";
import type { Mp3Stream } from "./mp3-frames.ts";
import { mp3Packets } from "./mp3-packets.ts";
import {
  type Blocks,
  type DecodedPacket,
  GAP_SECONDS,
  reblocked,
  type Samples,
  SoundDamaged,
  withSilenceInGaps,
} from "./samples.ts";
import { trackCodec, trackConfig } from "./track-codec.ts";

type Decode = (packet: Uint8Array) => Decoded;
type Packets = AsyncIterable<Pick<SongPacket, "data" | "timestamp">>;

async function* flattened<T>(source: AsyncIterable<readonly T[]>): AsyncGenerator<T, void, unknown> {
  for await (const some of source) yield* some;
}

/** Decodes packets in order. Throws `SoundDamaged` when there are packets and none can be decoded. */
async function* decodedEach(packets: Packets, decode: Decode): AsyncGenerator<DecodedPacket, void, unknown> {
  let [good, damaged] = [0, 0];
  for await (const { data, timestamp } of packets) {
    const { rows, isDamaged } = decode(data);
    if (isDamaged) damaged++;
    else good++;
    yield { timestamp, rows };
  }
  if (good === 0 && damaged > 0) throw new SoundDamaged(0, "none of its packets can be decoded");
}

/** The blocks without the first `skipped` samples, which are priming. */
async function* withoutStart(source: Blocks, skipped: number): Blocks {
  let left = skipped;
  for await (const rows of source) {
    const length = rows[0]?.length ?? 0;
    if (left < length) yield left > 0 ? rows.map((row) => row.subarray(left)) : rows;
    left = Math.max(0, left - length);
  }
}

/**
 * The samples of a song in MP3 or Opus. Null for any other codec, and for an Opus stream whose head is not
 * supported. `mp3`: the stream of an MP3 file, which states how many samples decoders skip at the start.
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
  const first = mp3 ? null : await new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true });
  // In an MP4 the edit list states it: the first packets have negative times.
  const earlySeconds = Math.max(0, -(first?.timestamp ?? 0));
  if (codec === "mp3") {
    const { sampleRate, numberOfChannels: channels } = config;
    const early = Math.round(earlySeconds * sampleRate);
    const blocks = () => {
      const packets = mp3 ? flattened(mp3Packets(file, mp3)) : packetsOf(track);
      const skipped = mp3 ? (mp3.info?.skipped.start ?? 0) : early;
      const decoded = decodedEach(packets, mp3Decoder(modules.mp3Decoder, channels));
      return reblocked(
        withoutStart(withSilenceInGaps(decoded, sampleRate, channels, GAP_SECONDS), skipped),
        channels,
      );
    };
    return { sampleRate, channels, bits: MP3_BITS, blocks };
  }
  const { description } = config;
  const head = description instanceof Uint8Array ? opusHead(description) : null;
  if (!head) return null;
  const { channels } = head;
  const skipped = Math.max(head.preSkip, Math.round(earlySeconds * OPUS_RATE));
  const blocks = () => {
    const decoded = decodedEach(packetsOf(track), opusDecoder(modules.opusDecoder, head));
    return reblocked(
      withoutStart(withSilenceInGaps(decoded, OPUS_RATE, channels, GAP_SECONDS), skipped),
      channels,
    );
  };
  return { sampleRate: OPUS_RATE, channels, bits: OPUS_BITS, blocks };
}
