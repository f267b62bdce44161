/**
 * Measures the offset between a film's sound and its song, by cross-correlation of both as decoded by ffmpeg,
 * at the start, in the middle and at the end: songs of every codec, rate and number of channels, up to 30
 * minutes long.
 *
 *   npm run test:sound [-- --quick] [--original]
 *
 * With `--original`, films have the song's own sound instead of AAC.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { songFrames } from "../../src/domain/controller/inputs.ts";
import { memoryFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/song/probe.ts";
import { offsetSamples } from "../support/correlation.ts";
import { editList, FPS, madeOf, otherFile } from "../support/films.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, original: { type: "boolean", default: false } },
});
const sound = values.original ? "original" : "aac";
const folder = mkdtempSync(join(tmpdir(), "omvee-sound-"));
const at = (name: string) => join(folder, name);
const RATE = 48_000;
const [MAX_MS, MAX_MS_WITHOUT_EDITS] = [1, 25];
const SCENE_FRAMES = 97;

function ffmpeg(...args: string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync("ffmpeg", ["-v", "error", "-y", ...args], {
    maxBuffer: 2 ** 31,
  });
  if (error) throw new Error("ffmpeg is missing: apt-get install ffmpeg", { cause: error });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** One channel as decoded by ffmpeg, with edit lists applied. */
function decoded(path: string): Float32Array {
  const raw = ffmpeg("-i", path, "-map", "a:0", "-ac", "1", "-ar", `${RATE}`, "-f", "f32le", "-");
  return new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
}

interface Song {
  name: string;
  seconds: number;
  rate: number;
  channels: number;
  args: string[];
}

