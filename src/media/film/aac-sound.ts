/** A song's sound as AAC-LC: what every player and platform takes in an MP4. */
import { EncodedPacket } from "mediabunny";
import { AAC_CHANNELS, AAC_CONFIGS, AAC_SAMPLES, type AacRate, aacEncoder } from "../codecs/aac-encoder.ts";
import { toStereo } from "../codecs/channels.ts";
import { MUSIC_DECIBELS, resampler } from "../lib/resample.ts";
import type { Samples } from "../song/samples.ts";
import type { Sound } from "./sound.ts";

/**
 * Samples before the first that is heard, which the film's edit list leaves out: as many as Apple's players
 * leave out where nothing tells them (QuickTime File Format, appendix G, "Using track structures to represent
 * encoder delay", read in November 2026).
 */
export const AAC_PRIMING = 2112;
/** Silence given to the encoder first. It codes a song badly that is loud at once. */
const LEAD = AAC_PRIMING - AAC_SAMPLES;

/** The nearest relative: 11,025 Hz and its multiples become 44,100. */
const aacRate = (rate: number): AacRate => (rate % 11_025 === 0 ? 44_100 : 48_000);

type Stereo = [left: Float32Array, right: Float32Array];

/** Two channels at the rate that is wanted, without delay. */
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

/** Sets `count` pairs from `from` on into `out` at `at`. A function of its own, which is faster than a loop in a generator. */
function interleave([left, right]: Stereo, from: number, count: number, out: Float32Array, at: number): void {
  for (let i = 0; i < count; i++) {
    out[at + 2 * i] = left[from + i] ?? 0;
    out[at + 2 * i + 1] = right[from + i] ?? 0;
  }
}

/**
 * Pairs for the encoder, a packet's worth at a time, in one array that is filled anew for the next; the last ones with
 * silence behind them. Tells how many the source gave, and how many are behind it.
 */
async function* framed(
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
 * `startSeconds`: when the samples begin; there is silence before. Nothing goes on after `endSeconds`: Firefox 153 would
 * play it, whatever the film's edit list says.
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
        const lasts = Math.min(length, end - at);
        const packet = new EncodedPacket(data, "key", at / sampleRate, lasts / sampleRate);
        at += AAC_SAMPLES;
        return packet;
      };
      const lead = LEAD + Math.round(startSeconds * sampleRate);
      const frames = framed(lead, stereoOf(samples, sampleRate));
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
