/** A source file as its parts: code, comments and strings. */

export interface Part {
  /** `template`: the text of a template string between what it embeds, with its backtick or braces. */
  kind: "code" | "comment" | "string" | "template";
  text: string;
  /** Of its first line, from 1. */
  line: number;
}

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;
const REGEX = /\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** From the backtick, or the brace that ends what is embedded, to the next `${` or the last backtick. */
const TEMPLATE = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;
/** Code in front of a slash that begins a regular expression and does not divide. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};<>+\-*%~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof|yield|await))$/;

/** The parts of TypeScript, in order; joined they are the source. */
export function partsOf(source: string): Part[] {
  const parts: Part[] = [];
  let line = 1;
  const push = (kind: Part["kind"], text: string) => {
    if (text === "") return;
    parts.push({ kind, text, line });
    line += text.split("\n").length - 1;
  };
  const match = (pattern: RegExp, at: number): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? null;
  };
  /** For each template around `at`: how many braces are open in what it embeds. */
  const braces: number[] = [];
  let codeStart = 0;
  let at = 0;
  /** The code of this part, and of those before it where this one is empty, without spaces at its end. */
  const codeBefore = () => {
    const code = source.slice(codeStart, at).trimEnd();
    return code === "" ? (parts.findLast((part) => part.kind !== "comment")?.text.trimEnd() ?? "") : code;
  };
  const next = (): [Part["kind"], string] | null => {
    const sign = source[at];
    const open = braces.at(-1);
    if (sign === "`" || (sign === "}" && open === 0)) {
      const text = match(TEMPLATE, at) ?? source.slice(at);
      if (sign === "}") braces.pop();
      if (text.endsWith("${")) braces.push(0);
      return ["template", text];
    }
    if (open !== undefined && (sign === "{" || sign === "}"))
      braces[braces.length - 1] = open + (sign === "{" ? 1 : -1);
    const string = sign === '"' || sign === "'" ? match(STRING, at) : null;
    if (string) return ["string", string];
    const comment = sign === "/" ? match(COMMENT, at) : null;
    if (comment) return ["comment", comment];
    const regex = sign === "/" && BEFORE_REGEX.test(codeBefore()) ? match(REGEX, at) : null;
    return regex ? ["string", regex] : null;
  };
  while (at < source.length) {
    const part = next();
    if (!part) {
      at++;
      continue;
    }
    push("code", source.slice(codeStart, at));
    push(...part);
    at += part[1].length;
    codeStart = at;
  }
  push("code", source.slice(codeStart));
  return parts;
}