const CODERS: readonly { ending: string; args: string[]; rates: number[]; channels: number[] }[] = [
  {
    ending: "mp3",
    args: ["-c:a", "libmp3lame"],
    rates: [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
    channels: [1, 2],
  },
  {
    ending: "wav",
    args: ["-c:a", "pcm_s16le"],
    rates: [8000, 11_025, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000],
    channels: [1, 2, 6],
  },
  { ending: "aiff", args: ["-c:a", "pcm_s24be"], rates: [8000, 44_100, 192_000], channels: [1, 2, 6] },
  { ending: "f32.wav", args: ["-c:a", "pcm_f32le"], rates: [37_800, 96_000], channels: [2] },
  {
    ending: "flac",
    args: ["-c:a", "flac"],
    rates: [8000, 44_100, 48_000, 96_000, 192_000],
    channels: [1, 2, 6],
  },
  { ending: "alac.m4a", args: ["-c:a", "alac"], rates: [8000, 44_100, 96_000, 192_000], channels: [1, 2, 6] },
  {
    ending: "ogg",
    args: ["-c:a", "libvorbis"],
    rates: [8000, 22_050, 44_100, 48_000, 96_000, 192_000],
    channels: [1, 2, 6],
  },
  { ending: "opus.ogg", args: ["-c:a", "libopus"], rates: [48_000], channels: [1, 2, 6] },
  { ending: "opus.webm", args: ["-c:a", "libopus"], rates: [48_000], channels: [2] },
  { ending: "aac.m4a", args: ["-c:a", "aac"], rates: [8000, 44_100, 48_000, 96_000], channels: [1, 2, 6] },
  { ending: "aac", args: ["-c:a", "aac"], rates: [44_100], channels: [2] },
];

function songs(): Song[] {
  const short = CODERS.flatMap(({ ending, args, rates, channels }) =>
    rates.flatMap((rate) =>
      channels.map((count, i) => ({
        name: `${rate}-${count}.${ending}`,
        seconds: i === 0 ? 2 : 7.3,
        rate,
        channels: count,
        args,
      })),
    ),
  );
  const long = { seconds: 1800, channels: 2, rate: 44_100 };
  return values.quick
    ? short.filter((_, i) => i % 7 === 0)
    : [
        ...short,
        { name: "long.mp3", ...long, args: ["-c:a", "libmp3lame"] },
        { name: "long.flac", ...long, rate: 48_000, args: ["-c:a", "flac"] },
      ];
}

/** Noise of varying loudness, low enough in frequency for the lowest rate, the same in all channels. */
function source(seconds: number): string {
  const path = at(`source-${seconds}.wav`);
  const noise = `anoisesrc=c=pink:r=48000:a=0.5:s=7:d=${seconds}`;
  ffmpeg("-f", "lavfi", "-i", noise, "-af", "lowpass=f=2500,tremolo=f=0.7:d=0.6", "-c:a", "pcm_f32le", path);
  return path;
}

const LAYOUTS: Record<number, string> = { 1: "mono", 2: "stereo", 6: "5.1" };

function made({ name, seconds, rate, channels, args }: Song): Uint8Array {
  const pan = Array.from({ length: channels }, (_, c) => `c${c}=c0`).join("|");
  const filter = `pan=${LAYOUTS[channels]}|${pan}`;
  ffmpeg("-i", source(seconds), "-af", filter, "-ar", `${rate}`, ...args, at(name));
  return readFileSync(at(name));
}

/**
 * Offsets in milliseconds at the start, in the middle and at the end; positive when the film is later than
 * the song.
 */
function offsets(film: string, song: Float32Array): number[] {
  const found = decoded(film);
  const length = Math.min(found.length, song.length);
  return [0.1, 0.5, 0.9].map((share) => {
    const from = Math.min(length - RATE, Math.max(4096, Math.round(share * length)));
    return (1000 * offsetSamples(song, found, from, RATE / 2, 4000)) / RATE;
  });
}

function pictures(path: string): string {
  const args = ["-v", "error", "-select_streams", "v", "-show_entries", "stream=nb_frames:format=duration"];
  return spawnSync("ffprobe", [...args, "-of", "csv=p=0", path], { encoding: "utf8" })
    .stdout.trim()
    .replace("\n", " ");
}

const shown = (some: number[]) => some.map((ms) => ms.toFixed(2).padStart(7)).join(" ");
let wrong = 0;
let refused = 0;
console.log("song".padEnd(22), "offset, ms".padStart(23), "  without edit lists".padStart(25), "  frames");
for (const song of songs()) {
  const bytes = made(song);
  const probed = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!probed.ok) {
    refused++;
    console.log(song.name.padEnd(22), `refused: ${probed.failure.message}`);
    continue;
  }
  const frames = songFrames(probed.audio, FPS);
  const scenes: [string, number][] = [];
  for (let left = frames; left > 0; left -= SCENE_FRAMES)
    scenes.push(["a-5s-24fps", Math.min(SCENE_FRAMES, left)]);
  const film = await madeOf(editList(...scenes), { song: memoryFile(bytes), sound });
  writeFileSync(at("film.mp4"), film.bytes);
  const original = decoded(at(song.name));
  const exact = offsets(at("film.mp4"), original);
  const other = otherFile(film.bytes, film.result.withoutEdits);
  if (other) writeFileSync(at("plain.mp4"), other);
  const near = other ? offsets(at("plain.mp4"), original) : [];
  const counted = pictures(at("film.mp4"));
  const expected = `${frames} ${(frames / FPS).toFixed(6)}`;
  const isRight =
    counted === expected &&
    exact.every((ms) => Math.abs(ms) <= MAX_MS) &&
    near.every((ms) => Math.abs(ms) <= MAX_MS_WITHOUT_EDITS);
  if (!isRight) wrong++;
  const withoutEdits = other ? shown(near) : "none".padStart(23);
  console.log(
    song.name.padEnd(22),
    shown(exact),
    " ",
    withoutEdits,
    `  ${counted}${isRight ? "" : `  WRONG (${expected})`}`,
  );
}
rmSync(folder, { recursive: true });
console.log(`${wrong} wrong, ${refused} refused`);
process.exitCode = wrong > 0 ? 1 : 0;
