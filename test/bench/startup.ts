/**
 * Measures the start of the Worker: the time until workerd's first answer, and the CPU of the thread that
 * evaluates modules and of the whole process; each minus that of a Worker that does nothing, as the median of
 * several starts in turns. Folders of other versions of the project (with their packages installed) can be
 * given for comparison.
 *
 *   node test/bench/startup.ts [folder ...]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { gzipSync } from "node:zlib";
import { type Bundle, bundled } from "../support/bundle.ts";
import { startRuntime } from "./runtime.ts";

const RUNS = 10;
const folder = mkdtempSync(join(tmpdir(), "omvee-startup-"));

function empty(): Bundle {
  const script = join(folder, "empty", "index.js");
  mkdirSync(join(folder, "empty"));
  writeFileSync(script, "export default { fetch: () => new Response() };");
  return { script, wasm: [] };
}

/** The Worker checks its variables while it starts. */
const variables = Object.fromEntries(
  Object.entries(
    parseEnv(readFileSync(join(import.meta.dirname, "../../.dev.vars.example"), "utf8")),
  ).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);

/** Any answer counts: without its other bindings the Worker answers an error. */
async function start(bundle: Bundle): Promise<{ wall: number; cpu: number; all: number }> {
  const started = performance.now();
  const runtime = await startRuntime(bundle, { variables });
  try {
    await (await fetch(runtime.url)).arrayBuffer();
    return { wall: performance.now() - started, cpu: runtime.threadMs(), all: runtime.cpuSeconds() * 1000 };
  } finally {
    runtime.stop();
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const gzipped = (path: string) => gzipSync(readFileSync(path)).length / 1000;

try {
  const states = process.argv.slice(2).map((path) => resolve(path));
  const workers = [
    { name: "nothing", bundle: empty() },
    ...states.map((root, i) => ({
      name: root,
      bundle: bundled("wrangler.toml", join(folder, `${i}`), root),
    })),
    { name: "this", bundle: bundled("wrangler.toml", join(folder, "this")) },
  ].map((worker) => ({ ...worker, wall: [] as number[], cpu: [] as number[], all: [] as number[] }));
  for (let run = 0; run <= RUNS; run++) {
    for (const worker of workers) {
      const { wall, cpu, all } = await start(worker.bundle);
      // The first round fills the disk's cache for all.
      if (run === 0) continue;
      worker.wall.push(wall);
      worker.cpu.push(cpu);
      worker.all.push(all);
    }
  }
  const [none] = workers;
  console.log(`medians of ${RUNS} starts, above those of a Worker that does nothing; sizes gzipped`);
  console.log(`${" ".repeat(20)}    wall  thread     CPU  script    wasm`);
  for (const { name, wall, cpu, all, bundle } of workers) {
    const above = (own: number[], other: number[] = []) =>
      `${(median(own) - median(other)).toFixed(0)} ms`.padStart(8);
    const kb = (paths: string[]) =>
      `${paths.reduce((sum, path) => sum + gzipped(path), 0).toFixed(0)} KB`.padStart(8);
    const times = above(wall, none?.wall) + above(cpu, none?.cpu) + above(all, none?.all);
    console.log(`${name.slice(-20).padEnd(20)}${times}${kb([bundle.script])}${kb(bundle.wasm)}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
