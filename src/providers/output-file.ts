/**
 * Finds the file in a prediction's output. Official models give an address or a list of addresses; others
 * give an object with a `url`, an object with any other keys, or the file itself as a data URI. No form is
 * guaranteed.
 */
import { isRecord } from "./http.ts";

/** The most lists and objects around the file: more than any model is known to use. */
const DEEPEST = 4;
/** The most values that are searched: a transcription has thousands, and no file. */
const MAX_VALUES = 10_000;
/** Keys that are most likely the result, where an object has several addresses; the likeliest first. */
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
/** Keys of files that are not the result. */
const NO_RESULT =
  /thumb|preview|poster|input|webhook|^(logs?|urls|links|docs)$|(first|last|start|end)_?(frame|image)|source|cover/i;

/** The address or data URI of the likeliest file; null where there is none. It never throws. */
export function fileIn(output: unknown): string | null {
  let left = MAX_VALUES;

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
  const rank = (key: string) => (RESULTS.includes(key) ? RESULTS.indexOf(key) : RESULTS.length);
  return Object.keys(value)
    .filter((key) => !NO_RESULT.test(key))
    .sort((a, b) => rank(a) - rank(b))
    .map((key) => value[key]);
}

/** Whether the whole text is an address or a data URI. A sentence that has an address in it is not a file. */
const isFile = (text: string): boolean =>
  (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text)) || /^data:[^,\s]*,/i.test(text.slice(0, 200));

/** Whether the output is empty: the prediction made nothing. */
export const isEmptyOutput = (output: unknown): boolean =>
  output === undefined ||
  output === null ||
  output === "" ||
  (Array.isArray(output) && output.length === 0) ||
  (isRecord(output) && Object.keys(output).length === 0);
