/**
 * A film of 10 minutes, assembled by us, joined by ffmpeg (`-f concat -c copy`), and copied as plain
 * bytes, in turns: wall time, CPU, memory above the start, and how much was read and written.
 * Clips and song are made once, by ffmpeg, and kept in the system's folder for temporary files.
 *
 *   node test/bench/assemble.ts [rounds]
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { Assembled } from "./assemble-once.ts";

const FOLDER = join(tmpdir(), "omvee-bench");
const SECONDS = 600;
const CLIPS = 100;
/** Clips that differ; the others are copies, each in a file of its own. */
const DISTINCT = 20;
const CLIP_SECONDS = SECONDS / CLIPS;

function run(program: string, args: string[]): string {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stderr;
}

/** Made under another name first: what is there is whole. */
function make(file: string, write: (path: string) => void): string {
  const path = join(FOLDER, file);
  if (existsSync(path)) return path;
  const part = join(FOLDER, `part-${file}`);
  write(part);
  renameSync(part, path);
  return path;
}

/** 720p at 24 frames and 5 Mbit/s with B-frames; the index in front in every other one. */
function clip(i: number): string {
  const source = `mandelbrot=size=1280x720:rate=24:start_scale=${3 - 0.1 * (i % DISTINCT)}`;
  const film = ["-t", `${CLIP_SECONDS}`, "-vf", "noise=alls=12:allf=t", "-pix_fmt", "yuv420p"];
  const coded = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-b:v", "5M", "-maxrate", "6M"];
  const index = i % 2 === 0 ? ["-movflags", "+faststart"] : [];
  return make(`clip-${i}.mp4`, (path) => {
    if (i >= DISTINCT) return copyFileSync(clip(i % DISTINCT), path);
    console.log(`making clip ${i + 1} of ${DISTINCT} …`);
    run("ffmpeg", [
      "-v",
      "error",
      "-y",
      "-f",
      "lavfi",
      "-i",
      source,
      ...film,
      ...coded,
      "-bufsize",
      "10M",
      ...index,
      path,
    ]);
  });
}

function song(): string {
  const tones = "aevalsrc=0.3*sin(2*PI*220*t)|0.3*sin(2*PI*222*t):s=44100";
  return make("song.mp3", (path) =>
    run("ffmpeg", [
      "-v",
      "error",
      "-y",
      "-f",
      "lavfi",
      "-i",
      tones,
      "-t",
      `${SECONDS}`,
      "-b:a",
      "192k",
      path,
    ]),
  );
}

interface Turn {
  wall: number;
  cpu: number;
  /** MB above the start, or of the whole process for others. */
  memory: number | null;
  read: number | null;
  written: number | null;
}

