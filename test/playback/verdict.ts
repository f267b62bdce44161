/** Plays a film in a browser, and lists the rules that it breaks. */
import type { BrowserName, OpenPage } from "../support/browser.ts";
import type { Film, Made, Rule } from "./films.ts";
import { likeness, loudness, offset, SAMPLE_RATE, type Song } from "./heard.ts";
import { Decoded, Played } from "./page.ts";

/** The fastest playback rate at which both browsers still output sound. */
const RATE = 4;
/** Between the likeness of other songs and that of the song itself (see `likeness`). */
const LEAST_LIKENESS = 0.75;
/**
 * The sound that a browser decodes at once must be the song's samples, except for the encoder's loss. Both
 * browsers apply edit lists in decoding as in playback: six films, played at normal speed, had the same delay
 * as when decoded, within 4 ms in Chromium 156, and within a packet in Firefox 153.
 */
const LEAST_LIKENESS_DECODED = 0.9;

export interface PlaybackVerdict {
  /** The measurements, in one line. */
  measured: string;
  wrong: { rule: Rule; text: string }[];
}

/** Compares a played film with what is expected. */
export interface Expected extends Omit<Made, "bytes"> {
  song: Song;
}

function playbackVerdict(played: Played, decoded: Decoded, expected: Expected): PlaybackVerdict {
  const { seconds, pictures, song, late, spare } = expected;
  const wrong: PlaybackVerdict["wrong"] = [];
  const hold = (rule: Rule, holds: boolean, text: string) => {
    if (!holds) wrong.push({ rule, text });
  };
  hold("end", played.ended && !played.error, `it ended: ${played.ended}; ${played.error ?? "no error"}`);
  const duration = played.duration ?? Number.NaN;
  hold("duration", Math.abs(duration - seconds) <= spare, `it lasts ${duration} s, not ${seconds} s`);
  const enough = played.pictures <= pictures && played.pictures >= 0.9 * pictures;
  hold("pictures", enough, `${played.pictures} pictures of ${pictures}`);

  const like = likeness(song, { ...played, rate: RATE });
  const quarters = new Set(played.moments.map((at) => Math.floor((4 * at) / seconds)));
  const isHeard = like >= LEAST_LIKENESS && [0, 1, 2, 3].every((quarter) => quarters.has(quarter));
  hold("sound", isHeard, `the song is heard by ${like.toFixed(2)}, in quarters ${[...quarters].join(", ")}`);
  const loud = loudness(played.sound) / loudness(song.sound);
  hold("loudness", loud > 0.7 && loud < 1.4, `it is ${loud.toFixed(2)} times as loud as the song`);

  const at = offset(decoded.sound, song.sound);
  const ms = (1000 * at.samples) / SAMPLE_RATE;
  const isInTime = at.likeness >= LEAST_LIKENESS_DECODED && Math.abs(ms - late.ms) <= late.within;
  const how = `${ms.toFixed(2)} ms late, alike by ${at.likeness.toFixed(3)}`;
  hold("sync", isInTime, `decoded, the song is ${how}; ${decoded.error ?? "no error"}`);

  const measured = [
    `${duration.toFixed(4)} s (${duration >= seconds ? "+" : ""}${(duration - seconds).toFixed(4)})`,
    `${played.pictures} of ${pictures} pictures, ${played.dropped} not shown`,
    `heard ${like.toFixed(2)} at ${loud.toFixed(2)}`,
    `decoded ${how}`,
  ];
  return { measured: measured.join("  "), wrong };
}

/** Plays a server's film of this name on the server's page. */
export async function playFilm(
  { page }: OpenPage,
  name: string,
  expected: Expected,
): Promise<PlaybackVerdict> {
  const url = JSON.stringify(`/${encodeURIComponent(name)}`);
  const played = Played.parse(await page.evaluate(`play(${url}, ${RATE})`));
  const decoded = Decoded.parse(await page.evaluate(`decode(${url}, ${SAMPLE_RATE})`));
  return playbackVerdict(played, decoded, expected);
}

/** Faults that are not known, and known faults that no longer occur. */
export function unexpected(verdict: PlaybackVerdict, film: Film, browser: BrowserName): string[] {
  const known = film.known.filter((one) => one.browser === browser);
  const gone = known.filter(({ rule }) => !verdict.wrong.some((wrong) => wrong.rule === rule));
  return [
    ...verdict.wrong
      .filter(({ rule }) => !known.some((one) => one.rule === rule))
      .map(({ rule, text }) => `${rule}: ${text}`),
    ...gone.map(({ rule, why }) => `${rule}: it holds, though it was known not to (${why})`),
  ];
}
