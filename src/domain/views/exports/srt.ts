/** SubRip subtitles: a cue for each sung line. */
import { cuesOf, textOf } from "./text.ts";
import { clock, milliseconds } from "./timecode.ts";
import type { ExportLyrics } from "./timeline-model.ts";

/**
 * SubRip has no escapes, but players read HTML-like tags and `{\an8}` in it: what looks like one is
 * written with characters that look alike. So is an arrow, by which a parser finds the next cue.
 */
const literal = (text: string) =>
  text
    .replaceAll("-->", "→")
    .replace(/<(?=[a-z/!?])/giu, "‹")
    .replace(/\{(?=[\\*])/gu, "(");

export const toSrt = ({ lines, fps }: Pick<ExportLyrics, "lines" | "fps">): string =>
  cuesOf(lines)
    .map((cue, i) => {
      const time = (frame: number) => clock(milliseconds(frame, fps), ",");
      return `${i + 1}\n${time(cue.startFrame)} --> ${time(cue.endFrame)}\n${literal(textOf(cue))}\n`;
    })
    .join("\n");
