/**
 * Opus by libopus, in the module that `opus-decoder` 0.7.12 carries. The names of imports and exports are those
 * that Emscripten's minifier gave them in that version (src/EmscriptenWasm.js).
 */

import { XIPH_PLACES } from "./channels.ts";
import type { Decoded } from "./decoded.ts";
import { MOST_OPUS_SAMPLES, type OpusHead, opusSamples } from "./opus-packet.ts";
import { callOf, memoryOf } from "./wasm-exports.ts";

/** Opus is always decoded to this rate. */
export const OPUS_RATE = 48_000;
/** What is kept of the decoder's floats. */
export const OPUS_BITS = 24;
/** libopus' own bound for a packet of one stream is 1275 bytes for each 20 milliseconds. */
const MOST_PACKET_BYTES = 61_440;

interface Exports {
  memory: WebAssembly.Memory;
  start(): void;
  allocate(bytes: number): number;
  /** 0 where it is refused. */
  open(
    rate: number,
    channels: number,
    streams: number,
    coupled: number,
    mapping: number,
    preSkip: number,
    forceStereo: number,
  ): number;
  /** How many samples of each channel came; below 0 where the packet is damaged. */
  decode(decoder: number, packet: number, bytes: number, out: number): number;
}

function named(exports: WebAssembly.Exports): Exports {
  const call = (name: string) => callOf(exports, name);
  const memory = memoryOf(exports, "g");
  return { memory, start: call("h"), allocate: call("j"), open: call("i"), decode: call("k") };
}

function system(): WebAssembly.Imports {
  const stop = () => {
    throw new Error("The Opus decoder gave up.");
  };
  const nothing = () => 0;
  return { a: { a: Math.cos, b: stop, d: stop, c: nothing, e: nothing, f: nothing } };
}

const FULL = 2 ** (OPUS_BITS - 1);
const whole = (value: number) => Math.max(-FULL, Math.min(FULL - 1, Math.round(value * FULL)));

/** The stack's place, which is set aside before anything else is (see ../wasm/unpack.ts). */
const STACK_BYTES = 1_048_576;

/** An instance with a decoder in it, and where a packet and its samples go. */
function opened(module: WebAssembly.Module, { channels, streams, coupled, mapping }: OpusHead) {
  const opus = named(new WebAssembly.Instance(module, system()).exports);
  opus.start();
  opus.allocate(STACK_BYTES);
  const [input, output, table] = [
    opus.allocate(MOST_PACKET_BYTES),
    opus.allocate(MOST_OPUS_SAMPLES * channels * 4),
    opus.allocate(channels),
  ];
  new Uint8Array(opus.memory.buffer, table, channels).set(mapping);
  const decoder = opus.open(OPUS_RATE, channels, streams, coupled, table, 0, 0);
  if (decoder === 0) throw new Error("The Opus stream is described in an unknown way.");
  return { ...opus, input, output, decoder };
}

/**
 * Makes a function that decodes a stream's packets in turn, to samples of each channel in `OPUS_BITS` bits; silence
 * as long as it would be for a damaged packet. The samples to be left out at the start are in it.
 */
export function opusDecoder(module: WebAssembly.Module, head: OpusHead): (packet: Uint8Array) => Decoded {
  const { channels } = head;
  let opus = opened(module, head);
  const places = XIPH_PLACES[channels] ?? [];
  return (packet) => {
    const expected = opusSamples(packet);
    const rows = Array.from({ length: channels }, () => new Int32Array(expected));
    if (expected === 0 || packet.length > MOST_PACKET_BYTES) return { rows, isDamaged: true };
    const { memory, input, output, decoder } = opus;
    new Uint8Array(memory.buffer, input, packet.length).set(packet);
    let samples = -1;
    try {
      samples = opus.decode(decoder, input, packet.length, output);
    } catch (error) {
      // What it left behind is not to be gone on with.
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
