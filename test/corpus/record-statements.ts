/**
 * npm run record:statements
 * Runs the tests of the store, the API and the pipeline, and writes the SQL statements that they send, each
 * form once, to the newest statements.<version>.json of this folder. `-- --version 2` begins the list of the
 * next release.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { formOf } from "../support/statements.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Not the fuzz, so that the list is the same each time. */
const EXCLUDED = ["--exclude", "test/integration/http/fuzz.test.ts"];
const TESTS = ["test/integration/db/store.test.ts", "test/integration/http", "test/integration/pipeline"];

const newest = () =>
  Math.max(
    1,
    ...readdirSync(import.meta.dirname).map((name) =>
      Number(/^statements\.(\d+)\.json$/.exec(name)?.[1] ?? 0),
    ),
  );

const { values } = parseArgs({ options: { version: { type: "string" } } });
const version =
  values.version === undefined ? newest() : z.coerce.number().int().min(1).parse(values.version);
const folder = mkdtempSync(join(tmpdir(), "statements-"));
try {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [
    vitest,
    "run",
    "--config",
    "test/vitest.config.ts",
    "--project",
    "integration",
    ...EXCLUDED,
    ...TESTS,
  ];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, RECORD_STATEMENTS: folder },
  });
  if (status !== 0) throw new Error("The tests failed: nothing was recorded.");
  const statements = new Map<string, string>();
  for (const name of readdirSync(folder).sort())
    for (const line of readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean)) {
      const statement = z.string().parse(JSON.parse(line));
      const form = formOf(statement);
      const known = statements.get(form);
      if (known === undefined || statement.length < known.length) statements.set(form, statement);
    }
  const list = [...statements.values()].sort();
  writeFileSync(
    join(import.meta.dirname, `statements.${version}.json`),
    `${JSON.stringify(list, null, 2)}\n`,
  );
  console.log(`${list.length} statements of version ${version}.`);
} finally {
  rmSync(folder, { recursive: true });
}
