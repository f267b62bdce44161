/**
 * The SQL statements that a release sends, which test/corpus keeps. Tests that open a Postgres compare what src/db
 * sends to it with the newest list, or record it.
 */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { z } from "zod";

const CORPUS = join(import.meta.dirname, "../corpus");

/** The folder to record into: set by test/corpus/record-statements.ts, and by nothing else. */
const folder = process.env.RECORD_STATEMENTS;

/** The connection string of what a test itself reads and writes, which no release sends. */
export const TESTS_OWN = "postgresql://tests:tests@localhost/omvee";

/** `types`: the type that each parameter had by the schema of that version, such as `timestamp with time zone`. */
const Listed = z.object({ sql: z.string(), types: z.array(z.string()) });
export type Listed = z.infer<typeof Listed>;

/** The versions that have a list, newest last. */
export const listedVersions = (): number[] =>
  readdirSync(CORPUS)
    .flatMap((name) => /^statements\.(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

export const listPath = (version: number): string => join(CORPUS, `statements.${version}.json`);

export const listOf = (version: number): Listed[] =>
  z.array(Listed).parse(JSON.parse(readFileSync(listPath(version), "utf8")));

/**
 * The form of a statement: the same for statements that differ in the numbers of their parameters, in how many rows
 * or values a list has, and in the clock: many tests replace `now()` of src/db by a time.
 */
export const formOf = (statement: string): string =>
  statement
    .replace(/\s+/g, " ")
    .replace(/\$\d+/g, "$")
    .replace(/\bnow\(\)/g, "$::timestamptz")
    .replace(/(\$|default)(, ?(\$|default))+/g, "$, …")
    .replace(/(\([^()]*\))(, ?\([^()]*\))+/g, "$1, …")
    .replace(/ in \(\$\)/g, " in ($, …)");

/**
 * The types of a statement's parameters by the schema, as Postgres takes them from the statement: the driver sends
 * each value as text, and no type (@neondatabase/serverless 1.2). Rejects where Postgres can't prepare it.
 */
export async function parameterTypes(postgres: PGlite, statement: string): Promise<string[]> {
  await postgres.exec(`prepare statement as ${statement}`);
  const { rows } = await postgres.query<{ types: string[] }>(
    "select parameter_types::text[] as types from pg_prepared_statements where name = 'statement'",
  );
  await postgres.exec("deallocate statement");
  return rows[0]?.types ?? [];
}

const Query = z.object({ query: z.string() });
const Body = z.union([z.object({ queries: z.array(Query) }), Query]);

/** The statements that src/db sends to one Postgres of the tests. */
export class SentStatements {
  /** By form. */
  readonly #sent = new Map<string, string>();

  async add(request: Request): Promise<void> {
    // The driver adds parameters to the connection string.
    if (request.headers.get("neon-connection-string")?.startsWith(TESTS_OWN)) return;
    const body = Body.safeParse(await request.clone().json());
    if (!body.success) return;
    for (const { query } of "queries" in body.data ? body.data.queries : [body.data]) {
      const form = formOf(query);
      if (this.#sent.has(form)) continue;
      this.#sent.set(form, query);
      if (folder) appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(query)}\n`);
    }
  }

  /** Throws if a statement is not in the newest list, except while statements are recorded. */
  checkListed(): void {
    if (folder) return;
    const version = Math.max(...listedVersions());
    const listed = new Set(listOf(version).map(({ sql }) => formOf(sql)));
    const missing = [...this.#sent].filter(([form]) => !listed.has(form)).map(([, statement]) => statement);
    if (missing.length === 0) return;
    throw new Error(
      [
        `test/corpus/statements.${version}.json lacks statements that src/db sends.`,
        `If version ${version} was not released: npm run record:statements, or with the paths of the tests that`,
        `send them, which is faster. If it was: npm run record:statements -- --version ${version + 1}. They are:`,
        ...missing,
      ].join("\n"),
    );
  }
}
