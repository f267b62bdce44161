/** A source file as its parts: code, comments and strings. */

export interface Part {
  kind: "code" | "comment" | "string";
  text: string;
  /** Of its first line, from 1. */
  line: number;
}

/** A slash begins a regular expression where a value can't stand in front of it. */
const PARTS =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|(?<=[(,=:[!&|?{};\n]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;

const kindOf = (text: string): Part["kind"] =>
  text.startsWith("/*") || text.startsWith("//") ? "comment" : "string";

/** The parts of TypeScript, in order. What a template embeds counts as part of its string. */
export function partsOf(source: string): Part[] {
  const parts: Part[] = [];
  let line = 1;
  const push = (kind: Part["kind"], text: string) => {
    if (text === "") return;
    parts.push({ kind, text, line });
    line += text.split("\n").length - 1;
  };
  let at = 0;
  for (const { 0: text, index } of source.matchAll(PARTS)) {
    push("code", source.slice(at, index));
    push(kindOf(text), text);
    at = index + text.length;
  }
  push("code", source.slice(at));
  return parts;
}
