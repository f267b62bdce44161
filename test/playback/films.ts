/** The films that are played, and what is known of each browser's way with them. */
import { songFrames } from "../../src/domain/controller/inputs.ts";
import type { FilmInput } from "../../src/media/assemble.ts";
import { memoryFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/probe.ts";
import type { BrowserName } from "../support/browser.ts";
import { editList, FPS, madeOf, open, otherFile, packets } from "../support/films.ts";
import { type PlayedSong, SONGS, songNamed } from "./songs.ts";

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
  /** The sound that must be heard. */
  song: PlayedSong;
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
  /** By how many milliseconds its sound is to be late, and how much more or less it may be. */
  late: { ms: number; within: number };
  /** By how many seconds the film may be longer or shorter. */
  spare: number;
}

/** A way to make films; what is known differs. */
interface Way {
  name: string;
  sound: NonNullable<FilmInput["sound"]>;
  edits: boolean;
  known: Readonly<Record<string, readonly Known[]>>;
}

const longer = (why: string): Known => ({ browser: "firefox", rule: "duration", why });
const sound = longer("Firefox 153 plays a song's packets to their end, whatever the edit list says");
/** The last scene is of a clip of 30 frames per second, cut after 89 of 24. */
const picture = longer(
  "Firefox 153 counts the last picture as long as those of its clip, though the film ends sooner",
);
/** "Up-mixing and down-mixing" of Web Audio (W3C, 1.1): 5.1 becomes one channel by a sum of shares of 3.4 in all. */
const summed: Known = {
  browser: "chromium",
  rule: "loudness",
  why: "Chromium 156 gives the page that listens all six channels, which Web Audio adds up; Firefox mixes them down",
};

const WAYS: readonly Way[] = [
  { name: "aac", sound: "aac", edits: true, known: { "drums.mp3": [picture], "mpeg25.mp3": [sound] } },
  {
    name: "original",
    sound: "original",
    edits: true,
    known: {
      "drums.mp3": [picture],
      "mpeg25.mp3": [sound],
      "opus.webm": [sound],
      "5.1.wav": [summed],
      "5.1.flac": [summed],
    },
  },
  { name: "aac, edits=none", sound: "aac", edits: false, known: { "drums.mp3": [picture] } },
];

const WITHOUT = "without clips’ sound";
const WITH = "with clips’ sound";

/** MP3 and WAV made AAC, AAC copied, what `original` was once wrong with, no edit lists, and two tracks of sound. */
const SMALL = new Set([
  "cbr.mp3, aac",
  "pcm24-stereo.wav, aac",
  "fragmented.m4a, aac",
  `${WITH}, aac`,
  "drums.mp3, original",
  "192-khz.flac, original",
  "pcm24-stereo.wav, aac, edits=none",
]);

const SCENES = ["a-5s-24fps", "baseline-5s-24fps", "c-5s-30fps", "bframes-5s-24fps"];

/** Scenes of clips with and without B-frames, of another rate and other parameter sets, as long as the song. */
function scenes(frames: number): [string, number][] {
  const out: [string, number][] = [];
  for (let left = frames; left > 0; left -= 97) out.push([SCENES[out.length % 4] ?? "", Math.min(97, left)]);
  return out;
}

/** What the song's encoder was given before it, less the packet that is left out: it stands in a film without edit lists. */
const PRIMING = 2112 - 1024;
/** The most that such a film's sound may be off, of AAC that was copied. */
const MOST_MS = 25;
/** What is decoded at once is the song's samples. */
const EXACT = { ms: 0, within: 1 };

async function made(edits: FilmInput["edits"], frames: number, way: Way, over: Partial<FilmInput>) {
  const film = await madeOf(edits, { ...over, sound: way.sound });
  const bytes = way.edits ? film.bytes : otherFile(film.bytes, film.result.withoutEdits);
  if (!bytes) return { refused: "there is none without edit lists" };
  using input = open(bytes);
  const pictures = (await packets(await input.getPrimaryVideoTrack())).length;
  const song = await input.getPrimaryAudioTrack();
  const [packet] = await packets(song);
  const rate = (await song?.getSampleRate()) ?? Number.NaN;
  const isCopied = over.song !== undefined && (await codecOf(over.song)) === "aac";
  const late = isCopied ? { ms: 0, within: MOST_MS } : { ms: (1000 * PRIMING) / rate, within: 0.3 };
  return {
    bytes,
    seconds: frames / FPS,
    pictures,
    late: way.edits ? EXACT : late,
    // The sound may go on for less than half a frame; without an edit list, until its packet ends.
    spare: way.edits ? 0.5 / FPS : (packet?.duration ?? 0),
  };
}

async function codecOf(song: FilmInput["song"]): Promise<string | null> {
  const probed = await probeSong(song, { contentType: "", bytes: song.bytes });
  return probed.ok ? probed.audio.codec : null;
}

function filmOf(song: PlayedSong, way: Way): Film {
  const name = `${song.name}, ${way.name}`;
  return {
    name,
    song,
    known: way.known[song.name] ?? [],
    small: SMALL.has(name),
    async make() {
      const file = memoryFile(song.bytes());
      const probed = await probeSong(file, { contentType: "", bytes: file.bytes });
      if (!probed.ok) return { refused: probed.failure.code };
      const frames = songFrames(probed.audio, FPS);
      return await made(editList(...scenes(frames)), frames, way, { song: file });
    },
  };
}

/** A film with all that one can carry. */
function richFilm(title: typeof WITH | typeof WITHOUT, way: Way): Film {
  const song = songNamed("faststart.m4a");
  const frames = 12 * FPS;
  const edits = () =>
    editList(["with-audio-5s", 97], ["a-5s-24fps", 130, "hold"], ["with-audio-5s", frames - 227]);
  const tags = { title: "Sparks", artist: "Nobody" };
  const chapters = [
    { title: "Verse", startFrame: 0 },
    { title: "Chorus", startFrame: 97 },
  ];
  const captions = [{ startFrame: 24, endFrame: 72, text: "Sparks fly" }];
  const name = `${title}, ${way.name}`;
  return {
    name,
    song,
    known: way.known[title] ?? [],
    small: SMALL.has(name),
    make: () =>
      made(edits(), frames, way, {
        song: memoryFile(song.bytes()),
        clipAudio: title === WITH ? "track" : "drop",
        language: "en",
        tags,
        chapters,
        captions,
      }),
  };
}

export const FILMS: readonly Film[] = WAYS.flatMap((way) => [
  ...SONGS.map((song) => filmOf(song, way)),
  richFilm(WITHOUT, way),
  ...(way.edits ? [richFilm(WITH, way)] : []),
]);
