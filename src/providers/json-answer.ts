/** Finds the JSON object in what a language model wrote. */
import { jsonrepair } from "jsonrepair";
import type { AnswerMode } from "../domain/models/language-models.ts";
import { isRecord, parseJson } from "./http.ts";

/** Longer than any answer that fits its tokens; the time of a repair grows with the square of its input. */
const MAX_REPAIRED = 50_000;

/**
 * The objects that the answer may be, likeliest first. Models that think aloud put theirs after their
 * thoughts, others fence it; without structured outputs they also give it a name, or break its syntax,
 * which is then mended. It never throws.
 */
export function* objectsIn(content: string, mode: AnswerMode): Generator<Record<string, unknown>> {
  const fence = content.indexOf("```");
  const fenced = fence < 0 ? "" : braced(content, fence, content.lastIndexOf("```"));
  const bare = braced(content, 0, content.length);
  const whole = [...new Set([content, fenced, bare])].map(parseJson).filter(isRecord);
  yield* whole;
  if (mode === "schema") return;
  yield* whole.flatMap(within);
  if (whole.length > 0 || content.length > MAX_REPAIRED) return;
  const open = content.indexOf("{");
  for (const text of new Set([fenced, bare, open < 0 ? "" : content.slice(open)])) {
    const json = parseJson(mended(text));
    if (isRecord(json)) yield* [json, ...within(json)];
  }
}

const within = (json: Record<string, unknown>) => Object.values(json).filter(isRecord);

/** From the first opening brace to the last closing one, between two places; "" where there is none. */
function braced(content: string, from: number, to: number): string {
  const open = content.indexOf("{", from);
  return open < 0 ? "" : content.slice(open, content.lastIndexOf("}", to) + 1);
}

/** With quotes, commas, comments and open brackets put right; "" where that can't be. */
function mended(text: string): string {
  try {
    return jsonrepair(text);
  } catch {
    return "";
  }
}
