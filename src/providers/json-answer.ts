/** Finds the JSON object in a language model's answer. */
import { jsonrepair } from "jsonrepair";
import type { AnswerMode } from "../domain/models/language-models.ts";
import { isRecord, parseJson } from "./http.ts";

/** Longer than any answer that fits its tokens; the time of a repair grows with the square of its input. */
const MAX_REPAIRED = 50_000;

/**
 * The objects that may be the answer, the likeliest first. Some models write text before the JSON, others put
 * it into a code fence. In mode `json` they may also wrap it into another object, or break its syntax, which
 * is then repaired. It never throws.
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
    const json = parseJson(repaired(text));
    if (isRecord(json)) yield* [json, ...within(json)];
  }
}

const within = (json: Record<string, unknown>) => Object.values(json).filter(isRecord);

/** From the first opening brace after `from` to the last closing one before `to`; "" where there is none. */
function braced(content: string, from: number, to: number): string {
  const open = content.indexOf("{", from);
  return open < 0 ? "" : content.slice(open, content.lastIndexOf("}", to) + 1);
}

/** The JSON with quotes, commas, comments and open brackets repaired; "" where it can't be. */
function repaired(text: string): string {
  try {
    return jsonrepair(text);
  } catch {
    return "";
  }
}
