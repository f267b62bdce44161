import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MODULE_NAMES, unpacked } from "../../../../src/media/wasm/unpack.ts";

describe("a WebAssembly module", () => {
  it.each(MODULE_NAMES)("is the one in its pinned package: %s", async (name) => {
    const committed = readFileSync(`${import.meta.dirname}/../../../../src/media/wasm/${name}`);
    expect(Buffer.from(await unpacked(name)).equals(committed)).toBe(true);
  });
});
