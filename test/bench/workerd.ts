/**
 * Measures what a film with a song of 30 minutes costs in workerd, the runtime of Workers: CPU and memory of
 * its process, compared with a plain copy of as many bytes; how long other requests wait meanwhile; and two
 * films and 50 requests at once. Everything is measured from outside, because a Worker's clocks do not
 * advance while it computes (Workers, "Performance and timers", read in November 2026). `computed`: workerd's
 * CPU time during the request that waited longest, which does not depend on other processes of the machine.
 *
 *   node test/bench/workerd.ts [mp3] [flac] [wav] [two]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { bundled } from "../support/bundle.ts";
import { serveBucket } from "./bucket.ts";
import { CLIPS, clip, FOLDER, hasFfmpeg, song } from "./material.ts";
import { type Runtime, startRuntime } from "./runtime.ts";

const SECONDS = 1800;
const FPS = 24;
/** The shortest scenes of a plan. */
const SCENES = 900;
const FRAMES = SECONDS * FPS;
const SAMPLE_MS = 20;
const GOALS = { cpuSeconds: 30, memory: 64 };
const SONGS = {
  mp3: {},
  flac: { extension: "flac", rate: 48_000 },
  wav: { extension: "wav" },
} as const;
type Kind = keyof typeof SONGS;

const Made = z.object({ bytes: z.number() });
interface Cost {
  bytes: number;
  wall: number;
  cpu: number;
  /** MB of the process: before, at the peak, and a second after. */
  before: number;
  most: number;
  after: number;
  /** Peak MB of the isolate, of which a Worker may have 128. */
  isolate: number;
  /**
   * Milliseconds of the requests that were made one after another meanwhile, and workerd's CPU time in each.
   */
  waits: number[];
  computed: number[];
}

const small = "small";
const clips = () => Array.from({ length: CLIPS }, (_, i) => clip(i));

/** How long a small read of the bucket takes, in milliseconds. */
async function ask(url: URL): Promise<number> {
  const started = performance.now();
  const answer = await fetch(new URL(`/objects/${small}`, url));
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`A small request failed: ${answer.status}`);
  return performance.now() - started;
}

async function measured(
  runtime: Runtime,
  work: () => Promise<{ bytes: number }>,
  meanwhile = true,
): Promise<Cost> {
  for (let i = 0; i < 20; i++) await ask(runtime.url);
  const before = runtime.memory();
  const cpu = runtime.cpuSeconds();
  const started = performance.now();
  let most = before;
  let busy = true;
  const waits: number[] = [];
  const computed: number[] = [];
  const sampling = setInterval(() => {
    most = Math.max(most, runtime.memory());
  }, SAMPLE_MS);
  let isolate = await runtime.isolate();
  const looking = (async () => {
    for (; busy; await delay(SAMPLE_MS)) isolate = Math.max(isolate, await runtime.isolate());
  })();
  const asking = (async () => {
    while (busy && meanwhile) {
      const threadMs = runtime.threadMs();
      waits.push(await ask(runtime.url));
      computed.push(runtime.threadMs() - threadMs);
      await delay(5);
    }
  })();
  const { bytes } = await work().finally(() => {
    busy = false;
    clearInterval(sampling);
  });
  const wall = (performance.now() - started) / 1000;
  await Promise.all([asking, looking]);
  const used = runtime.cpuSeconds() - cpu;
  await delay(1000);
  return { bytes, wall, cpu: used, before, most, after: runtime.memory(), isolate, waits, computed };
}

const jobOf = (kind: Kind, out: string) => ({
  song: basename(song(SECONDS, SONGS[kind])),
  clips: clips().map((path) => basename(path)),
  scenes: SCENES,
  framesOfScene: FRAMES / SCENES,
  out,
});

