/** The sound that clip models put under their clips: here a low hum, as AAC. */
import { AudioData, AudioEncoder } from "@napi-rs/webcodecs";
import { EncodedAudioPacketSource, EncodedPacket, type Output } from "mediabunny";

const SAMPLE_RATE = 48_000;
const CHANNELS = 2;
const CONFIG = { codec: "mp4a.40.2", sampleRate: SAMPLE_RATE, numberOfChannels: CHANNELS, bitrate: 64_000 };
const PACKET_SECONDS = 1024 / SAMPLE_RATE;
const HZ = 110;

/**
 * Adds a sound track; call it before the output is started, and `play`, which fills the track, after that.
 */
export function addHum(output: Output): { play(seconds: number): Promise<void> } {
  const track = new EncodedAudioPacketSource("aac");
  output.addAudioTrack(track);
  return {
    async play(seconds) {
      const failures: Error[] = [];
      let muxing = Promise.resolve();
      let packets = 0;
      const encoder = new AudioEncoder({
        output(chunk, metadata) {
          const data = new Uint8Array(chunk.byteLength);
          chunk.copyTo(data);
          const packet = new EncodedPacket(data, "key", packets++ * PACKET_SECONDS, PACKET_SECONDS);
          const description = metadata?.decoderConfig?.description;
          const decoderConfig = { ...CONFIG, ...(description ? { description } : {}) };
          muxing = muxing.then(() => track.add(packet, { decoderConfig }));
        },
        error: (error) => failures.push(error),
      });
      encoder.configure(CONFIG);
      try {
        const samples = Math.round(seconds * SAMPLE_RATE);
        const wave = Float32Array.from(
          { length: samples },
          (_, i) => 0.05 * Math.sin((2 * Math.PI * HZ * i) / SAMPLE_RATE),
        );
        const data = new Float32Array(samples * CHANNELS);
        for (let channel = 0; channel < CHANNELS; channel++) data.set(wave, channel * samples);
        const sound = new AudioData({
          format: "f32-planar",
          sampleRate: SAMPLE_RATE,
          numberOfFrames: samples,
          numberOfChannels: CHANNELS,
          timestamp: 0,
          data,
        });
        encoder.encode(sound);
        sound.close();
        await encoder.flush();
        await muxing;
        if (failures[0]) throw failures[0];
      } finally {
        encoder.close();
      }
      track.close();
    },
  };
}
