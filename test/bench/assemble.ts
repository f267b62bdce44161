/**
 * Measures a film of 10 minutes and one of 30, in turns: assembled by us with the song encoded as AAC, by
 * ffmpeg (`-f concat -c:v copy -c:a aac`), and copied as plain bytes. Reports wall time, CPU, memory
 * above the start, and bytes read and written. Clips and songs are made once, by ffmpeg, and kept in the
 * system's folder for temporary files.
 *
 * workerd.ts measures how much of that memory a Worker would hold.
 *
 *   node test/bench/assemble.ts [rounds]
 */
import { spawnSync } from "node:child_process";
import { statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Assembled } from "./assemble-once.ts";
import { CLIP_SECONDS, CLIPS, clip, FOLDER, hasFfmpeg, song } from "./material.ts";

/** The longer film shows each clip three times. */
const FILMS = [CLIPS * CLIP_SECONDS, 3 * CLIPS * CLIP_SECONDS] as const;

interface Work {
  seconds: number;
  /** The clips, in the form of ffmpeg's `concat`. */
  list: string;
  sound: string;
  files: string[];
  /** Bytes of all files. */
  inputs: number;
}
interface Turn {
  wall: number;
  cpu: number;
  /** MB above the start for us; of the whole process for the others. */
  memory: number | null;
  read: number | null;
  written: number | null;
}

/** Runs a command and measures the time from its start to its end. */
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

function ours({ list, sound, inputs }: Work): Turn {
  const script = join(import.meta.dirname, "assemble-once.ts");
  const { wall, cpu, stdout } = timed(
    `${quoted(process.execPath)} ${quoted(script)} ${quoted(list)} ${quoted(sound)} ${quoted(out)}`,
  );
  const { memoryMb, read, written } = Assembled.parse(JSON.parse(stdout));
  return { wall, cpu, memory: memoryMb, read: read / inputs, written: written / bytesOf(out) };
}

function ffmpeg({ list, sound }: Work): Turn {
  const inputs = `-f concat -safe 0 -i ${quoted(list)} -i ${quoted(sound)}`;
  const { wall, cpu, stderr } = timed(
    `ffmpeg -benchmark -y ${inputs} -map 0:v -map 1:a -c:v copy -c:a aac ${quoted(out)}`,
  );
  const memory = Number(/maxrss=(\d+)/.exec(stderr)?.[1] ?? Number.NaN) / 1024;
  return { wall, cpu, memory, read: null, written: null };
}

function plainCopy({ files }: Work): Turn {
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

if (!hasFfmpeg()) process.exit(0);
const rounds = z.coerce.number().int().min(1).default(3).parse(process.argv[2]);
const clips = Array.from({ length: CLIPS }, (_, i) => clip(i));

function workOf(seconds: number): Work {
  const shown = Array.from({ length: seconds / CLIP_SECONDS }, (_, i) => clips[i % CLIPS] ?? "");
  const list = join(FOLDER, `clips-${seconds}.txt`);
  writeFileSync(list, shown.map((path) => `file '${path}'\n`).join(""));
  const sound = song(seconds);
  const files = [...shown, sound];
  return { seconds, list, sound, files, inputs: files.reduce((sum, path) => sum + bytesOf(path), 0) };
}

const CONTENDERS = { ours, ffmpeg, copy: plainCopy };
const NAMES = ["ours", "ffmpeg", "copy"] as const;
let missed = 0;
for (const work of FILMS.map(workOf)) {
  const turns: Record<(typeof NAMES)[number], Turn[]> = { ours: [], ffmpeg: [], copy: [] };
  const sizes = { ours: 0, ffmpeg: 0, copy: 0 };
  for (let round = 0; round <= rounds; round++) {
    for (const name of NAMES) {
      const turn = CONTENDERS[name](work);
      sizes[name] = bytesOf(out);
      // The first round fills the disk's cache for all.
      if (round > 0) turns[name].push(turn);
    }
  }
  const { seconds, files, inputs } = work;
  console.log(
    `${seconds} s of film, ${files.length - 1} clips, ${(inputs / 1e6).toFixed(1)} MB; medians of ${rounds} rounds`,
  );
  console.log(`${" ".repeat(10)}      wall       CPU    memory      read   written      film`);
  for (const name of NAMES) report(name, turns[name], sizes[name]);
  const [own, theirs] = [turns.ours, turns.ffmpeg].map((some) => median(some.map(({ wall }) => wall)));
  const most = (key: "cpu" | "read" | "written") => Math.max(...turns.ours.map((turn) => turn[key] ?? 0));
  const goals = [
    ["wall, against ffmpeg's", (own ?? 0) / (theirs ?? 1), 1],
    ["CPU of a 30-minute song, s", (most("cpu") * 1800) / seconds, 30],
    ["read, against the inputs", most("read"), 1.02],
    ["written, against the film", most("written"), 1.02],
  ] as const;
  for (const [what, value, goal] of goals) {
    if (value > goal) missed++;
    console.log(
      `${what.padEnd(28)}${value.toFixed(3).padStart(8)}  of at most ${goal}  ${value <= goal ? "met" : "MISSED"}`,
    );
  }
}
unlinkSync(out);
process.exitCode = missed > 0 ? 1 : 0;
