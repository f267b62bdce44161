/** The SQL statements that a release sends: recorded from the integration tests, and kept in test/corpus. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The folder to record into: set by test/corpus/record-statements.ts, and by nothing else. */
const folder = process.env.RECORD_STATEMENTS;

const Query = z.object({ query: z.string() });
const Body = z.union([z.object({ queries: z.array(Query) }), Query]);

const recorded = new Set<string>();

/**
 * The form of a statement: the same for statements that differ in the numbers of their parameters, and in how
 * many rows or values a list has.
 */
export const formOf = (statement: string): string =>
  statement
    .replace(/\s+/g, " ")
    .replace(/\$\d+/g, "$")
    .replace(/(\$|default)(, ?(\$|default))+/g, "$, …")
    .replace(/(\([^()]*\))(, ?\([^()]*\))+/g, "$1, …");

/** Writes down the statements of a request to Postgres, each form once, if statements are recorded now. */
export async function recordStatements(request: Request): Promise<void> {
  if (!folder) return;
  const body = Body.safeParse(await request.clone().json());
  if (!body.success) return;
  for (const { query } of "queries" in body.data ? body.data.queries : [body.data]) {
    if (recorded.has(formOf(query))) continue;
    recorded.add(formOf(query));
    appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(query)}\n`);
  }
}
