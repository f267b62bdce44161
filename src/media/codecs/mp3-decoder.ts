/**
 * An MP3 decoder (ISO 11172-3): minimp3 (github.com/lieff/minimp3), in the WebAssembly module of
 * `minimp3-wasm` 0.1.0.
 */

import type { Decoded } from "./decoded.ts";
import { readMp3Header } from "./mp3-header.ts";
import { callOf, memoryOf } from "./wasm-exports.ts";

function named(exports: WebAssembly.Exports) {
  const call = (name: string) => callOf(exports, name);
  return {
    memory: memoryOf(exports, "memory"),
    start: call("decoder_init"),
    setFrameBytes: call("decoder_set_mp3_data_size"),
    frame: call("decoder_mp3_data_offset"),
    decode: call("decoder_decode"),
    samples: call("decoder_pcm_data_offset"),
    sampleBytes: call("decoder_pcm_data_size"),
    channels: call("decode_results_num_channels"),
  };
}

export const MP3_BITS = 16;

/**
 * Makes a function that decodes a stream's frames in order, each to as many samples as its header says. A
 * frame that is damaged, or that lacks data of earlier frames, decodes to silence. The decoder's delay is not
 * removed.
 */
export function mp3Decoder(module: WebAssembly.Module, channels: number): (frame: Uint8Array) => Decoded {
  const decoder = named(new WebAssembly.Instance(module, {}).exports);
  decoder.start();
  return (frame) => {
    const samples = readMp3Header(frame, 0)?.samples ?? 0;
    decoder.setFrameBytes(frame.length);
    const { buffer } = decoder.memory;
    new Uint8Array(buffer, decoder.frame(), frame.length).set(frame);
    decoder.decode(-1);
    const rows = Array.from({ length: channels }, () => new Int32Array(samples));
    const found = decoder.channels();
    const pcm = new Int16Array(decoder.memory.buffer, decoder.samples(), decoder.sampleBytes() / 2);
    if (found < 1 || pcm.length !== samples * found) return { rows, isDamaged: true };
    for (const [c, row] of rows.entries()) {
      const from = Math.min(c, found - 1);
      for (let i = 0; i < samples; i++) row[i] = pcm[i * found + from] ?? 0;
    }
    return { rows, isDamaged: false };
  };
}
