/**
 * The WebAssembly modules of codecs that no platform of ours has, compiled. A Worker imports them as
 * files and may not compile any itself; see src/media/wasm.
 */
export interface CodecModules {
  aacEncoder: WebAssembly.Module;
  mp3Decoder: WebAssembly.Module;
  opusDecoder: WebAssembly.Module;
}