/** Requests a film, and tries again while the heavy gate is taken, like a requeued message. */
async function assemble(url: URL, kind: Kind, out: string): Promise<{ bytes: number }> {
  for (;;) {
    const body = JSON.stringify(jobOf(kind, out));
    const answer = await fetch(new URL("/assemble", url), { method: "POST", body });
    if (answer.ok) return Made.parse(await answer.json());
    if (answer.status !== 503) throw new Error(`No film: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    await delay(500);
  }
}

async function copied(url: URL, kind: Kind, bytes: number): Promise<{ bytes: number }> {
  const body = JSON.stringify(jobOf(kind, "copy"));
  const answer = await fetch(new URL(`/copy?bytes=${bytes}`, url), { method: "POST", body });
  if (!answer.ok) throw new Error(`No copy: ${answer.status} ${await answer.text()}`);
  return Made.parse(await answer.json());
}

/** Throws when a film in the bucket is not complete; deletes it. */
function checkFilm(key: string, bytes: number): void {
  const path = join(FOLDER, key);
  const size = statSync(path).size;
  if (size !== bytes) throw new Error(`The film has ${size} bytes and not ${bytes}.`);
  const inspect = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, ["-v", "error", ...args], { encoding: "utf8" });
    if (status !== 0 || stderr) throw new Error(`${program} complains: ${stderr}`);
    return stdout;
  };
  const packets = inspect("ffprobe", "-count_packets", "-show_entries", "stream=nb_read_packets", path);
  if (!packets.includes(`nb_read_packets=${FRAMES}\n`)) throw new Error(`The film has ${packets}.`);
  // Decode all of the sound, and the pictures of the last seconds.
  inspect("ffmpeg", "-i", path, "-vn", "-f", "null", "-");
  inspect("ffmpeg", "-sseof", "-10", "-i", path, "-an", "-f", "null", "-");
  rmSync(path);
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
const median = (values: readonly number[]) => sorted(values)[Math.floor(values.length / 2)] ?? 0;
const worst = (values: readonly number[]) => Math.max(0, ...values);

const HEADER =
  "                    film     wall      CPU   before     most    above    after  isolate   GETs  median   worst  computed";
function line(
  name: string,
  { bytes, wall, cpu, before, most, after, isolate, waits, computed }: Cost,
): string {
  const cells = [
    `${(bytes / 1e6).toFixed(0)} MB`,
    `${wall.toFixed(1)} s`,
    `${cpu.toFixed(1)} s`,
    ...[before, most, most - before, after, isolate].map((mb) => `${mb.toFixed(0)} MB`),
  ];
  const asked = `${waits.length}`.padStart(7);
  const times = [median(waits), worst(waits), worst(computed)]
    .map((ms) => `${ms.toFixed(0)} ms`.padStart(9))
    .join("");
  return `${name.padEnd(15)}${cells.map((cell) => cell.padStart(9)).join("")}${asked}${times}`;
}

async function fresh<T>(use: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = await startRuntime(bundle, { bucketPort: bucket.port });
  try {
    return await use(runtime);
  } finally {
    runtime.stop();
  }
}

/** Whether the goals are met. */
async function one(kind: Kind): Promise<boolean> {
  const film = await fresh(async (runtime) => {
    const cost = await measured(runtime, () => assemble(runtime.url, kind, "film"));
    checkFilm("film", cost.bytes);
    return cost;
  });
  const copy = await fresh((runtime) => measured(runtime, () => copied(runtime.url, kind, film.bytes)));
  rmSync(join(FOLDER, "copy"));
  console.log(line(kind, film));
  console.log(line("  a copy", copy));
  const above = film.most - film.before - (copy.most - copy.before);
  const cpu = film.cpu - copy.cpu;
  const met = cpu <= GOALS.cpuSeconds && above <= GOALS.memory;
  console.log(
    `  without what a copy takes: ${cpu.toFixed(1)} s of CPU, ${above.toFixed(0)} MB; of at most ${GOALS.cpuSeconds} s and ${GOALS.memory} MB: ${met ? "met" : "MISSED"}`,
  );
  return met;
}

async function two(): Promise<void> {
  await fresh(async (runtime) => {
    const made: number[] = [];
    const asked: number[] = [];
    const cost = await measured(
      runtime,
      async () => {
        const films = ["film-1", "film-2"].map(async (out, i) => {
          made[i] = (await assemble(runtime.url, "mp3", out)).bytes;
        });
        await delay(5000);
        asked.push(...(await Promise.all(Array.from({ length: 50 }, () => ask(runtime.url)))));
        await Promise.all(films);
        return { bytes: made.reduce((sum, bytes) => sum + bytes, 0) };
      },
      true,
    );
    console.log(line("two of mp3", cost));
    console.log(`  50 at once: median ${median(asked).toFixed(0)} ms, worst ${worst(asked).toFixed(0)} ms`);
    for (const [i, bytes] of made.entries()) checkFilm(`film-${i + 1}`, bytes);
  });
}

if (!hasFfmpeg()) process.exit(1);
// End workerd too, which would keep running.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const WHAT = z.array(z.enum(["mp3", "flac", "wav", "two"])).default(["mp3", "flac", "wav", "two"]);
const chosen = WHAT.parse(process.argv.length > 2 ? process.argv.slice(2) : undefined);
const built = mkdtempSync(join(FOLDER, "bundle-"));
const bundle = bundled("test/bench/wrangler.toml", built);
const bucket = await serveBucket(FOLDER);
try {
  writeFileSync(join(FOLDER, small), "small");
  // Processes on one core share its caches, so more of them also increase CPU time.
  console.log(`${loadavg()[0]?.toFixed(1)} processes on ${availableParallelism()} cores`);
  console.log(`${SECONDS} s of song, ${SCENES} scenes, ${FRAMES} pictures\n${HEADER}`);
  let missed = 0;
  for (const what of chosen) {
    if (what === "two") await two();
    else if (!(await one(what))) missed++;
  }
  process.exitCode = missed > 0 ? 1 : 0;
} finally {
  bucket.stop();
  rmSync(built, { recursive: true, force: true });
}
