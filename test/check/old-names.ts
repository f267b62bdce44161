/** Finds names that were replaced. */
import { COLUMNS, IDENTIFIERS, JSON_MEMBERS, PREFIXES, STRINGS } from "./names.ts";
import { type Part, partsOf } from "./text.ts";

const WORD = /[A-Za-z_$][\w$]*/g;
/** The first word of a constant. */
const PREFIX = /\b([A-Z]+_)\w/g;
/** In backticks, or a word with a capital inside, which no prose has. */
const NAMED = /`([A-Za-z_]\w*)`|\b\w*[a-z][A-Z]\w*/g;

/** Named in comments and documents. */
const IN_TEXT = { ...JSON_MEMBERS, ...STRINGS, ...IDENTIFIERS };

const known = (names: Readonly<Record<string, string>>, word: string): string | undefined =>
  Object.hasOwn(names, word) ? names[word] : undefined;

interface Hit {
  line: number;
  word: string;
  better: string;
}

function hits(
  text: string,
  firstLine: number,
  pattern: RegExp,
  names: Readonly<Record<string, string>>,
): Hit[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const word = match[1] ?? match[0];
    const better = known(names, word);
    const line = firstLine + text.slice(0, match.index).split("\n").length - 1;
    return better === undefined ? [] : [{ line, word, better }];
  });
}

const isSchema = (path: string) => path.startsWith("drizzle/") || path.startsWith("src/db/");
const isPublic = (path: string) => path.startsWith("src/http/") || path.startsWith("src/domain/views/");
/** Lyrics, prompts and pictures use whatever words they like. */
const isFree = (path: string) => /^src\/sandbox\/(story|studio)\//.test(path);

/** A member's name with its colon, as in `{ rung: … }`. */
const KEY = /\b([A-Za-z_]\w*)\??:/g;
const QUOTED = /^["'](\w+)["']$/g;

function inCode(part: Part, path: string): Hit[] {
  const { text, line } = part;
  switch (part.kind) {
    case "code":
      return [
        ...(isFree(path) ? [] : hits(text, line, WORD, IDENTIFIERS)),
        ...hits(text, line, PREFIX, PREFIXES),
        ...(isPublic(path) ? hits(text, line, KEY, JSON_MEMBERS) : []),
      ];
    case "comment":
      return hits(text, line, NAMED, IN_TEXT);
    case "string":
      return hits(text, line, QUOTED, { ...STRINGS, ...(isSchema(path) ? COLUMNS : {}) });
    case "template":
      return isSchema(path) ? hits(text, line, WORD, COLUMNS) : [];
  }
}

const blank = (text: string) => text.replaceAll(/[^\n]/g, " ");
/** Statements without their comments and values, line for line. */
const namesOnly = (sql: string) => sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, blank);

/** A block of a document, such as ```sql … ```. */
const FENCE = /^```(\w*)[^\n]*\n([\s\S]*?)^```/gm;
const JSON_KEY = /"(\w+)"\s*:/g;

function inDocument(source: string): Hit[] {
  const blocks = [...source.matchAll(FENCE)].flatMap(({ 0: block, 1: language, 2: text = "", index }) => {
    const line = source.slice(0, index).split("\n").length + 1;
    if (language === "sql") return hits(namesOnly(text), line, WORD, COLUMNS);
    const code = language === "ts" ? hits(text, line, WORD, IDENTIFIERS) : [];
    return [...code, ...hits(block, line - 1, JSON_KEY, JSON_MEMBERS)];
  });
  return [...hits(source, 1, NAMED, IN_TEXT), ...blocks];
}

function found(path: string, source: string): Hit[] {
  if (path.endsWith(".ts")) return partsOf(source).flatMap((part) => inCode(part, path));
  if (path.endsWith(".sql")) return hits(namesOnly(source), 1, WORD, COLUMNS);
  if (path.endsWith(".toml")) return hits(source, 1, /[`"](\w+)[`"]/g, IN_TEXT);
  return inDocument(source);
}

/** Lines that tell the platform of an earlier name. */
const HISTORY = /^(new_sqlite_classes|renamed_classes) =/;

/** What is wrong with a file, one sentence each; none where all is well. */
export function oldNames(path: string, source: string): string[] {
  const lines = source.split("\n");
  const isHistory = ({ line }: Hit) => path === "wrangler.toml" && HISTORY.test(lines[line - 1] ?? "");
  return found(path, source)
    .filter((hit) => !isHistory(hit))
    .map(({ line, word, better }) => `${path}:${line}: "${word}" is an old name; use ${better}.`);
}
