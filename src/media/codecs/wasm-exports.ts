/** Exports of a WebAssembly module, by name. Both functions throw when the module has no such export. */

export function memoryOf(exports: WebAssembly.Exports, name: string): WebAssembly.Memory {
  const memory = exports[name];
  if (!(memory instanceof WebAssembly.Memory)) throw new Error(`The module has no memory ${name}.`);
  return memory;
}

type Call = (...parameters: (number | bigint)[]) => number;

export function callOf(exports: WebAssembly.Exports, name: string): Call {
  const call = exports[name];
  if (typeof call !== "function") throw new Error(`The module has no function ${name}.`);
  return (...parameters) => call(...parameters);
}
