/** Parts of a song for a transcriber as FLAC: one channel of 16 kHz, because transcribers use no more. */
import { FLAC_BLOCK, type FlacStream, flacFrame, flacHeader } from "../codecs/flac-encoder.ts";
import { resampler } from "../lib/resample.ts";
import type { Mono } from "./mono.ts";

interface Packed {
  bytes: Uint8Array;
  startSeconds: number;
  endSeconds: number;
  last: boolean;
}

/** Whisper's own rate (whisper/audio.py): it resamples to this. Lower rates are kept. */
const RATE = 16_000;
const HEADER_BYTES = 42;
const FRAME_HEADER_BYTES = 32;
/** How many low bits are dropped when the song might not fit. Even the best MP3 has larger errors. */
const COARSE_BITS = 4;
/** The cut is searched for in the last so many seconds of a full part. */
const SEARCH_SECONDS = 10;
const QUIET_SECONDS = 0.05;

/** The most bytes that this many samples of this many bits can take. */
const mostBytes = (samples: number, bits: number) =>
  Math.ceil(samples / FLAC_BLOCK) * ((FLAC_BLOCK * bits) / 8 + FRAME_HEADER_BYTES);

/**
 * The sound resampled to `rate` and rounded to multiples of `step` (16 bit range), in blocks of `FLAC_BLOCK`
 * samples.
 */
async function* resampled(
  sound: Mono,
  from: number,
  rate: number,
  step: number,
): AsyncGenerator<Int32Array, void, unknown> {
  const { push, flush } = resampler(sound.sampleRate, rate);
  let open = new Int32Array(FLAC_BLOCK);
  let filled = 0;
  function* cut(samples: Float32Array) {
    for (const sample of samples) {
      open[filled++] = Math.max(-0x8000, Math.min(0x8000 - step, Math.round(sample / step) * step));
      if (filled < FLAC_BLOCK) continue;
      yield open;
      open = new Int32Array(FLAC_BLOCK);
      filled = 0;
    }
  }
  for await (const block of sound.blocks(from)) yield* cut(push(block));
  yield* cut(flush());
  if (filled > 0) yield open.subarray(0, filled);
}

/**
 * The middle of the quietest window of `width` samples that begins at `from` or later; the last one of
 * equals.
 */
function quietest(samples: Int32Array, from: number, width: number): number {
  let energy = 0;
  let least = Number.POSITIVE_INFINITY;
  let best = samples.length;
  for (let i = from; i < samples.length; i++) {
    const old = i - width;
    energy += (samples[i] ?? 0) ** 2 - (old >= from ? (samples[old] ?? 0) ** 2 : 0);
    if (old + 1 < from || energy > least) continue;
    least = energy;
    best = old + 1 + (width >> 1);
  }
  return best;
}

function joined(blocks: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}

/**
 * A part that begins `overlapSeconds` before `afterSeconds`. It reaches the song's end or, when `maxBytes` do
 * not suffice, the quietest moment of the last ten seconds that fit. Holds the part and those seconds in
 * memory. Null when `maxBytes` can't hold one second after `afterSeconds`.
 */
export async function packedPart(
  sound: Mono,
  afterSeconds: number,
  overlapSeconds: number,
  maxBytes: number,
): Promise<Packed | null> {
  const rate = Math.min(RATE, sound.sampleRate);
  const from = Math.max(0, Math.round((afterSeconds - overlapSeconds) * sound.sampleRate));
  const startSeconds = from / sound.sampleRate;
  const total = Math.ceil(((sound.totalSamples - from) * rate) / sound.sampleRate);
  const bits = HEADER_BYTES + mostBytes(total, 16) <= maxBytes ? 16 : 16 - COARSE_BITS;
  const search = Math.min(SEARCH_SECONDS * rate, maxBytes / bits);

  const stream: FlacStream = { sampleRate: rate, channels: 1, bits: 16, totalSamples: 0 };
  const out = new Uint8Array(Math.min(maxBytes, HEADER_BYTES + mostBytes(total + FLAC_BLOCK, bits)));
  let size = HEADER_BYTES;
  let frames = 0;
  let written = 0;
  const write = (block: Int32Array) => {
    const frame = flacFrame(stream, frames++, [block]);
    out.set(frame, size);
    size += frame.length;
    written += block.length;
  };

  const pending: Int32Array[] = [];
  let held = 0;
  let last = true;
  const blocks = resampled(sound, from, rate, 2 ** (16 - bits));
  for (let next = await blocks.next(); !next.done; ) {
    pending.push(next.value);
    held += next.value.length;
    next = await blocks.next();
    if (next.done) break;
    last = size + mostBytes(held + FLAC_BLOCK, bits) <= out.length;
    if (!last) break;
    const oldest = held > search + FLAC_BLOCK ? pending.shift() : undefined;
    if (oldest) {
      held -= oldest.length;
      write(oldest);
    }
  }
  await blocks.return();

  let samples = joined(pending);
  if (!last) {
    const earliestCut = Math.ceil((afterSeconds - startSeconds + 1) * rate) - written;
    if (earliestCut >= samples.length) return null;
    const width = Math.round(QUIET_SECONDS * rate);
    samples = samples.subarray(0, quietest(samples, Math.max(0, earliestCut), width));
  }
  for (let at = 0; at < samples.length; at += FLAC_BLOCK) write(samples.subarray(at, at + FLAC_BLOCK));
  out.set(flacHeader({ ...stream, totalSamples: written }));
  return { bytes: out.subarray(0, size), startSeconds, endSeconds: startSeconds + written / rate, last };
}
