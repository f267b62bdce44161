/**
 * npm run record:statements
 * Runs the tests of the store, the API and the pipeline, and writes the SQL statements that src/db sends, each form
 * once and with the types of its parameters, to the newest statements.<version>.json of this folder.
 * `-- --version 2` begins the list of the next release. `-- <paths of tests>` runs these and adds what they send.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { z } from "zod";
import {
  formOf,
  type Listed,
  listedVersions,
  listOf,
  listPath,
  parameterTypes,
} from "../support/statements.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Not the fuzz: what it sends differs each time. */
const EXCLUDED = ["--exclude", "test/integration/http/fuzz.test.ts"];
const TESTS = ["test/integration/db/store.test.ts", "test/integration/http", "test/integration/pipeline"];

const { values, positionals } = parseArgs({
  options: { version: { type: "string" } },
  allowPositionals: true,
});
const version =
  values.version === undefined
    ? Math.max(1, ...listedVersions())
    : z.coerce.number().int().min(1).parse(values.version);

/** Runs tests; returns the statements that src/db sent. */
function sentBy(tests: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "statements-"));
  try {
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const config = ["--config", "test/vitest.config.ts", "--project", "integration"];
    const { status } = spawnSync(process.execPath, [vitest, "run", ...config, ...EXCLUDED, ...tests], {
      cwd: ROOT,
      stdio: "inherit",
      env: { ...process.env, RECORD_STATEMENTS: folder },
    });
    if (status !== 0) throw new Error("The tests failed: nothing was recorded.");
    const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
    return lines.filter(Boolean).map((line) => z.string().parse(JSON.parse(line)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The shortest statement of each form, with the types that its parameters have by today's schema. */
async function listed(statements: readonly string[]): Promise<Listed[]> {
  const shortest = new Map<string, string>();
  for (const statement of statements.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)))
    if (!shortest.has(formOf(statement))) shortest.set(formOf(statement), statement);
  const postgres = await PGlite.create("memory://");
  await migrate(drizzle(postgres), { migrationsFolder: join(ROOT, "drizzle") });
  const list: Listed[] = [];
  for (const sql of [...shortest.values()].sort())
    list.push({ sql, types: await parameterTypes(postgres, sql) });
  await postgres.close();
  return list;
}

const before = positionals.length > 0 ? listOf(version).map(({ sql }) => sql) : [];
const list = await listed([...before, ...sentBy(positionals.length > 0 ? positionals : TESTS)]);
writeFileSync(listPath(version), JSON.stringify(list));
const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
spawnSync(process.execPath, [biome, "format", "--write", listPath(version)], { cwd: ROOT, stdio: "inherit" });
console.log(`${list.length} statements of version ${version}.`);
