/**
 * An AAC-LC encoder (ISO 14496-3): FFmpeg's (libavcodec), in the WebAssembly module of
 * `@mediabunny/aac-encoder` 1.59.0. The package's own JavaScript needs a browser's workers, so it is not
 * used. The names of imports and exports are those of Emscripten's minifier in that version
 * (dist/modules/build/aac.js).
 */

import { callOf, memoryOf } from "./wasm-exports.ts";

/** Samples of each channel in a packet. */
export const AAC_SAMPLES = 1024;
export const AAC_CHANNELS = 2;
export type AacRate = 44_100 | 48_000;

/** The decoder's configuration (AudioSpecificConfig, ISO 14496-3, 1.6.2.1): AAC-LC, stereo, no SBR. */
export const AAC_CONFIGS: Readonly<Record<AacRate, readonly number[]>> = {
  44100: [0x12, 0x10, 0x56, 0xe5, 0],
  48000: [0x11, 0x90, 0x56, 0xe5, 0],
};

interface Exports {
  memory: WebAssembly.Memory;
  start(): void;
  /** A context; 0 when the encoder refuses the parameters. */
  open(channels: number, sampleRate: number, bitRate: number): number;
  /** Address of the buffer for the next frame's samples: interleaved floats. */
  input(context: number, bytes: number): number;
  /** Encodes the buffer; negative when the encoder refuses it. */
  send(context: number, timestamp: bigint): number;
  /** Bytes of the next packet; 0 or less when there is none. */
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

/** The module's system calls: no files, a clock that stands at 0, growing memory; its output is discarded. */
function system(memory: () => WebAssembly.Memory): WebAssembly.Imports {
  const view = () => new DataView(memory().buffer);
  const nothing = () => 0;
  const refuse = () => NO_SUCH_CALL;
  const stop = () => {
    throw new Error("The AAC encoder aborted.");
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
      // The time of a clock in nanoseconds.
      e: (_clock: number, _precision: bigint, at: number) => {
        view().setBigInt64(at, 0n, true);
        return 0;
      },
      // The number of environment variables and their bytes.
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
      // A write to a file, in several pieces: report all bytes as written.
      g: (_file: number, pieces: number, count: number, written: number) => {
        let bytes = 0;
        for (let i = 0; i < count; i++) bytes += view().getUint32(pieces + 8 * i + 4, true);
        view().setUint32(written, bytes, true);
        return 0;
      },
    },
  };
}

/**
 * Options of libavcodec that the module has no function for. They are set by changing their defaults in the
 * module's tables of AVOption (libavutil/opt.h: the name's address first, the default at byte 16). The
 * addresses hold for this module only; each option's name is checked before its default is changed.
 *
 * `aac_coder` 1 is `fast`, which is "better and much faster at higher bitrates" (ffmpeg-codecs, "aac").
 * `flags` 2 is constant quality (`qscale`): every packet is coded once, while with a constant bit rate a
 * packet that needs fewer bits is coded up to five times. `aac_pns` (noise substitution) and `aac_tns` saved
 * no bits at this quality and did not bring the sound closer to the song: without them a song takes an eighth
 * less CPU.
 */
const OPTIONS = [
  { name: "aac_coder", entry: 51_584, value: 1 },
  { name: "flags", entry: 91_888, value: 2 },
  { name: "aac_pns", entry: 51_824, value: 0 },
  { name: "aac_tns", entry: 51_872, value: 0 },
] as const;
const QUALITY = { name: "global_quality", entry: 99_040 };
const DEFAULT_AT = 16;

function setDefault(memory: WebAssembly.Memory, { name, entry }: typeof QUALITY, value: number): void {
  const view = new DataView(memory.buffer);
  const at = view.getUint32(entry, true);
  const found = String.fromCharCode(...new Uint8Array(memory.buffer, at, name.length + 1));
  if (found !== `${name}\0`) throw new Error(`The AAC encoder has no option ${name} where it was.`);
  view.setInt32(entry + DEFAULT_AT, value, true);
}

/**
 * In libavcodec's units (118 for each step of `-q:a`): dense music takes about 256 kbit/s, a pure tone 75.
 */
const GLOBAL_QUALITY = 180;
/** From this the encoder chooses its cutoff frequency. */
const NOMINAL_BITS_PER_SECOND = 256_000;

export interface AacEncoder {
  /** The AudioSpecificConfig. */
  config(): Uint8Array;
  /**
   * Takes `AAC_SAMPLES` interleaved pairs of samples, from -1 to 1. Returns the packets that are ready, as
   * new arrays.
   */
  encode(pairs: Float32Array): Uint8Array[];
  /** Ends the stream; returns the remaining packets. */
  finish(): Uint8Array[];
}

/**
 * Makes an encoder with its own memory, some 17 MB, which is garbage-collected with it. The first packet is
 * priming: the first sample that was given is decoded `AAC_SAMPLES` samples after the start.
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
  for (const option of OPTIONS) setDefault(memory, option, option.value);
  setDefault(memory, QUALITY, GLOBAL_QUALITY);
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
