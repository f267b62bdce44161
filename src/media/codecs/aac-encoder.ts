/**
 * AAC-LC by FFmpeg's encoder (libavcodec), in the module that `@mediabunny/aac-encoder` 1.59.0 carries.
 * Its own code wants threads of a browser; the names of imports and exports are those that Emscripten's
 * minifier gave them in that version (dist/modules/build/aac.js).
 */

import { callOf, memoryOf } from "./wasm-exports.ts";

/** Samples of each channel in a packet. */
export const AAC_SAMPLES = 1024;
export const AAC_CHANNELS = 2;
export type AacRate = 44_100 | 48_000;

/** What a decoder is told in advance (AudioSpecificConfig, ISO 14496-3, 1.6.2.1): AAC-LC, stereo, no SBR. */
export const AAC_CONFIGS: Readonly<Record<AacRate, readonly number[]>> = {
  44100: [0x12, 0x10, 0x56, 0xe5, 0],
  48000: [0x11, 0x90, 0x56, 0xe5, 0],
};

interface Exports {
  memory: WebAssembly.Memory;
  start(): void;
  /** A context, or 0 where the encoder refuses. */
  open(channels: number, sampleRate: number, bitRate: number): number;
  /** Where the next frame's samples go, one of each channel in turn, as floats. */
  input(context: number, bytes: number): number;
  /** Below 0 where it refuses. */
  send(context: number, timestamp: bigint): number;
  /** Bytes of the next packet; nothing where it is 0 or less. */
  receive(context: number): number;
  packet(context: number): number;
  config(context: number): number;
  configBytes(context: number): number;
  flush(context: number): void;
  close(context: number): void;
}

function named(exports: WebAssembly.Exports): Exports {
  const call = (name: string) => callOf(exports, name);
  return {
    memory: memoryOf(exports, "r"),
    start: call("s"),
    open: call("t"),
    input: call("y"),
    send: call("A"),
    receive: call("B"),
    packet: call("E"),
    config: call("w"),
    configBytes: call("x"),
    flush: call("C"),
    close: call("H"),
  };
}

const NO_SUCH_CALL = 52;
const NOT_SUPPORTED = -44;
const PAGE_BYTES = 65_536;

/** What the module asks of a system: no files, no clock, more memory, and what it would print goes nowhere. */
function system(memory: () => WebAssembly.Memory): WebAssembly.Imports {
  const view = () => new DataView(memory().buffer);
  const nothing = () => 0;
  const refuse = () => NO_SUCH_CALL;
  const stop = () => {
    throw new Error("The AAC encoder gave up.");
  };
  return {
    a: {
      a: nothing,
      b: nothing,
      d: nothing,
      k: nothing,
      l: nothing,
      q: nothing,
      n: () => NOT_SUPPORTED,
      f: stop,
      j: stop,
      h: refuse,
      i: refuse,
      o: refuse,
      p: refuse,
      // A clock of nanoseconds.
      e: (_clock: number, _precision: bigint, at: number) => {
        view().setBigInt64(at, 0n, true);
        return 0;
      },
      // How many variables the environment has, and their bytes.
      c: (count: number, bytes: number) => {
        view().setUint32(count, 0, true);
        view().setUint32(bytes, 0, true);
        return 0;
      },
      m: (bytes: number) => {
        try {
          memory().grow(Math.ceil((bytes - memory().buffer.byteLength) / PAGE_BYTES));
          return 1;
        } catch {
          return 0;
        }
      },
      // What is written to a file, in several pieces.
      g: (_file: number, pieces: number, count: number, told: number) => {
        let bytes = 0;
        for (let i = 0; i < count; i++) bytes += view().getUint32(pieces + 8 * i + 4, true);
        view().setUint32(told, bytes, true);
        return 0;
      },
    },
  };
}

