/** Encodes a song's sound as AAC-LC, which every player and platform takes in an MP4. */
import { EncodedPacket } from "mediabunny";
import { AAC_CHANNELS, AAC_CONFIGS, AAC_SAMPLES, type AacRate, aacEncoder } from "../codecs/aac-encoder.ts";
import { toStereo } from "../codecs/channels.ts";
import { MUSIC_DECIBELS, resampler } from "../lib/resample.ts";
import type { Samples } from "../song/samples.ts";
import type { Sound } from "./coded-sound.ts";

/**
 * Priming samples: the samples before the first sample of the song, which the film's edit list skips. The
 * number is the one that Apple's players assume when the file does not state it (QuickTime File Format,
 * appendix G, "Using track structures to represent encoder delay", read in November 2026).
 */
export const AAC_PRIMING = 2112;
/**
 * Samples of silence that are encoded first: the encoder codes a song badly that is loud from its first
 * sample.
 */
const LEAD = AAC_PRIMING - AAC_SAMPLES;

/** 44,100 Hz for multiples of 11,025 Hz, 48,000 Hz for all other rates. */
const aacRate = (rate: number): AacRate => (rate % 11_025 === 0 ? 44_100 : 48_000);

type Stereo = [left: Float32Array, right: Float32Array];

/** The song mixed to two channels at the given rate, without delay. */
async function* stereoOf(samples: Samples, rate: AacRate): AsyncGenerator<Stereo, void, unknown> {
  const mixed = toStereo(samples.channels, samples.bits);
  if (samples.sampleRate === rate) {
    for await (const rows of samples.blocks()) yield mixed(rows);
    return;
  }
  const [left, right] = [0, 1].map(() => resampler(samples.sampleRate, rate, MUSIC_DECIBELS));
  if (!left || !right) return;
  for await (const rows of samples.blocks()) {
    const block = mixed(rows);
    yield [left.push(block[0]), right.push(block[1])];
  }
  yield [left.flush(), right.flush()];
}

/**
 * Copies `count` pairs from `from` on into `out` at `at`. A separate function, because a loop in a generator
 * is slower.
 */
function interleave([left, right]: Stereo, from: number, count: number, out: Float32Array, at: number): void {
  for (let i = 0; i < count; i++) {
    out[at + 2 * i] = left[from + i] ?? 0;
    out[at + 2 * i + 1] = right[from + i] ?? 0;
  }
}

/**
 * Pairs for the encoder, as many as one packet takes, after `lead` pairs of silence. Yields the same array
 * each time; the last one is padded with silence. Returns how many pairs the source gave, and how many pairs
 * are padding.
 */
async function* packetPairs(
  lead: number,
  source: AsyncGenerator<Stereo>,
): AsyncGenerator<Float32Array, { given: number; unused: number }, unknown> {
  const size = AAC_SAMPLES * AAC_CHANNELS;
  const open = new Float32Array(size);
  let filled = lead * AAC_CHANNELS;
  for (; filled >= size; filled -= size) yield open;
  let given = 0;
  for await (const block of source) {
    const { length } = block[0];
    given += length;
    for (let at = 0; at < length; ) {
      const taken = Math.min(length - at, (size - filled) / AAC_CHANNELS);
      interleave(block, at, taken, open, filled);
      at += taken;
      filled += taken * AAC_CHANNELS;
      if (filled < size) continue;
      yield open;
      filled = 0;
    }
  }
  if (filled > 0) yield open.fill(0, filled);
  return { given, unused: filled > 0 ? AAC_SAMPLES - filled / AAC_CHANNELS : 0 };
}

/**
 * Samples encoded as AAC. `startSeconds`: when the samples begin, with silence before. Sound after
 * `endSeconds` is cut off: Firefox 153 would play it, whatever the film's edit list says.
 */
export function asAac(
  samples: Samples,
  startSeconds: number,
  module: WebAssembly.Module,
  endSeconds = Number.POSITIVE_INFINITY,
): Sound {
  const sampleRate = aacRate(samples.sampleRate);
  const packetSeconds = AAC_SAMPLES / sampleRate;
  return {
    codec: "aac",
    config: {
      codec: "mp4a.40.2",
      sampleRate,
      numberOfChannels: AAC_CHANNELS,
      description: Uint8Array.from(AAC_CONFIGS[sampleRate]),
    },
    packetSeconds,
    async *packets() {
      const encoder = aacEncoder(module, sampleRate);
      const end = Math.ceil(endSeconds * sampleRate);
      let at = -AAC_PRIMING;
      const timed = (data: Uint8Array, length: number) => {
        const duration = Math.min(length, end - at);
        const packet = new EncodedPacket(data, "key", at / sampleRate, duration / sampleRate);
        at += AAC_SAMPLES;
        return packet;
      };
      const lead = LEAD + Math.round(startSeconds * sampleRate);
      const frames = packetPairs(lead, stereoOf(samples, sampleRate));
      let unused = 0;
      try {
        for (let next = await frames.next(); at < end; next = await frames.next()) {
          if (next.done) {
            unused = next.value.unused;
            if (next.value.given === 0) throw new Error("Not a sample of the song could be decoded.");
            break;
          }
          for (const data of encoder.encode(next.value)) yield timed(data, AAC_SAMPLES);
        }
      } finally {
        await frames.return({ given: 0, unused });
      }
      const rest = encoder.finish();
      for (const [i, data] of rest.entries())
        if (at < end) yield timed(data, i < rest.length - 1 ? AAC_SAMPLES : AAC_SAMPLES - unused);
    },
  };
}
