/** The statements of every release that may still run must work with today's schema: see drizzle/README.md. */
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listed, listedVersions, listOf, parameterTypes } from "../../support/statements.ts";

let postgres: PGlite;
beforeAll(async () => {
  postgres = await PGlite.create("memory://");
  await migrate(drizzle(postgres), { migrationsFolder: join(import.meta.dirname, "../../../drizzle") });
});
afterAll(() => postgres.close());

/**
 * Why a statement would not work as it did: Postgres can't prepare it, since a table or column is not there or of
 * another type, or a parameter is of another type now than the values that its version sends. Null where it works.
 */
async function refusal({ sql, types }: Listed): Promise<string | null> {
  try {
    const now = await parameterTypes(postgres, sql);
    const other = now.flatMap((type, i) =>
      type === types[i] ? [] : [`$${i + 1} was ${types[i]}, is ${type}`],
    );
    return other.length > 0 ? `${other}: ${sql}` : null;
  } catch (error) {
    return `${error}: ${sql}`;
  }
}

test.each(listedVersions())(
  "today's schema prepares every statement of version %i, with parameters of the same types",
  async (version) => {
    const statements = listOf(version);
    expect(statements.length).toBeGreaterThan(50);
    const problems: (string | null)[] = [];
    for (const statement of statements) problems.push(await refusal(statement));
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  },
);

test("each table and each kind of statement is in the first list", () => {
  const all = listOf(1)
    .map(({ sql }) => sql)
    .join("\n")
    .toLowerCase();
  for (const table of [
    "owners",
    "projects",
    "selected_scenes",
    "scene_prompts",
    "generated_images",
    "video_clips",
    "user_approvals",
    "final_videos",
    "jobs",
    "tasks",
    "idempotency_keys",
  ])
    expect(all).toContain(`"${table}"`);
});

test.each([
  ["a column that is gone", 'alter table "projects" drop column "target_stage"'],
  ["a table that is gone", 'drop table "user_approvals"'],
  ["a column of another name", 'alter table "tasks" rename column "claim_id" to "holder_id"'],
  ["a column of another type", 'alter table "tasks" alter column "run_after" type text'],
  ["a column of a type that takes the same text", 'alter table "tasks" alter column "provider" type varchar'],
])("%s is found", async (_what, change) => {
  await postgres.exec("begin");
  await postgres.exec(change);
  const found: string[] = [];
  for (const statement of listOf(1)) {
    await postgres.exec("savepoint one");
    const problem = await refusal(statement);
    if (problem !== null) found.push(problem);
    await postgres.exec("rollback to savepoint one");
  }
  await postgres.exec("rollback");
  expect(found).not.toEqual([]);
});
