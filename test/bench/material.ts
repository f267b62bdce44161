/**
 * Clips and songs for the benchmarks, made once by ffmpeg and kept in the system's folder for temporary
 * files.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const FOLDER = join(tmpdir(), "omvee-bench");
export const CLIPS = 100;
/** Number of different clips; the others are copies, each in its own file. */
const DISTINCT = 20;
export const CLIP_SECONDS = 6;
function run(program: string, args: string[]): string {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stderr;
}

/** Makes a file under another name first, so that an existing file is complete. */
function make(file: string, write: (path: string) => void): string {
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, file);
  if (existsSync(path)) return path;
  const part = join(FOLDER, `part-${file}`);
  write(part);
  renameSync(part, path);
  return path;
}

/** 720p at 24 frames per second and 5 Mbit/s with B-frames; every second clip has its index in front. */
export function clip(i: number): string {
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

/** As complex as recorded music: noise in both channels, low and high, with plucked tones. */
export function song(seconds: number, { extension = "mp3", rate = 44_100 } = {}): string {
  const plucked = (low: number, beats: number) =>
    `0.2*sin(2*PI*(${low}+55*floor(mod(t,4)))*t)*exp(-3*mod(t,${1 / beats}))`;
  const graph = [
    "anoisesrc=c=brown:a=0.5:s=3[a]",
    "anoisesrc=c=pink:a=0.05:s=4[b]",
    "[a][b]join=inputs=2:channel_layout=stereo[noise]",
    `aevalsrc='${plucked(110, 2)}|${plucked(220, 4)}':s=44100[tones]`,
    "[noise][tones]amix=inputs=2",
  ].join(";");
  const args = ["-v", "error", "-y", "-f", "lavfi", "-i", graph, "-t", `${seconds}`, "-ar", `${rate}`];
  // 16 bits, like most songs; ffmpeg would use 24 for FLAC.
  const coded = extension === "mp3" ? ["-b:a", "192k"] : ["-sample_fmt", "s16"];
  const name = rate === 44_100 ? `dense-${seconds}` : `dense-${seconds}-${rate}`;
  return make(`${name}.${extension}`, (path) => run("ffmpeg", [...args, ...coded, path]));
}

/** Whether ffmpeg is installed; prints what to do when it is not. */
export function hasFfmpeg(): boolean {
  const has = spawnSync("ffmpeg", ["-version"]).status === 0;
  if (!has) console.log("ffmpeg is missing, which makes the clips: install it (apt install ffmpeg).");
  return has;
}