/**
 * Options of libavcodec for which the module has no function: their defaults, in its tables of AVOption
 * (libavutil/opt.h: the name's address first, the default 16 bytes on). The tables lie where they lie
 * in this one module; each is looked at before it is changed.
 *
 * `fast` is "better and much faster at higher bitrates" (ffmpeg-codecs, "aac"). With a constant quality
 * (`qscale`) every packet is coded once; with a constant bit rate one that needs fewer bits is coded up
 * to five times. `aac_pns` (noise in place of the song's own) and `aac_tns` saved no bits at this quality, and brought
 * the sound no nearer to the song: without them a song takes an eighth less of CPU.
 */
const OPTIONS = [
  { name: "aac_coder", entry: 51_584, value: 1 },
  { name: "flags", entry: 91_888, value: 2 },
  { name: "aac_pns", entry: 51_824, value: 0 },
  { name: "aac_tns", entry: 51_872, value: 0 },
] as const;
const QUALITY = { name: "global_quality", entry: 99_040 };
const DEFAULT_AT = 16;

function choose(memory: WebAssembly.Memory, { name, entry }: typeof QUALITY, value: number): void {
  const view = new DataView(memory.buffer);
  const at = view.getUint32(entry, true);
  const found = String.fromCharCode(...new Uint8Array(memory.buffer, at, name.length + 1));
  if (found !== `${name}\0`) throw new Error(`The AAC encoder has no option ${name} where it was.`);
  view.setInt32(entry + DEFAULT_AT, value, true);
}

/** In the units of libavcodec (118 for each step of `-q:a`): dense music comes to about 256 kbit/s, a plain tone to 75. */
const GLOBAL_QUALITY = 180;
/** By which the encoder chooses how high a pitch it keeps. */
const NOMINAL_BITS_PER_SECOND = 256_000;

export interface AacEncoder {
  /** What decoders are told in advance. */
  config(): Uint8Array;
  /** `AAC_SAMPLES` pairs of samples, left and right in turn, from -1 to 1. The packets that are ready; fresh bytes. */
  encode(pairs: Float32Array): Uint8Array[];
  /** The rest. */
  finish(): Uint8Array[];
}

/**
 * An encoder with a memory of its own, some 17 MB, which goes when nobody holds it any more. The first
 * packet only prepares decoders: what is heard begins `AAC_SAMPLES` samples in, with the first sample given.
 */
export function aacEncoder(module: WebAssembly.Module, sampleRate: AacRate): AacEncoder {
  let memory: WebAssembly.Memory | null = null;
  const held = () => {
    if (!memory) throw new Error("The AAC encoder asked for memory before it began.");
    return memory;
  };
  const encoder = named(new WebAssembly.Instance(module, system(held)).exports);
  memory = encoder.memory;
  encoder.start();
  for (const option of OPTIONS) choose(memory, option, option.value);
  choose(memory, QUALITY, GLOBAL_QUALITY);
  const context = encoder.open(AAC_CHANNELS, sampleRate, NOMINAL_BITS_PER_SECOND);
  if (context === 0) throw new Error(`The AAC encoder takes no sound of ${sampleRate} Hz.`);
  let sent = 0;

  function ready(): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (let bytes = encoder.receive(context); bytes > 0; bytes = encoder.receive(context))
      packets.push(new Uint8Array(held().buffer, encoder.packet(context), bytes).slice());
    return packets;
  }

  return {
    config: () =>
      new Uint8Array(held().buffer, encoder.config(context), encoder.configBytes(context)).slice(),
    encode(pairs) {
      const at = encoder.input(context, pairs.byteLength);
      new Float32Array(held().buffer, at, pairs.length).set(pairs);
      if (encoder.send(context, BigInt(sent)) < 0) throw new Error("The AAC encoder refused its samples.");
      sent += AAC_SAMPLES;
      return ready();
    },
    finish() {
      encoder.flush(context);
      const packets = ready();
      encoder.close(context);
      return packets;
    },
  };
}
