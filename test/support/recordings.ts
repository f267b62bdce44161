/** Recordings of one song: the same sections at other times, transcribed with errors. */

import type { TimedLine } from "../../src/domain/lyrics/align-lyrics.ts";
import type { Span } from "../../src/domain/record/song.ts";
import { seeded } from "./covers.ts";

export const FPS = 24;
const LINE_FRAMES = 72;
const PAUSE_FRAMES = 12;
const SYLLABLES = ["ka", "lo", "mi", "ren", "sun", "ta", "vel", "wo", "zan", "bri", "no", "fel"];

export type Section = readonly string[];

/** Lines of six words; every third word is "the", the others hardly occur in another section. */
export function verse(seed: number, lines = 4): Section {
  const random = seeded(seed * 7919 + 13);
  const pick = () => SYLLABLES[Math.floor(random() * SYLLABLES.length)] ?? "";
  return Array.from({ length: lines }, () =>
    Array.from({ length: 6 }, (_, i) => (i % 3 === 2 ? "the" : pick() + pick() + pick())).join(" "),
  );
}

export interface Recording {
  lines: TimedLine[];
  frames: number;
}

/** A recording: `introSeconds` of music, the sections with 1.5 s between them, 6.5 s of music. */
export function recorded(sections: readonly Section[], introSeconds = 4): Recording {
  const lines: TimedLine[] = [];
  let at = introSeconds * FPS;
  for (const section of sections) {
    for (const text of section) {
      const words = text.split(" ");
      const each = LINE_FRAMES / words.length;
      lines.push({
        text,
        startFrame: at,
        endFrame: at + LINE_FRAMES,
        words: words.map((word, i) => ({
          text: word,
          startFrame: Math.round(at + i * each),
          endFrame: Math.round(at + (i + 1) * each),
        })),
      });
      at += LINE_FRAMES + PAUSE_FRAMES;
    }
    at += FPS;
  }
  return { lines, frames: at + 5 * FPS };
}

/** The same recording with every time changed by `to`. */
export function moved(recording: Recording, to: (frame: number) => number, frames: number): Recording {
  const span = <T extends Span>(s: T): T => ({
    ...s,
    startFrame: to(s.startFrame),
    endFrame: to(s.endFrame),
  });
  return { lines: recording.lines.map((l) => ({ ...span(l), words: l.words.map(span) })), frames };
}

/** Another transcription of it: one word in twenty differs, times are off by up to `off` frames. */
export function heardAgain(recording: Recording, seed: number, off: number): Recording {
  const random = seeded(seed);
  const shake = () => Math.round((random() * 2 - 1) * off);
  const lines = recording.lines.map((line) => {
    let at = Math.max(0, line.startFrame + shake());
    const startFrame = at;
    const words = line.words.map((word) => {
      const from = Math.max(at, word.startFrame + shake());
      at = Math.max(from, word.endFrame + shake());
      return { text: random() < 0.05 ? "mumble" : word.text, startFrame: from, endFrame: at };
    });
    return { text: words.map((w) => w.text).join(" "), startFrame, endFrame: at, words };
  });
  return { lines, frames: recording.frames };
}

/**
 * A scene for every two lines, cut where its first line begins; the first and the last one have the music
 * around them.
 */
export function scenesOf({ lines, frames }: Recording, prefix = "scene"): (Span & { id: string })[] {
  const starts = lines.filter((_, i) => i % 2 === 0).map((l) => l.startFrame);
  const cuts = [0, ...starts.slice(1), frames];
  return cuts
    .slice(1)
    .map((endFrame, i) => ({ id: `${prefix} ${i + 1}`, startFrame: cuts[i] ?? 0, endFrame }));
}
