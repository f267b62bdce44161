/**
 * Extracts each WebAssembly module from its package. A Worker may only run modules that are imported as
 * files, and two of the packages contain theirs as text.
 *
 *   npm run wasm       writes the modules next to this file
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

/** For each module: its hash in the pinned package, how to extract it, and how to patch it. */
const MODULES = {
  "aac-encoder.wasm": {
    sha256: "8488acb0bc9f43055b83600cc4c2c07d20f07675aa65671f91ac1d75515845d9",
    unpack: aacEncoder,
    patch: unchanged,
  },
  "mp3-decoder.wasm": {
    sha256: "3fea18c86778b24306c9f184cba41df3c7dd0ab8e49e70416ba21ae6e696e55c",
    unpack: mp3Decoder,
    patch: unchanged,
  },
  "opus-decoder.wasm": {
    sha256: "8b67eda2a46e478f65c24c467dae9eac26293efae6484bfe762b9d1086058b4b",
    unpack: opusDecoder,
    patch: withLargerStack,
  },
};
type ModuleName = keyof typeof MODULES;
export const MODULE_NAMES = Object.keys(MODULES) as ModuleName[];

function unchanged(module: Uint8Array): Uint8Array {
  return module;
}

/** The path of a file of a package, relative to its entry point. */
const inPackage = (name: string, path: string) => join(require.resolve(name), path);

type Bytes = Uint8Array<ArrayBuffer>;
/** The functions of `WebAssembly` that Node has and the Workers' types lack. */
interface Compiling {
  compile(bytes: Bytes): Promise<WebAssembly.Module>;
  instantiate(from: Bytes | WebAssembly.Module, imports: WebAssembly.Imports): Promise<unknown>;
}

/** A `WebAssembly` for a package's code, which records the bytes of the modules that it compiles. */
function recorder() {
  const real: Compiling = Object(WebAssembly);
  const seen: Uint8Array[] = [];
  const api: Compiling = {
    compile(bytes) {
      seen.push(bytes);
      return real.compile(bytes);
    },
    instantiate(from, imports) {
      if (from instanceof Uint8Array) seen.push(from);
      return real.instantiate(from, imports);
    },
  };
  return {
    api: { ...api, Memory: WebAssembly.Memory, RuntimeError: WebAssembly.RuntimeError },
    /** The largest module; a smaller one may be the decompressor. */
    largest: () =>
      seen.reduce((most, bytes) => (bytes.length > most.length ? bytes : most), new Uint8Array()),
  };
}

/** `@mediabunny/aac-encoder`: the module is a string in Emscripten's glue. */
async function aacEncoder(): Promise<Uint8Array> {
  const glue = readFileSync(inPackage("@mediabunny/aac-encoder", "../../modules/build/aac.js"), "utf8");
  // The file uses both `exports` and `import.meta`, so Node can load it neither as CommonJS nor as an ES
  // module.
  const body = glue.replace("import.meta.url", '"file:///aac.js"');
  const { api, largest } = recorder();
  await new Function("WebAssembly", "exports", "process", `${body}\nreturn Module();`)(api, {});
  return largest();
}

/** `minimp3-wasm`: the module is a file. */
async function mp3Decoder(): Promise<Uint8Array> {
  return readFileSync(inPackage("minimp3-wasm", "../decoder.opt.wasm"));
}

/**
 * The decoder's stack has 64 KiB, with its tables below, but damaged packets use up to 73,000 bytes. The
 * patch moves the start of the stack to 1,048,560; the caller must allocate that memory before the decoder
 * uses it.
 */
const STACK = { from: [0x7f, 0x01, 0x41, 0x80, 0xeb, 0x05], to: [0x7f, 0x01, 0x41, 0xf0, 0xff, 0x3f] };

function withLargerStack(module: Uint8Array): Uint8Array {
  const bytes = Buffer.from(module);
  const at = bytes.indexOf(Buffer.from(STACK.from));
  if (at < 0 || bytes.indexOf(Buffer.from(STACK.from), at + 1) >= 0)
    throw new Error("The Opus decoder's stack does not begin where it did.");
  bytes.set(STACK.to, at);
  return bytes;
}

/** `opus-decoder`: the module is a compressed string, which another module of the package decompresses. */
async function opusDecoder(): Promise<Uint8Array> {
  const code = readFileSync(inPackage("opus-decoder", "../dist/opus-decoder.min.js"), "utf8");
  const { api, largest } = recorder();
  const exported: { OpusDecoder?: new () => { ready: Promise<void> } } = {};
  // Its only dependency is the class of a Web Worker, which is not needed here.
  new Function("WebAssembly", "exports", "module", "require", code)(api, exported, {}, () => class {});
  if (!exported.OpusDecoder) throw new Error("opus-decoder exports no OpusDecoder any more.");
  await new exported.OpusDecoder().ready;
  return largest();
}

/** The module's bytes, patched. Throws when the package's module has another hash than expected. */
export async function unpacked(name: ModuleName): Promise<Uint8Array> {
  const { sha256, unpack, patch } = MODULES[name];
  const bytes = await unpack();
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${name} has an unexpected SHA-256: ${found}`);
  return patch(bytes);
}

if (process.argv[1] === import.meta.filename) {
  for (const name of MODULE_NAMES) {
    const bytes = await unpacked(name);
    writeFileSync(join(import.meta.dirname, name), bytes);
    console.log(`${name.padEnd(18)} ${bytes.length} bytes`);
  }
}
