/**
 * Where the file is in a prediction's output. Official models give an address or a list of them; others an
 * object with a `url`, keys of their own making, or the file itself as a data URI. Nothing else is promised.
 */
import { isRecord } from "./http.ts";

/** Containers around the file: more than any model is known to use. */
const DEEPEST = 4;
/** Values that are looked at: a transcription has thousands, and no file. */
const MOST_VALUES = 10_000;
/** What is most likely the result where an object has several addresses, likeliest first. */
const RESULTS = [
  "url",
  "video",
  "videos",
  "output",
  "outputs",
  "result",
  "results",
  "file",
  "files",
  "image",
  "images",
];
/** What stands beside a result, and is none. */
const BESIDE =
  /thumb|preview|poster|input|webhook|^(logs?|urls|links|docs)$|(first|last|start|end)_?(frame|image)|source|cover/i;

/** The address or data URI of the first file, null where there is none. It never throws. */
export function fileIn(output: unknown): string | null {
  let left = MOST_VALUES;

  function look(value: unknown, depth: number): string | null {
    if (left-- <= 0) return null;
    if (typeof value === "string") return isFile(value) ? value : null;
    if (depth === 0) return null;
    for (const inner of valuesOf(value)) {
      const file = look(inner, depth - 1);
      if (file !== null || left <= 0) return file;
    }
    return null;
  }
  return look(output, DEEPEST);
}

function valuesOf(value: unknown): Iterable<unknown> {
  if (Array.isArray(value)) return value;
  if (!isRecord(value)) return [];
  const place = (key: string) => (RESULTS.includes(key) ? RESULTS.indexOf(key) : RESULTS.length);
  return Object.keys(value)
    .filter((key) => !BESIDE.test(key))
    .sort((a, b) => place(a) - place(b))
    .map((key) => value[key]);
}

/** Prose may have an address in it, and is no file. */
const isFile = (text: string): boolean =>
  (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text)) || /^data:[^,\s]*,/i.test(text.slice(0, 200));

/** Whether there is no output at all: what a run leaves that made nothing. */
export const holdsNothing = (output: unknown): boolean =>
  output === undefined ||
  output === null ||
  output === "" ||
  (Array.isArray(output) && output.length === 0) ||
  (isRecord(output) && Object.keys(output).length === 0);
