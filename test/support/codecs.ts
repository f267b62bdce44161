/** The codecs' modules for code that runs in Node. */
import { readFileSync } from "node:fs";
import type { CodecModules } from "../../src/media/codecs/modules.ts";

/** Workers can't do this, and so their types don't know of it. */
const compiled = (name: string): WebAssembly.Module =>
  Reflect.construct(WebAssembly.Module, [
    readFileSync(`${import.meta.dirname}/../../src/media/wasm/${name}.wasm`),
  ]);

export const codecs: CodecModules = {
  aacEncoder: compiled("aac-encoder"),
  mp3Decoder: compiled("mp3-decoder"),
  opusDecoder: compiled("opus-decoder"),
};
