/** MP3 by minimp3 (github.com/lieff/minimp3), in the module of `minimp3-wasm` 0.1.0. */
import { readMp3Header } from "../song/mp3-frames.ts";
import type { Decoded } from "./coded-samples.ts";

type Call = (value?: number) => number;
const CALLS = [
  "decoder_init",
  "decoder_set_mp3_data_size",
  "decoder_mp3_data_offset",
  "decoder_decode",
  "decoder_pcm_data_offset",
  "decoder_pcm_data_size",
  "decode_results_num_channels",
] as const;

function named(exports: WebAssembly.Exports) {
  const { memory } = exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error("The MP3 decoder has no memory.");
  const calls = Object.fromEntries(
    CALLS.map((name) => {
      if (typeof exports[name] !== "function") throw new Error(`The MP3 decoder has no ${name}.`);
      return [name, exports[name]];
    }),
  ) as Record<(typeof CALLS)[number], Call>;
  return { memory, ...calls };
}

export const MP3_BITS = 16;

/**
 * Makes a function that decodes a stream's frames in turn, each to as many samples as its header says:
 * silence where it is damaged, or lacks what came before it in the stream. A decoder's delay is in it.
 */
export function mp3Decoder(module: WebAssembly.Module, channels: number): (frame: Uint8Array) => Decoded {
  const decoder = named(new WebAssembly.Instance(module, {}).exports);
  decoder.decoder_init();
  return (frame) => {
    const samples = readMp3Header(frame, 0)?.samples ?? 0;
    decoder.decoder_set_mp3_data_size(frame.length);
    const { buffer } = decoder.memory;
    new Uint8Array(buffer, decoder.decoder_mp3_data_offset(), frame.length).set(frame);
    decoder.decoder_decode(-1);
    const rows = Array.from({ length: channels }, () => new Int32Array(samples));
    const found = decoder.decode_results_num_channels();
    const pcm = new Int16Array(
      decoder.memory.buffer,
      decoder.decoder_pcm_data_offset(),
      decoder.decoder_pcm_data_size() / 2,
    );
    if (found < 1 || pcm.length !== samples * found) return { rows, isDamaged: true };
    for (const [c, row] of rows.entries()) {
      const from = Math.min(c, found - 1);
      for (let i = 0; i < samples; i++) row[i] = pcm[i * found + from] ?? 0;
    }
    return { rows, isDamaged: false };
  };
}
