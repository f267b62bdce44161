/**
 * npm run test:bundle: checks the size of the bundle. A Worker's first request waits until its script and its
 * WebAssembly modules are loaded. wrangler bundles it as for a deployment, without an account and without a
 * network.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundled } from "../support/bundle.ts";

const KB = 1000;
const gzipped = (path: string) => gzipSync(readFileSync(path)).length;

const folder = mkdtempSync(join(tmpdir(), "omvee-bundle-"));
try {
  const { script, wasm } = bundled("wrangler.toml", folder);
  if (wasm.length === 0) throw new Error("The bundle has no WebAssembly: were the codecs left out?");
  const parts = [
    { name: "JavaScript", files: [script], most: 600 * KB },
    { name: "WebAssembly", files: wasm, most: 300 * KB },
  ];
  for (const { name, files, most } of parts) {
    const bytes = files.map(gzipped).reduce((sum, one) => sum + one, 0);
    const fits = bytes <= most;
    if (!fits) process.exitCode = 1;
    console.log(
      `${name.padEnd(12)}${(bytes / KB).toFixed(0).padStart(4)} KB gzipped of at most ${most / KB}: ${fits ? "fits" : "TOO LARGE"}`,
    );
    for (const file of files.length > 1 ? files : [])
      console.log(
        `  ${(gzipped(file) / KB).toFixed(0).padStart(4)} KB ${file.replace(/.*?([a-z0-9]+-decoder|[a-z]+-encoder)/, "$1")}`,
      );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
