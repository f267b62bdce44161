/** The song as the film carries it. */
import { type AudioCodec, EncodedPacket, type InputAudioTrack } from "mediabunny";
import { FLAC_BLOCK, type FlacStream, flacFrame, flacHeader } from "./flac.ts";
import { packetsOf } from "./packets.ts";
import { type PcmForm, pcmForm } from "./pcm.ts";
import { countPackets } from "./song.ts";

export interface Sound {
  codec: AudioCodec;
  config: AudioDecoderConfig;
  /** How many packets there are at most. */
  count: number;
  packets(): AsyncGenerator<EncodedPacket, void, unknown>;
}

/** Uncompressed packets cut anew into blocks of whole numbers, one array for each channel. */
async function* blocks(
  track: InputAudioTrack,
  form: PcmForm,
  channels: number,
): AsyncGenerator<Int32Array[]> {
  let open = Array.from({ length: channels }, () => new Int32Array(FLAC_BLOCK));
  let filled = 0;
  for await (const { data } of packetsOf(track)) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const stride = form.bytesPerSample * channels;
    for (let at = 0; at + stride <= data.length; at += stride) {
      for (let c = 0; c < channels; c++) {
        const samples = open[c];
        if (samples) samples[filled] = form.read(view, at + c * form.bytesPerSample);
      }
      if (++filled < FLAC_BLOCK) continue;
      yield open;
      open = open.map(() => new Int32Array(FLAC_BLOCK));
      filled = 0;
    }
  }
  if (filled > 0) yield open.map((samples) => samples.subarray(0, filled));
}

/**
 * MP4 has a form for uncompressed sound (ipcm) that most browsers don't play and older decoders
 * misread; FLAC holds the same samples and plays. Floats and 32 bit samples are rounded to 24 bits.
 */
async function asFlac(track: InputAudioTrack, form: PcmForm): Promise<Sound> {
  const [sampleRate, channels] = [await track.getSampleRate(), await track.getNumberOfChannels()];
  const totalSamples = Math.round((await track.computeDuration()) * sampleRate);
  const stream: FlacStream = { sampleRate, channels, bits: form.bits, totalSamples };
  return {
    codec: "flac",
    config: { codec: "flac", sampleRate, numberOfChannels: channels, description: flacHeader(stream) },
    count: Math.ceil(totalSamples / FLAC_BLOCK) + 1,
    async *packets() {
      let index = 0;
      for await (const block of blocks(track, form, channels)) {
        const start = (index * FLAC_BLOCK) / sampleRate;
        const seconds = (block[0]?.length ?? 0) / sampleRate;
        yield new EncodedPacket(flacFrame(stream, index, block), "key", start, seconds);
        index++;
      }
    },
  };
}

/**
 * The song's own packets, byte for byte; uncompressed sound as FLAC, sample for sample. Null where
 * its codec is not known. Reads a file without an index through, to count its packets.
 */
export async function soundOf(track: InputAudioTrack): Promise<Sound | null> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (!codec || !config) return null;
  const form = pcmForm(codec);
  if (form) return asFlac(track, form);
  const count = await countPackets(track);
  return { codec, config, count, packets: () => packetsOf(track) };
}
