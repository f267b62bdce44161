/** The songs that are played, and their samples as ffmpeg decodes them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromWords, SAMPLE_RATE, type Song, songOf } from "./heard.ts";

export interface PlayedSong {
  name: string;
  bytes(): Uint8Array;
  /** Its sound, for comparison. */
  heard(): Song;
}

function ffmpeg(...args: string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync("ffmpeg", ["-v", "error", ...args], {
    maxBuffer: 2 ** 30,
  });
  if (error) throw new Error("There is no ffmpeg: apt-get install ffmpeg", { cause: error });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** One channel at 44,100 Hz. With integer samples, ffmpeg mixes channels without exceeding full scale. */
const decoded = (path: string): Song =>
  songOf(fromWords(ffmpeg("-i", path, "-f", "s16le", "-ac", "1", "-ar", `${SAMPLE_RATE}`, "-")));

/** Computes a value when it is first used. */
function once<T>(work: () => T): () => T {
  let done: { value: T } | null = null;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}

const FIXTURES = `${import.meta.dirname}/../fixtures/audio`;

function fixtureSong(name: string): PlayedSong {
  const path = join(FIXTURES, name);
  return { name, bytes: once(() => readFileSync(path)), heard: once(() => decoded(path)) };
}

/** A rising tone, the same in all channels, four seconds long. */
function madeSong(name: string, rate: number, layout: "stereo" | "5.1", ...args: string[]): PlayedSong {
  const make = once(() => {
    const folder = mkdtempSync(join(tmpdir(), "omvee-song-"));
    try {
      const path = join(folder, name);
      const tone = "0.4*sin(2*PI*(220+40*t)*t)*(0.6+0.4*sin(9*t))";
      const channels = Array(layout === "stereo" ? 2 : 6).fill(tone);
      const source = `aevalsrc=${channels.join("|")}:s=${rate}:d=4:c=${layout}`;
      ffmpeg("-f", "lavfi", "-i", source, ...args, path);
      return { bytes: readFileSync(path), heard: decoded(path) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  return { name, bytes: () => make().bytes, heard: () => make().heard };
}

/** All of test/fixtures/audio, and some songs of high rates and of more channels. */
export const SONGS: readonly PlayedSong[] = [
  ...readdirSync(FIXTURES)
    .filter((name) => !name.endsWith(".md"))
    .map(fixtureSong),
  madeSong("96-khz.wav", 96_000, "stereo", "-c:a", "pcm_s24le"),
  madeSong("5.1.wav", 48_000, "5.1", "-c:a", "pcm_s16le"),
  madeSong("96-khz.flac", 96_000, "stereo", "-c:a", "flac"),
  madeSong("192-khz.flac", 192_000, "stereo", "-c:a", "flac"),
  madeSong("5.1.flac", 48_000, "5.1", "-c:a", "flac"),
];

export function songNamed(name: string): PlayedSong {
  const song = SONGS.find((one) => one.name === name);
  if (!song) throw new Error(`There is no song ${name}.`);
  return song;
}
