/** Enhanced LRC: a time for each line in square brackets, and for each timed word in angle brackets. */
import { type Cue, cuesOf, oneLine, textOf } from "./text.ts";
import type { ExportLyrics } from "./timeline-model.ts";

/** LRC has no escapes: brackets that could be read as a tag become others. */
const literal = (text: string) =>
  text
    .replaceAll("[", "(")
    .replaceAll("]", ")")
    .replace(/<(?=\d+:)/gu, "‹");

/** `mm:ss.xx`, minutes without a limit. */
function lrcTime(hundredths: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(hundredths / 6000))}:${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`;
}

/** With the line's end after its last word, where its words are timed. */
export function toLrc({ title, artist, fps, song, lines }: ExportLyrics): string {
  const time = (frame: number) => lrcTime(Math.round((frame * 100) / fps));
  const words = (cue: Cue) =>
    cue.parts
      .map(({ text, frame }) => (frame === null ? literal(text) : `<${time(frame)}>${literal(text)}`))
      .join("");
  const cues = cuesOf(lines);
  const body = cues.flatMap((cue, i) => {
    const timed = cue.parts.some((part) => part.frame !== null);
    const line = timed ? `${words(cue)}<${time(cue.endFrame)}>` : literal(textOf(cue));
    // Players show a line until the next one: an empty one clears it over an instrumental.
    const next = cues[i + 1];
    const silent = !next || next.startFrame - cue.endFrame >= fps;
    return [`[${time(cue.startFrame)}]${line}`, ...(silent ? [`[${time(cue.endFrame)}]`] : [])];
  });
  const tag = (name: string, value: string) => (value === "" ? [] : [`[${name}:${literal(value)}]`]);
  const seconds = Math.round(song.durationSeconds);
  return [
    ...tag("ti", oneLine(title)),
    ...tag("ar", oneLine(artist ?? "")),
    `[length:${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}]`,
    ...body,
    "",
  ].join("\n");
}
