/**
 * Plays films in Chromium, to be run by hand: one of every song of fixtures/audio, and one with all
 * that a film can carry. Says what is missing where no Chromium is installed (CHROMIUM names it).
 */
import { existsSync, readdirSync } from "node:fs";
import { z } from "zod";
import { songFrames } from "../../src/domain/inputs.ts";
import { probeSong } from "../../src/media/probe.ts";
import { editList, FPS, madeOf, song } from "../support/films.ts";
import { fixture } from "../support/media.ts";
import { withPage } from "./chromium.ts";
import { serveFilms } from "./serve.ts";

const RATE = 4;
const BINARY = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SCENES = ["a-5s-24fps", "baseline-5s-24fps", "c-5s-30fps", "bframes-5s-24fps"];

const Played = z.object({
  ended: z.boolean(),
  error: z.string().nullable(),
  duration: z.number().default(Number.NaN),
  pitches: z.array(z.number()).default([]),
  totalVideoFrames: z.number().default(0),
});

interface Made {
  film: Uint8Array;
  seconds: number;
  pictures: number;
}

/** Scenes of clips with and without B-frames, of another rate and other parameter sets, as long as the song. */
function scenes(frames: number): [string, number][] {
  const out: [string, number][] = [];
  for (let left = frames; left > 0; left -= 97) out.push([SCENES[out.length % 4] ?? "", Math.min(97, left)]);
  return out;
}

async function filmOf(path: string): Promise<Made | string> {
  const bytes = fixture(path).length;
  const probed = await probeSong(song(path), { contentType: "", bytes });
  if (!probed.ok) return `refused: ${probed.failure.code}`;
  const frames = songFrames(probed.audio, FPS);
  const { bytes: film } = await madeOf(editList(...scenes(frames)), { song: song(path) });
  return { film, seconds: frames / FPS, pictures: frames };
}

async function richFilm(clipAudio: "drop" | "track"): Promise<Made> {
  const frames = 12 * FPS;
  const edits = editList(["with-audio-5s", 97], ["a-5s-24fps", 130, "hold"], ["with-audio-5s", frames - 227]);
  const { bytes: film } = await madeOf(edits, {
    song: song("audio/faststart.m4a"),
    clipAudio,
    language: "en",
    tags: { title: "Sparks", artist: "Nobody" },
    chapters: [
      { title: "Verse", startFrame: 0 },
      { title: "Chorus", startFrame: 97 },
    ],
    captions: [{ startFrame: 24, endFrame: 72, text: "Sparks fly" }],
  });
  return { film, seconds: 12, pictures: frames };
}

if (!existsSync(BINARY)) {
  console.log(`There is no Chromium at ${BINARY}: install it, or name it by CHROMIUM.`);
  process.exit(0);
}
const films = new Map<string, Uint8Array>();
const expected = new Map<string, Made>();
const names = readdirSync(`${import.meta.dirname}/../fixtures/audio`);
for (const name of names.filter((other) => !other.endsWith(".md"))) {
  const made = await filmOf(`audio/${name}`);
  if (typeof made === "string") console.log(`${name.padEnd(22)} ${made}`);
  else expected.set(name, made);
}
const [DROPPED, KEPT, CLIP] = ["without clips’ sound", "with clips’ sound", "the clip itself"];
expected.set(DROPPED, await richFilm("drop"));
expected.set(KEPT, await richFilm("track"));
for (const [name, { film }] of expected) films.set(name, film);
films.set(CLIP, fixture("clips/with-audio-5s.mp4"));

const server = await serveFilms(films);
const heard = new Map<string, number[]>();
let failed = 0;
try {
  await withPage(BINARY, `${server.origin}/`, async (page) => {
    for (const name of films.keys()) {
      const url = JSON.stringify(`/${encodeURIComponent(name)}`);
      const played = Played.parse(await page.evaluate(`play(${url}, ${RATE})`));
      const made = expected.get(name);
      const off = made ? played.duration - made.seconds : 0;
      // The sound may go on for less than half a frame.
      const isRight = played.ended && !played.error && Math.abs(off) <= 0.5 / FPS;
      if (!isRight) failed++;
      heard.set(name, played.pitches);
      console.log(
        `${name.padEnd(22)} ${isRight ? "played" : "FAILED"}  ${played.duration.toFixed(4)} s` +
          ` (${off >= 0 ? "+" : ""}${off.toFixed(4)})  ${played.totalVideoFrames} pictures` +
          `  loudest at ${played.pitches.join(", ")} Hz  ${played.error ?? ""}`,
      );
    }
  });
} finally {
  server.close();
}
const near = (name: string, i: number, other: string) =>
  Math.abs((heard.get(name)?.[i] ?? 0) - (heard.get(other)?.[i] ?? 0)) < 20;
const isSong = [0, 1, 2].every((i) => near(KEPT, i, DROPPED)) && [0, 1, 2].some((i) => !near(KEPT, i, CLIP));
console.log(
  `Of a film that keeps the clips’ sound, ${isSong ? "the song is heard" : "the song is NOT HEARD"}.`,
);
process.exitCode = failed > 0 || !isSong ? 1 : 0;
