/** Finds names that were replaced. */
import { COLUMNS, IDENTIFIERS, JSON_MEMBERS, STRINGS } from "./names.ts";
import { type Part, partsOf } from "./text.ts";

const WORD = /[A-Za-z_$][\w$]*/g;
const IN_BACKTICKS = /`([A-Za-z_]\w*)`/g;

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
        ...(isPublic(path) ? hits(text, line, KEY, JSON_MEMBERS) : []),
      ];
    case "comment":
      return hits(text, line, IN_BACKTICKS, { ...JSON_MEMBERS, ...IDENTIFIERS });
    case "string": {
      const isStatement = text.startsWith("`") && isSchema(path);
      return [
        ...hits(text, line, QUOTED, { ...STRINGS, ...(isSchema(path) ? COLUMNS : {}) }),
        ...(isStatement ? hits(text.replaceAll(/\$\{[^{}]*\}/g, ""), line, WORD, COLUMNS) : []),
      ];
    }
  }
}

/** Lines that tell the platform of an earlier name. */
const HISTORY = /^(new_sqlite_classes|renamed_classes) =/;

/** What is wrong with a file, one sentence each; none where all is well. */
export function oldNames(path: string, source: string): string[] {
  const found = path.endsWith(".ts")
    ? partsOf(source).flatMap((part) => inCode(part, path))
    : path.endsWith(".sql")
      ? hits(source, 1, /"(\w+)"/g, COLUMNS)
      : [
          ...hits(source, 1, IN_BACKTICKS, { ...JSON_MEMBERS, ...STRINGS, ...IDENTIFIERS }),
          ...(path.endsWith(".toml") ? hits(source, 1, /"(\w+)"/g, IDENTIFIERS) : []),
        ];
  const lines = source.split("\n");
  const isHistory = ({ line }: Hit) => path === "wrangler.toml" && HISTORY.test(lines[line - 1] ?? "");
  return found
    .filter((hit) => !isHistory(hit))
    .map(({ line, word, better }) => `${path}:${line}: "${word}" is an old name; use ${better}.`);
}
