/** WebVTT (https://www.w3.org/TR/webvtt1/): a cue for each sung line, with a timestamp before each timed word. */
import { type Cue, cuesOf } from "./text.ts";
import { clock, milliseconds } from "./timecode.ts";
import type { ExportLyrics } from "./timeline-model.ts";

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A timestamp must lie after the cue's start and before its end. */
const karaoke = (cue: Cue, fps: number) =>
  cue.parts
    .map(({ text, frame }) =>
      frame !== null && frame > cue.startFrame && frame < cue.endFrame
        ? `<${clock(milliseconds(frame, fps), ".")}>${escaped(text)}`
        : escaped(text),
    )
    .join("");

export function toVtt({ lines, fps }: Pick<ExportLyrics, "lines" | "fps">): string {
  const time = (frame: number) => clock(milliseconds(frame, fps), ".");
  const blocks = cuesOf(lines).map(
    (cue) => `\n${time(cue.startFrame)} --> ${time(cue.endFrame)}\n${karaoke(cue, fps)}\n`,
  );
  return `WEBVTT\n${blocks.join("")}`;
}
