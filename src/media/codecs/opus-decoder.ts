/**
 * An Opus decoder (RFC 6716): libopus, in the WebAssembly module of `opus-decoder` 0.7.12. The names of
 * imports and exports are those of Emscripten's minifier in that version (src/EmscriptenWasm.js).
 */

import { XIPH_CHANNEL_ORDER } from "./channels.ts";
import type { Decoded } from "./decoded.ts";
import { MAX_OPUS_SAMPLES, type OpusHead, opusSamples } from "./opus-packet.ts";
import { callOf, memoryOf } from "./wasm-exports.ts";

/** Opus is always decoded to this rate. */
export const OPUS_RATE = 48_000;
/** Bits of a sample, to which the decoder's floats are rounded. */
export const OPUS_BITS = 24;
/** libopus' own limit for a packet of one stream is 1275 bytes for each 20 milliseconds. */
const MAX_PACKET_BYTES = 61_440;

interface Exports {
  memory: WebAssembly.Memory;
  start(): void;
  allocate(bytes: number): number;
  /** A decoder; 0 when the parameters are refused. */
  open(
    rate: number,
    channels: number,
    streams: number,
    coupled: number,
    mapping: number,
    preSkip: number,
    forceStereo: number,
  ): number;
  /** How many samples of each channel were decoded; negative when the packet is damaged. */
  decode(decoder: number, packet: number, bytes: number, out: number): number;
}

function named(exports: WebAssembly.Exports): Exports {
  const call = (name: string) => callOf(exports, name);
  const memory = memoryOf(exports, "g");
  return { memory, start: call("h"), allocate: call("j"), open: call("i"), decode: call("k") };
}

function system(): WebAssembly.Imports {
  const stop = () => {
    throw new Error("The Opus decoder aborted.");
  };
  const nothing = () => 0;
  return { a: { a: Math.cos, b: stop, d: stop, c: nothing, e: nothing, f: nothing } };
}

const FULL = 2 ** (OPUS_BITS - 1);
const whole = (value: number) => Math.max(-FULL, Math.min(FULL - 1, Math.round(value * FULL)));

/** The stack's memory, which must be allocated before anything else (see src/media/wasm/unpack.ts). */
const STACK_BYTES = 1_048_576;

/** A new instance with a decoder, and the addresses of the buffers for a packet and its samples. */
function opened(module: WebAssembly.Module, { channels, streams, coupled, mapping }: OpusHead) {
  const opus = named(new WebAssembly.Instance(module, system()).exports);
  opus.start();
  opus.allocate(STACK_BYTES);
  const [input, output, table] = [
    opus.allocate(MAX_PACKET_BYTES),
    opus.allocate(MAX_OPUS_SAMPLES * channels * 4),
    opus.allocate(channels),
  ];
  new Uint8Array(opus.memory.buffer, table, channels).set(mapping);
  const decoder = opus.open(OPUS_RATE, channels, streams, coupled, table, 0, 0);
  if (decoder === 0) throw new Error("The Opus stream is described in an unknown way.");
  return { ...opus, input, output, decoder };
}

/**
 * Makes a function that decodes a stream's packets in order, to samples of `OPUS_BITS` bits. A damaged packet
 * decodes to silence of the same length. The pre-skip is not removed.
 */
export function opusDecoder(module: WebAssembly.Module, head: OpusHead): (packet: Uint8Array) => Decoded {
  const { channels } = head;
  let opus = opened(module, head);
  const places = XIPH_CHANNEL_ORDER[channels] ?? [];
  return (packet) => {
    const expected = opusSamples(packet);
    const rows = Array.from({ length: channels }, () => new Int32Array(expected));
    if (expected === 0 || packet.length > MAX_PACKET_BYTES) return { rows, isDamaged: true };
    const { memory, input, output, decoder } = opus;
    new Uint8Array(memory.buffer, input, packet.length).set(packet);
    let samples = -1;
    try {
      samples = opus.decode(decoder, input, packet.length, output);
    } catch (error) {
      // After a trap the instance's memory is undefined: continue with a new one.
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      opus = opened(module, head);
    }
    if (samples !== expected) return { rows, isDamaged: true };
    const floats = new Float32Array(memory.buffer, output, samples * channels);
    for (let c = 0; c < channels; c++) {
      const row = rows[places[c] ?? c];
      for (let i = 0; row && i < samples; i++) row[i] = whole(floats[c * samples + i] ?? 0);
    }
    return { rows, isDamaged: false };
  };
}
