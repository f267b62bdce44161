/** What `npm run check` finds beside types and lint. */
import { describe, expect, test } from "vitest";
import { forbiddenImports, layersOf } from "../../check/layers.ts";
import { missingFiles } from "../../check/missing-files.ts";
import { COLUMNS, IDENTIFIERS, JSON_MEMBERS, STRINGS } from "../../check/names.ts";
import { oldNames } from "../../check/old-names.ts";
import { skippedTests } from "../../check/skipped-tests.ts";
import { partsOf } from "../../check/text.ts";

describe("an old name", () => {
  test.each(Object.entries(IDENTIFIERS))(
    "%s is refused as an identifier, and the new one is named",
    (old, name) => {
      expect(oldNames("src/domain/x.ts", `const a = 1;\nconst ${old} = a;\n`)).toEqual([
        `src/domain/x.ts:2: "${old}" is an old name; use ${name}.`,
      ]);
      expect(oldNames("test/pure/x.test.ts", `use({ ${old}: 1 });`)).toHaveLength(1);
      expect(oldNames("src/domain/x.ts", `/** See \`${old}\`. */`)).toHaveLength(1);
      expect(oldNames("src/docs/x.md", `See \`${old}\`.`)).toHaveLength(1);
    },
  );

  test("MOST_ is refused as the beginning of a constant's name", () => {
    expect(oldNames("src/sandbox/story/x.ts", "const MOST_WORDS = 3;")).toEqual([
      'src/sandbox/story/x.ts:1: "MOST_" is an old name; use MAX_.',
    ]);
    expect(oldNames("src/domain/x.ts", "const UTMOST_WORDS = MAX_MOST_WORDS;")).toEqual([]);
  });

  test.each(Object.entries(COLUMNS))("%s is refused as a column", (old) => {
    expect(oldNames("src/db/schema/x.ts", `const c = text("${old}");`)).toHaveLength(1);
    expect(oldNames("src/db/x.ts", `const s = sql\`update x set ${old} = 1\`;`)).toHaveLength(1);
    expect(oldNames("src/db/x.ts", `sql\`a \${b.map((c) => sql\`\${c}\`)} set ${old} = 1\`;`)).toHaveLength(
      1,
    );
    expect(oldNames("drizzle/0001_x.sql", `ALTER TABLE "x" ADD COLUMN "${old}" text;`)).toHaveLength(1);
    expect(oldNames("drizzle/0001_x.sql", `alter table x add column ${old} text;`)).toHaveLength(1);
    expect(oldNames("src/docs/x.md", `\`\`\`sql\nselect t.${old} from tasks t\n\`\`\`\n`)).toEqual([
      expect.stringMatching(/^src\/docs\/x\.md:2: /),
    ]);
  });

  test.each(Object.keys(JSON_MEMBERS))("%s is refused as a member of the public JSON", (old) => {
    expect(oldNames("src/http/x.ts", `const X = z.object({ ${old}: z.string() });`)).not.toEqual([]);
    expect(oldNames("src/domain/views/x.ts", `const view = () => ({ ${old}: 1 });`)).not.toEqual([]);
    expect(oldNames("src/docs/x.md", `The member \`${old}\`.`)).not.toEqual([]);
    expect(oldNames("src/docs/x.md", `\`\`\`json\n{ "${old}": 1 }\n\`\`\`\n`)).toHaveLength(1);
  });

  test.each(Object.keys(STRINGS))(
    "%s is refused as a log event, a result or a member of a message",
    (old) => {
      expect(oldNames("src/pipeline/x.ts", `log("warn", "${old}");`)).toHaveLength(1);
      expect(oldNames("README.md", `\`${old}\``)).toHaveLength(1);
      expect(oldNames("src/pipeline/x.ts", `/** Logs \`${old}\`. */`)).toHaveLength(1);
    },
  );

  test.each([
    ["in what a template embeds", `const a = \`x \${purse.left} y\`;`],
    ["after a template in a template", `const a = \`x \${b ? \`y\` : \`\`} z\`;\nconst purse = a;`],
    ["without backticks where no prose is written so", "// Calls lockPurse first."],
    ["after a regular expression with a quote", "const a = (b: string) => /[\"'`]/.test(b);\nuse(purse);"],
  ])("is refused %s", (_, source) => {
    expect(oldNames("src/domain/x.ts", source)).toHaveLength(1);
  });

  test("is refused as a binding", () => {
    expect(oldNames("wrangler.toml", '[[durable_objects.bindings]]\nname = "DOORS"')).toHaveLength(1);
    expect(oldNames("wrangler.toml", "# See `DOORS`.")).toHaveLength(1);
  });

  test.each([
    ["in prose", "src/domain/x.ts", "/** A door is opened. */"],
    ["in a string that people read", "src/domain/x.ts", 'const text = "a door in the rain";'],
    ["in the sandbox's pictures", "src/sandbox/studio/art/x.ts", "const door = 1;"],
    ["as part of a longer name", "src/domain/x.ts", "const outdoors = trailing;"],
    ["as a column's name elsewhere", "src/http/x.ts", 'const tries = "tries";'],
    ["as a value of a column", "drizzle/0001_x.sql", "UPDATE x SET y = 'the request' -- of the request\n;"],
    ["as a value in a query", "src/docs/x.md", "```sql\nselect 1 where blob1 = 'request'\n```\n"],
    ["in the text of a template", "src/domain/x.ts", `const text = \`a door \${b} in the rain\`;`],
    ["in an address", "src/domain/x.ts", "// https://example.com/`door\nconst a = 'https://b.c/door';"],
    ["in the platform's history of classes", "wrangler.toml", 'new_sqlite_classes = ["ProviderDoor"]'],
  ])("is allowed %s", (_, path, source) => {
    expect(oldNames(path, source)).toEqual([]);
  });
});

