/** The statements of every release that may still run must work with today's schema: see drizzle/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

const CORPUS = join(import.meta.dirname, "../../corpus");
const LISTS = readdirSync(CORPUS).filter((name) => /^statements\.\d+\.json$/.test(name));
const statementsOf = (list: string) =>
  z.array(z.string()).parse(JSON.parse(readFileSync(join(CORPUS, list), "utf8")));

let postgres: PGlite;
beforeAll(async () => {
  postgres = await PGlite.create("memory://");
  await migrate(drizzle(postgres), { migrationsFolder: join(import.meta.dirname, "../../../drizzle") });
});
afterAll(() => postgres.close());

/**
 * The statements that Postgres can't prepare, each with its message: of a table or column that is not there, or
 * of another type.
 */
async function refused(statements: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const statement of statements) {
    try {
      await postgres.exec(`prepare statement as ${statement}; deallocate statement`);
    } catch (error) {
      problems.push(`${error}: ${statement}`);
    }
  }
  return problems;
}

test.each(LISTS)("every statement of %s is prepared by today's schema", async (list) => {
  const statements = statementsOf(list);
  expect(statements.length).toBeGreaterThan(50);
  expect(await refused(statements)).toEqual([]);
});

test("each table and each kind of statement is in the first list", () => {
  const all = statementsOf("statements.1.json").join("\n").toLowerCase();
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
])("%s is found", async (_what, change) => {
  await postgres.exec("begin");
  await postgres.exec(change);
  const found: string[] = [];
  for (const statement of statementsOf("statements.1.json")) {
    await postgres.exec("savepoint one");
    found.push(...(await refused([statement])));
    await postgres.exec("rollback to savepoint one");
  }
  await postgres.exec("rollback");
  expect(found).not.toEqual([]);
});
