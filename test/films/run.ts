/**
 * npm run test:films [-- --songs 20] [--seed 1]; needs ffmpeg, which makes the clips.
 * Makes films of songs from 10 seconds to 10 minutes, with covers of the solver, and decodes every frame:
 * each scene must show its own clip exactly from its first planned frame to its last.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { BufferSource, Input, MP4 } from "mediabunny";
import { solveCover } from "../../src/domain/cover/solve.ts";
import type { Fill } from "../../src/domain/record/record.ts";
import { assembleFilm } from "../../src/media/film/assemble.ts";
import { memoryFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/song/probe.ts";
import { Chance } from "../simulation/random.ts";
import { codecs } from "../support/codecs.ts";
import { memoryUpload } from "../support/media.ts";
import { paint, type Seen, seenIn } from "../support/numbered.ts";
import { wav } from "../support/wavs.ts";

const FPS = 24;
const { values } = parseArgs({ options: { songs: { type: "string" }, seed: { type: "string" } } });
const songs = Number(values.songs ?? 20);
const chance = new Chance(Number(values.seed ?? 1));

interface Row {
  seconds: number;
  frames: number;
  scenes: number;
  fill: Fill | "none";
  wrong: string[];
}

/** A clip with B-frames whose pictures carry this number (0 to 255) and their own. */
function numberedClip(number: number, frames: number): Uint8Array {
  const pictures = Buffer.concat(Array.from({ length: frames }, (_, i) => paint(number * 256 + (i % 256))));
  const form = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "64x64", "-r", `${FPS}`, "-i", "-"];
  const x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", `${number % 4}`, "-b_strategy", "0"];
  const mp4 = ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "-"];
  const { status, stdout, stderr, error } = spawnSync("ffmpeg", ["-v", "error", ...form, ...x264, ...mp4], {
    input: pictures,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`ffmpeg makes no clip: ${error ?? stderr}`);
  return new Uint8Array(stdout);
}

/** Lines of one to five seconds, with pauses; some songs have none. */
function lyrics(frames: number): { startFrame: number; endFrame: number }[] {
  const lines = [];
  for (let at = chance.whole(0, 240); at < frames - 24 && chance.chance(0.995); ) {
    const endFrame = Math.min(frames, at + chance.whole(24, 120));
    lines.push({ startFrame: at, endFrame });
    at = endFrame + chance.whole(1, 200);
  }
  return chance.chance(0.15) ? [] : lines;
}

async function film(seconds: number): Promise<Row> {
  const samples = Math.round(seconds * 8_000);
  const song = memoryFile(wav(samples));
  const probed = await probeSong(song, { contentType: "audio/wav", bytes: song.bytes });
  if (!probed.ok) throw new Error(probed.failure.message);
  const frames = Math.round(probed.audio.durationSeconds * FPS);
  const lines = lyrics(frames);
  const fill = chance.pick(["none", "none", "stretch", "hold", "loop"] as const);
  const sold = [2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => s * FPS);
  const cover = solveCover({
    totalFrames: frames,
    fps: FPS,
    lines,
    proposal: lines.map((_, i) => ({ firstLine: i, lastLine: i })),
    minFrames: 48,
    maxFrames: chance.whole(100, 240),
    clipFrames: sold,
  });
  if (!cover.ok) throw new Error(cover.failure.message);
  const edits = [];
  for (const [i, { startFrame, endFrame }] of cover.scenes.entries()) {
    const needed = endFrame - startFrame;
    const bought = sold.find((n) => n >= needed) ?? needed;
    const length = fill === "none" ? bought : Math.ceil(needed * (0.55 + 0.45 * chance.next()));
    const file = memoryFile(numberedClip(i % 256, length));
    edits.push({ sceneId: `${i}`, clipId: `${i}`, startFrame, endFrame, file });
  }
  const upload = memoryUpload();
  const made = await assembleFilm(
    {
      song,
      edits,
      fps: FPS,
      tags: { title: "Song", artist: null },
      fill: fill === "none" ? null : fill,
      upload: async () => upload.upload,
    },
    codecs,
  );
  if (!made.ok) throw new Error(made.failure.message);
  return { seconds, frames, scenes: edits.length, fill, wrong: await check(upload.film(), edits, frames) };
}

/** Faults of the pictures around every cut. */
async function check(
  bytes: Uint8Array,
  edits: readonly { startFrame: number; endFrame: number }[],
  frames: number,
): Promise<string[]> {
  const seen = (await seenIn(bytes)).toSorted((a, b) => a.timestamp - b.timestamp);
  const wrong: string[] = [];
  const { duration, video } = await lengths(bytes);
  if (Math.round(video * FPS * 1e3) / 1e3 !== frames)
    wrong.push(`the pictures end at frame ${video * FPS} of ${frames}`);
  if (Math.abs(duration - frames / FPS) > 0.5 / FPS + 1e-3) wrong.push(`the film lasts ${duration} s`);
  let at = 0;
  let shown: Seen | undefined;
  for (const [i, { startFrame, endFrame }] of edits.entries()) {
    for (const frame of [startFrame, endFrame - 1]) {
      for (let next = seen[at]; next && next.timestamp * FPS <= frame + 1e-3; next = seen[++at]) shown = next;
      if (shown?.clip !== i % 256) wrong.push(`frame ${frame} shows clip ${shown?.clip}, not ${i % 256}`);
    }
  }
  return wrong;
}

/** Duration of the film and of its pictures in seconds, as an MP4 reader reports them. */
async function lengths(bytes: Uint8Array): Promise<{ duration: number; video: number }> {
  using input = new Input({ source: new BufferSource(bytes), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  return { duration: await input.computeDuration(), video: (await track?.getDurationFromMetadata()) ?? 0 };
}

let broken = 0;
console.log("song        frames  scenes  fill     at every cut");
for (let i = 0; i < songs; i++) {
  const least = Math.log(10);
  const seconds =
    Math.round(1e3 * Math.exp(least + ((Math.log(600) - least) * i) / Math.max(1, songs - 1))) / 1e3;
  const row = await film(i === 0 || i === songs - 1 ? seconds : seconds + chance.whole(0, 999) / 1e3);
  broken += row.wrong.length > 0 ? 1 : 0;
  const columns = [
    `${row.seconds.toFixed(3)} s`.padEnd(11),
    String(row.frames).padStart(6),
    String(row.scenes).padStart(7),
    ` ${row.fill}`.padEnd(9),
    row.wrong.length === 0 ? "the planned picture" : row.wrong.slice(0, 3).join("; "),
  ];
  console.log(columns.join(" "));
}
console.log(`${songs} songs, ${broken} with a wrong frame`);
process.exitCode = broken > 0 ? 1 : 0;