describe("a file that is named", () => {
  const files = ["src/domain/plan.ts", "src/docs/film.md", "drizzle/0000_start.sql", "wrangler.toml"];
  const missing = (source: string, path = "src/domain/x.ts") => missingFiles(path, source, files);

  test.each([
    ["by its path", "// see src/domain/plan.ts"],
    ["by the end of its path", "/** See domain/plan.ts. */"],
    ["by its name", "/** See `plan.ts` (plan.ts). */"],
    ["beside the one that names it", "// ./plan.ts and ../docs/film.md"],
    ["at the top", "// wrangler.toml and drizzle/0000_start.sql"],
    ["as a pattern", "// src/domain/*.ts, drizzle/<name>.sql"],
    ["by an address", "// https://example.com/docs/other.md, example.com/a/other.json"],
    ["in code", 'import { plan } from "./gone.ts";'],
    ["as its folder", "// src/domain/, src/docs/*.md and drizzle/"],
    ["in another project", "// See https://example.com/src/gone/ and lib/src/gone/."],
  ])("is found %s", (_, source) => {
    expect(missing(source)).toEqual([]);
  });

  test.each([
    ["in a comment", "src/domain/x.ts", "// a\n// see src/domain/gone.ts"],
    ["in a doc comment", "src/domain/x.ts", "\n/** See gone.ts. */"],
    ["in a document", "src/docs/x.md", "\n[Plan](../domain/gone.ts)"],
    ["in the configuration", "wrangler.toml", "\n# See src/gone.md."],
  ])("is missed %s, with its line", (_, path, source) => {
    expect(missing(source, path)).toEqual([
      expect.stringMatching(
        new RegExp(`^${path}:2: ".*gone\\.(ts|md)" is named, and there is no such file\\.$`),
      ),
    ]);
  });
});

describe("a folder that is named", () => {
  test.each([
    ["in a comment", "src/domain/x.ts", "\n/** See src/gone/. */"],
    ["in a document", "README.md", "\n| `src/gone/` | what |"],
    ["in a pattern", ".gitignore", "\n!src/gone/*.mp4"],
  ])("is missed %s, with its line", (_, path, source) => {
    expect(missingFiles(path, source, ["src/domain/plan.ts"])).toEqual([
      `${path}:2: "src/gone/" is named, and there is no such folder.`,
    ]);
  });
});

