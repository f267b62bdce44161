/**
 * The compiled WebAssembly modules of codecs that neither Workers nor Node have. A Worker imports them as
 * files, because it may not compile modules at run time; see src/media/wasm.
 */
export interface CodecModules {
  aacEncoder: WebAssembly.Module;
  mp3Decoder: WebAssembly.Module;
  opusDecoder: WebAssembly.Module;
}
