/** The codecs' modules, compiled in Node. */
import { readFileSync } from "node:fs";
import type { CodecModules } from "../../src/media/codecs/modules.ts";

/** Workers can't compile modules, so their types lack this constructor. */
const compiled = (name: string): WebAssembly.Module =>
  Reflect.construct(WebAssembly.Module, [
    readFileSync(`${import.meta.dirname}/../../src/media/wasm/${name}.wasm`),
  ]);

export const codecs: CodecModules = {
  aacEncoder: compiled("aac-encoder"),
  mp3Decoder: compiled("mp3-decoder"),
  opusDecoder: compiled("opus-decoder"),
};