describe("a source file", () => {
  test.each([
    ['const a = "// no comment"; // yes', ["code", "string", "code", "comment"]],
    ['const a = /"\'`/.test(b); /* "x" */', ["code", "string", "code", "comment"]],
    ["const f = (a) => /[/`]/.test(a); // yes", ["code", "string", "code", "comment"]],
    ["return /`/;", ["code", "string", "code"]],
    ["const a = b / c; const d = e / f;", ["code"]],
    ["const a = (b) / `c` / d;", ["code", "template", "code"]],
    ["const a: Map<string, B<C>> = new Map<D, E>(); // x", ["code", "comment"]],
    [`const a = \`x \${b} // no\`; c / d / e;`, ["code", "template", "code", "template", "code"]],
    [`\`a \${\`b \${{ c: 1 }.c} d\`} e\`;`, ["template", "template", "code", "template", "template", "code"]],
    [`\`\\\${a} $ {b}\`; // c`, ["template", "code", "comment"]],
    ['const a = "it\\"s"; b();', ["code", "string", "code"]],
  ])("is told apart into code, comments and strings: %s", (source, kinds) => {
    const parts = partsOf(source);
    expect(parts.map(({ kind }) => kind)).toEqual(kinds);
    expect(parts.map(({ text }) => text).join("")).toBe(source);
  });
});

describe("a test", () => {
  test.each([
    "it.skipIf(!installed)('x', () => {});",
    "test.skip('x', () => {});",
    "describe.only('x', () => {});",
    "test.runIf(process.env.CI)('x', () => {});",
    "it.concurrent.only('x', () => {});",
    "test.todo('x');",
    "xit('x', () => {});",
    "test('x', ({ skip }) => { skip(); });",
    "test('x', (ctx) => { ctx.skip(); });",
    "test('x', () => {\n  if (!FFMPEG_INSTALLED) return;\n});",
    "test('x', () => {\n  if (!process.env.TEST_DATABASE_URL) {\n    return;\n  }\n});",
  ])("that does not run is refused: %s", (source) => {
    expect(skippedTests("test/pure/x.test.ts", `\n${source}\n`)).toEqual([
      expect.stringMatching(/^test\/pure\/x\.test\.ts:[23]: /),
    ]);
  });

  test.each([
    "sink.skip(8); const { skipped } = mp3; if (values.only) return;",
    "// it.skip is refused\nexpect('it.only').toBe(1);",
    "if (!record) return;",
  ])("that runs is not refused: %s", (source) => {
    expect(skippedTests("test/pure/x.test.ts", source)).toEqual([]);
  });
});

describe("an import from another folder of src", () => {
  const layers = layersOf(
    "| folder | what | may import |\n|---|---|---|\n| `a/` | x | `b`, `c` |\n| `b/` | y | |\n",
  );

  test.each([
    ["src/a/x.ts", 'import { y } from "../b/y.ts";'],
    ["src/a/lib/x.ts", 'import type { y } from "../../c/lib/y.ts";'],
    [
      "src/b/lib/x.ts",
      'import { y } from "../y.ts"; import { z } from "../../log.ts"; import zod from "zod";',
    ],
    ["src/index.ts", 'import { y } from "./b/y.ts";'],
    ["test/a/x.ts", 'import { y } from "../../src/b/y.ts";'],
  ])("that the table allows is not refused: %s %s", (path, source) => {
    expect(forbiddenImports(path, source, layers)).toEqual([]);
  });

  test.each([
    ["src/b/x.ts", 'import { y } from "../a/y.ts";'],
    ["src/b/x.ts", 'import type { y } from "../a/y.ts";'],
    ["src/b/x.ts", 'export * from "../a/y.ts";'],
    ["src/b/x.ts", 'import "../a/y.ts";'],
    ["src/b/x.ts", 'const y = await import("../a/y.ts");'],
    ["src/b/lib/x.ts", 'type Y = import("../../a/y.ts").Y;'],
  ])("that the table does not allow is refused: %s %s", (path, source) => {
    expect(forbiddenImports(path, source, layers)).toEqual([
      expect.stringContaining("b may not import from a"),
    ]);
  });

  test("of a folder that the table does not have is refused", () => {
    expect(forbiddenImports("src/d/x.ts", "", layers)).toEqual([
      expect.stringContaining('"d" is not in the table'),
    ]);
  });
});
