/** Makes text of people, models or tags safe for formats in which a line break ends a field. */
import type { TimedLine } from "./timeline-model.ts";

const LINE = 500;
const NAME = 120;

/**
 * On one line, without control characters, lone surrogates or what XML can't hold, and of at most
 * `most` characters (code points).
 */
export function oneLine(text: string, most = NAME): string {
  const line = text
    .replace(/[\s\u0085]+/gu, " ")
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "")
    .trim();
  return line.length <= most ? line : Array.from(line).slice(0, most).join("").trim();
}

/** A run of a line's text; `frame`: when its singing begins, null where only the line has a time. */
interface SungPart {
  text: string;
  frame: number | null;
}

export interface Cue {
  startFrame: number;
  endFrame: number;
  /** Joined, they are the line's text. Frames ascend strictly. */
  parts: SungPart[];
}

/** The line as written, cut where a timed word begins; a word that is not found in it is ignored. */
function partsOf(line: TimedLine): SungPart[] {
  const text = oneLine(line.text, LINE);
  const parts: SungPart[] = [];
  let from = 0;
  let next = 0;
  let open: SungPart = { text: "", frame: null };
  for (const word of line.words) {
    const sung = oneLine(word.text, LINE);
    const at = sung === "" ? -1 : text.indexOf(sung, next);
    if (at < 0 || word.startFrame <= (open.frame ?? -1)) continue;
    parts.push({ ...open, text: text.slice(from, at) });
    open = { text: "", frame: word.startFrame };
    from = at;
    next = at + sung.length;
  }
  parts.push({ ...open, text: text.slice(from) });
  return parts.filter((part) => part.text !== "");
}

/** The lines that have any text, each lasting at least a frame. */
export const cuesOf = (lines: readonly TimedLine[]): Cue[] =>
  lines.flatMap((line) => {
    const parts = partsOf(line);
    const endFrame = Math.max(line.endFrame, line.startFrame + 1);
    return parts.length > 0 ? [{ startFrame: line.startFrame, endFrame, parts }] : [];
  });

export const textOf = (cue: Cue) => cue.parts.map((part) => part.text).join("");
