/** A film's sound, decoded by FFmpeg (in @napi-rs/webcodecs), with its edit list applied. */
import { setImmediate } from "node:timers/promises";
import { AudioDecoder, EncodedAudioChunk } from "@napi-rs/webcodecs";
import { BufferSource, EncodedPacketSink, Input, MP4 } from "mediabunny";

export interface DecodedSound {
  sampleRate: number;
  /** From the film's start: one array for each channel. */
  channels: Float32Array[];
}

/** Packets that begin before the film are priming, and are dropped. */
export async function decodedSound(film: Uint8Array): Promise<DecodedSound> {
  using input = new Input({ source: new BufferSource(film), formats: [MP4] });
  const track = await input.getPrimaryAudioTrack();
  const config = await track?.getDecoderConfig();
  if (!track || !config) throw new Error("The film has no sound.");
  const blocks: { at: number; rows: Float32Array[] }[] = [];
  const failures: unknown[] = [];
  const decoder = new AudioDecoder({
    output(data) {
      const rows = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
        const row = new Float32Array(data.numberOfFrames);
        data.copyTo(row, { planeIndex, format: "f32-planar" });
        return row;
      });
      blocks.push({ at: data.timestamp, rows });
      data.close();
    },
    error: (error) => void failures.push(error),
  });
  decoder.configure({ ...config, description: bytesOf(config.description) });
  const sink = new EncodedPacketSink(track);
  let start: number | null = null;
  let decodedPackets = 0;
  for (let packet = await sink.getFirstPacket(); packet; packet = await sink.getNextPacket(packet)) {
    start ??= packet.timestamp;
    decodedPackets++;
    const { timestamp, data } = packet;
    decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: Math.round(timestamp * 1e6), data }));
  }
  await decoder.flush();
  // Some output arrives after `flush` has resolved.
  while (blocks.length < decodedPackets && failures.length === 0) await setImmediate();
  decoder.close();
  blocks.sort((a, b) => a.at - b.at);
  if (failures.length > 0) throw failures[0];
  const { sampleRate, numberOfChannels } = config;
  const skipped = Math.round(-(start ?? 0) * sampleRate);
  const channels = Array.from({ length: numberOfChannels }, (_, c) => {
    const joined = new Float32Array(blocks.reduce((sum, { rows }) => sum + (rows[c]?.length ?? 0), 0));
    let at = 0;
    for (const { rows } of blocks) {
      joined.set(rows[c] ?? [], at);
      at += rows[c]?.length ?? 0;
    }
    if (skipped >= 0) return joined.subarray(skipped);
    const late = new Float32Array(joined.length - skipped);
    late.set(joined, -skipped);
    return late;
  });
  return { sampleRate, channels };
}

const bytesOf = (description: AudioDecoderConfig["description"]) =>
  description instanceof Uint8Array ? description : undefined;