/** Runs a command and takes its time as the shell does: from its start to its end. */
function timed(command: string): { wall: number; cpu: number; stdout: string; stderr: string } {
  const script = `TIMEFORMAT='#%R %U %S'; time { ${command}; }`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  const [wall = 0, user = 0, system = 0] = (/#([\d. ]+)\s*$/.exec(stderr)?.[1] ?? "").split(" ").map(Number);
  return { wall, cpu: user + system, stdout, stderr };
}

const out = join(FOLDER, `out-${process.pid}.mp4`);
const quoted = (path: string) => `'${path}'`;
const bytesOf = (path: string) => statSync(path).size;

function ours(list: string, inputs: number): Turn {
  const script = join(import.meta.dirname, "assemble-once.ts");
  const { wall, cpu, stdout } = timed(
    `${quoted(process.execPath)} ${quoted(script)} ${quoted(list)} ${quoted(out)}`,
  );
  const { memoryMb, read, written } = Assembled.parse(JSON.parse(stdout));
  return { wall, cpu, memory: memoryMb, read: read / inputs, written: written / bytesOf(out) };
}

function ffmpeg(list: string, sound: string): Turn {
  const inputs = `-f concat -safe 0 -i ${quoted(list)} -i ${quoted(sound)}`;
  const { wall, cpu, stderr } = timed(
    `ffmpeg -benchmark -y ${inputs} -map 0:v -map 1:a -c copy ${quoted(out)}`,
  );
  const memory = Number(/maxrss=(\d+)/.exec(stderr)?.[1] ?? Number.NaN) / 1024;
  return { wall, cpu, memory, read: null, written: null };
}

function plain(files: string[]): Turn {
  const { wall, cpu } = timed(`cat ${files.map(quoted).join(" ")} > ${quoted(out)}`);
  return { wall, cpu, memory: null, read: 1, written: 1 };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const shown = (value: number | null, digits: number, unit = "") =>
  (value === null ? "" : `${value.toFixed(digits)}${unit}`).padStart(10);

function report(name: string, turns: Turn[], bytes: number): void {
  const of = (key: keyof Turn, digits: number, unit?: string) => {
    const values = turns.map((turn) => turn[key]).filter((value) => value !== null);
    return shown(values.length > 0 ? median(values) : null, digits, unit);
  };
  const size = `${(bytes / 1e6).toFixed(1)} MB`.padStart(10);
  console.log(
    `${name.padEnd(10)}${of("wall", 2, " s")}${of("cpu", 2, " s")}${of("memory", 0, " MB")}${of("read", 4)}${of("written", 4)}${size}`,
  );
}

if (spawnSync("ffmpeg", ["-version"]).status !== 0) {
  console.log(
    "ffmpeg is missing, which makes the clips and is what we are measured by: install it (apt install ffmpeg).",
  );
  process.exit(0);
}
const rounds = z.coerce.number().int().min(1).default(5).parse(process.argv[2]);
mkdirSync(FOLDER, { recursive: true });
const clips = Array.from({ length: CLIPS }, (_, i) => clip(i));
const sound = song();
const list = join(FOLDER, "clips.txt");
writeFileSync(list, clips.map((path) => `file '${path}'\n`).join(""));
const files = [...clips, sound];
const inputs = files.reduce((sum, path) => sum + bytesOf(path), 0);

const turns = { ours: [] as Turn[], ffmpeg: [] as Turn[], copy: [] as Turn[] };
const sizes = { ours: 0, ffmpeg: 0, copy: 0 };
for (let round = 0; round <= rounds; round++) {
  const each = {
    ours: () => ours(list, inputs),
    ffmpeg: () => ffmpeg(list, sound),
    copy: () => plain(files),
  };
  for (const name of ["ours", "ffmpeg", "copy"] as const) {
    const turn = each[name]();
    sizes[name] = bytesOf(out);
    // The first round warms the disk's cache for all.
    if (round > 0) turns[name].push(turn);
  }
}
unlinkSync(out);
console.log(
  `${SECONDS} s of film, ${CLIPS} clips, ${(inputs / 1e6).toFixed(1)} MB; medians of ${rounds} rounds`,
);
console.log(`${" ".repeat(10)}      wall       CPU    memory      read   written      film`);
for (const name of ["ours", "ffmpeg", "copy"] as const) report(name, turns[name], sizes[name]);
const [own, theirs] = [turns.ours, turns.ffmpeg].map((some) => median(some.map(({ wall }) => wall)));
const times = (own ?? 0) / (theirs ?? 1);
const most = (key: "memory" | "read" | "written") => Math.max(...turns.ours.map((turn) => turn[key] ?? 0));
const goals = [
  ["wall, against ffmpeg's", times, 1.5],
  ["read, against the inputs", most("read"), 1.02],
  ["written, against the film", most("written"), 1.02],
  ["film, against ffmpeg's", sizes.ours / sizes.ffmpeg, 1.02],
  ["MB above the start", most("memory"), 64],
] as const;
for (const [what, value, goal] of goals)
  console.log(
    `${what.padEnd(28)}${value.toFixed(3).padStart(8)}  of at most ${goal}  ${value <= goal ? "met" : "MISSED"}`,
  );
process.exitCode = goals.every(([, value, goal]) => value <= goal) ? 0 : 1;
