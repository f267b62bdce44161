/** The films that are played, and what is known of each browser's way with them. */
import { readdirSync } from "node:fs";
import { songFrames } from "../../src/domain/inputs.ts";
import type { FilmInput } from "../../src/media/assemble.ts";
import { probeSong } from "../../src/media/probe.ts";
import type { BrowserName } from "../support/browser.ts";
import { editList, FPS, madeOf, open, packets, song } from "../support/films.ts";
import { fixture } from "../support/media.ts";

/** What must hold of a film that was played. */
export type Rule = "end" | "duration" | "pictures" | "sound" | "loudness" | "sync";

/** A rule that a browser is known not to hold: a played film that does hold it is as wrong as one that fails another. */
interface Known {
  browser: BrowserName;
  rule: Rule;
  why: string;
}

export interface Film {
  name: string;
  /** A file of fixtures: the sound that must be heard. */
  song: string;
  /** Milliseconds by which its sound is to be late. */
  late: number;
  known: readonly Known[];
  /** Played by every run of the tests with browsers. */
  small: boolean;
  make(): Promise<Made | { refused: string }>;
}

export interface Made {
  bytes: Uint8Array;
  seconds: number;
  /** Samples of the film's video track. */
  pictures: number;
}

/** A way to make films. Where it is not as the song says, its sound may be late, and what is known differs. */
interface Way {
  name: string;
  over: Partial<FilmInput>;
  late: number;
  known: Readonly<Record<string, readonly Known[]>>;
}

const WHOLE = "Firefox 153 plays a song's last packet to its end, whatever the edit list says";

const WAYS: readonly Way[] = [
  {
    name: "",
    over: {},
    late: 0,
    known: {
      "drums.mp3": [{ browser: "firefox", rule: "duration", why: WHOLE }],
      "mpeg25.mp3": [{ browser: "firefox", rule: "duration", why: WHOLE }],
      "opus.webm": [{ browser: "firefox", rule: "duration", why: WHOLE }],
    },
  },
];

/** MP3, WAV and AAC, and one that carries the clips' sound beside the song. */
const SMALL = new Set(["cbr.mp3", "pcm24-stereo.wav", "fragmented.m4a", "with clips’ sound"]);

const SCENES = ["a-5s-24fps", "baseline-5s-24fps", "c-5s-30fps", "bframes-5s-24fps"];

/** Scenes of clips with and without B-frames, of another rate and other parameter sets, as long as the song. */
function scenes(frames: number): [string, number][] {
  const out: [string, number][] = [];
  for (let left = frames; left > 0; left -= 97) out.push([SCENES[out.length % 4] ?? "", Math.min(97, left)]);
  return out;
}

async function made(edits: FilmInput["edits"], frames: number, over: Partial<FilmInput>): Promise<Made> {
  const { bytes } = await madeOf(edits, over);
  using input = open(bytes);
  const pictures = await packets(await input.getPrimaryVideoTrack());
  return { bytes, seconds: frames / FPS, pictures: pictures.length };
}

function filmOf(name: string, way: Way): Film {
  const path = `audio/${name}`;
  return {
    name: `${name} ${way.name}`.trim(),
    song: path,
    late: way.late,
    known: way.known[name] ?? [],
    small: SMALL.has(name),
    async make() {
      const probed = await probeSong(song(path), { contentType: "", bytes: fixture(path).length });
      if (!probed.ok) return { refused: probed.failure.code };
      const frames = songFrames(probed.audio, FPS);
      return await made(editList(...scenes(frames)), frames, { song: song(path), ...way.over });
    },
  };
}

/** A film with all that one can carry. */
function richFilm(name: string, way: Way, clipAudio: "drop" | "track"): Film {
  const path = "audio/faststart.m4a";
  const frames = 12 * FPS;
  const edits = () =>
    editList(["with-audio-5s", 97], ["a-5s-24fps", 130, "hold"], ["with-audio-5s", frames - 227]);
  const tags = { title: "Sparks", artist: "Nobody" };
  const chapters = [
    { title: "Verse", startFrame: 0 },
    { title: "Chorus", startFrame: 97 },
  ];
  const captions = [{ startFrame: 24, endFrame: 72, text: "Sparks fly" }];
  const over = { song: song(path), clipAudio, language: "en", tags, chapters, captions, ...way.over };
  return {
    name: `${name} ${way.name}`.trim(),
    song: path,
    late: way.late,
    known: way.known[name] ?? [],
    small: SMALL.has(name),
    make: () => made(edits(), frames, over),
  };
}

const SONGS = readdirSync(`${import.meta.dirname}/../fixtures/audio`).filter((name) => !name.endsWith(".md"));

export const FILMS: readonly Film[] = WAYS.flatMap((way) => [
  ...SONGS.map((name) => filmOf(name, way)),
  richFilm("without clips’ sound", way, "drop"),
  richFilm("with clips’ sound", way, "track"),
]);
