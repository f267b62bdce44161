/** The films that are played, and the known faults of each browser with them. */
import { songFrames } from "../../src/domain/controller/inputs.ts";
import type { FilmInput } from "../../src/media/film/assemble.ts";
import { memoryFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/song/probe.ts";
import type { BrowserName } from "../support/browser.ts";
import { editList, FPS, madeOf, open, otherFile, packets } from "../support/films.ts";
import { type PlayedSong, SONGS, songNamed } from "./songs.ts";

/** Rules for a film that was played. */
export type Rule = "end" | "duration" | "pictures" | "sound" | "loudness" | "sync";

/**
 * A rule that a browser is known to break: a film that keeps it there fails, like one that breaks another
 * rule.
 */
interface Known {
  browser: BrowserName;
  rule: Rule;
  why: string;
}

export interface Film {
  name: string;
  /** The song, whose sound must play. */
  song: PlayedSong;
  known: readonly Known[];
  /** Whether every run of the tests with browsers plays it. */
  small: boolean;
  make(): Promise<Made | { refused: string }>;
}

export interface Made {
  bytes: Uint8Array;
  seconds: number;
  /** Number of samples of the film's video track. */
  pictures: number;
  /** By how many milliseconds its sound is expected to be late, and the tolerance. */
  late: { ms: number; within: number };
  /** Tolerance of the film's duration in seconds. */
  spare: number;
}

/** A way to make films, with its known faults. */
interface Way {
  name: string;
  sound: NonNullable<FilmInput["sound"]>;
  edits: boolean;
  known: Readonly<Record<string, readonly Known[]>>;
}

const longer = (why: string): Known => ({ browser: "firefox", rule: "duration", why });
const sound = longer("Firefox 153 plays a song's packets to their end, whatever the edit list says");
/** The last scene is a clip of 30 frames per second, cut after 89 frames of 24 per second. */
const picture = longer(
  "Firefox 153 counts the last picture as long as those of its clip, though the film ends sooner",
);
/**
 * "Up-mixing and down-mixing" of Web Audio (W3C, 1.1): mixing 5.1 to one channel uses factors that add up to
 * 3.4.
 */
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

/**
 * MP3 and WAV encoded as AAC, copied AAC, a former fault of `original`, no edit lists, and two audio tracks.
 */
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

/**
 * Scenes of clips with and without B-frames, of another frame rate and other parameter sets, as long as the
 * song.
 */
function scenes(frames: number): [string, number][] {
  const out: [string, number][] = [];
  for (let left = frames; left > 0; left -= 97) out.push([SCENES[out.length % 4] ?? "", Math.min(97, left)]);
  return out;
}

/** The encoder's delay minus the packet that is dropped: this much remains in a film without edit lists. */
const PRIMING = 2112 - 1024;
/** The largest offset of the sound in such a film with copied AAC. */
const MAX_MS = 25;
/** The sound decoded at once must be the song's samples. */
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
  const late = isCopied ? { ms: 0, within: MAX_MS } : { ms: (1000 * PRIMING) / rate, within: 0.3 };
  return {
    bytes,
    seconds: frames / FPS,
    pictures,
    late: way.edits ? EXACT : late,
    // The sound may be longer by less than half a frame; without an edit list, by the rest of its packet.
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

/** A film with everything that a film can carry. */
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
