/** The codecs' modules in a Worker: compiled when it is deployed. */
import type { CodecModules } from "../codecs/modules.ts";
import aacEncoder from "./aac-encoder.wasm";
import mp3Decoder from "./mp3-decoder.wasm";
import opusDecoder from "./opus-decoder.wasm";

export const codecs: CodecModules = { aacEncoder, mp3Decoder, opusDecoder };
