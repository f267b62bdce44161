/** Migrations after the start only add, unless their name says that they contract (drizzle/README.md). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contractions, misplacedContractions } from "../../support/migrations.ts";

const FOLDER = join(import.meta.dirname, "../../../drizzle");

describe("a migration only adds where it has", () => {
  test.each([
    [
      "a new table",
      `CREATE TABLE "x" ("id" uuid PRIMARY KEY NOT NULL, "n" integer NOT NULL, CHECK ("n" > 0));`,
    ],
    [
      "a constraint of a new table",
      `CREATE TABLE "x" ("id" uuid);
       --> statement-breakpoint
       ALTER TABLE "x" ADD CONSTRAINT "x_n" CHECK ("x"."n" > 0);--> statement-breakpoint
       CREATE UNIQUE INDEX "x_one" ON "x" USING btree ("n");`,
    ],
    ["a nullable column", `ALTER TABLE "tasks" ADD COLUMN "beat" jsonb;`],
    ["a column with a default", `ALTER TABLE "tasks" ADD COLUMN "n" integer DEFAULT 0 NOT NULL;`],
    ["a column named like a keyword", `ALTER TABLE "tasks" ADD COLUMN "not null" text;`],
    [
      "a default that reads like a constraint",
      `ALTER TABLE "tasks" ADD COLUMN "a" text DEFAULT 'NOT NULL; UNIQUE';`,
    ],
    ["a counted column", `alter table tasks add n bigserial not null;`],
    ["two columns at once", `ALTER TABLE "tasks" ADD COLUMN "a" text, ADD COLUMN "b" numeric(12, 6);`],
    [
      "a reference of a new column",
      `ALTER TABLE "tasks" ADD COLUMN "film_id" uuid;
       ALTER TABLE "tasks" ADD CONSTRAINT "fk" FOREIGN KEY ("film_id") REFERENCES "public"."final_videos"("id");`,
    ],
    [
      "a reference in the column",
      `ALTER TABLE "tasks" ADD COLUMN "film_id" uuid REFERENCES "final_videos"("id");`,
    ],
    ["an index", `CREATE INDEX "tasks_by_x" ON "public"."tasks" USING btree ("x") WHERE "x" is not null;`],
    ["an index built meanwhile", `CREATE INDEX CONCURRENTLY IF NOT EXISTS "i" ON "tasks" ("x");`],
    ["a wider column", `ALTER TABLE "tasks" ALTER COLUMN "provider" DROP NOT NULL;`],
    ["a new default", `ALTER TABLE "tasks" ALTER COLUMN "n" SET DEFAULT 1;`],
    ["values for old rows", `UPDATE "tasks" SET "n" = 1 WHERE "n" is null;`],
    ["one more value of a type", `ALTER TYPE "mood" ADD VALUE 'calm';`],
    ["comments alone", `-- DROP TABLE "tasks";\n/* ALTER TABLE "tasks" DROP COLUMN "n"; */`],
  ])("%s", (_, sql) => {
    expect(contractions(sql)).toEqual([]);
  });
});

describe("a migration contracts where it", () => {
  test.each([
    ["drops a column", "drops", `ALTER TABLE "tasks" DROP COLUMN "n";`],
    [
      "drops a column beside an addition",
      "drops",
      `ALTER TABLE "tasks" ADD COLUMN "a" text, DROP COLUMN "b";`,
    ],
    ["drops a table", "drops", `DROP TABLE "tasks" CASCADE;`],
    ["drops an index", "drops", `DROP INDEX IF EXISTS "tasks_by_job";`],
    ["drops a constraint", "drops", `ALTER TABLE "tasks" DROP CONSTRAINT "tasks_type";`],
    ["drops a default", "drops", `ALTER TABLE "tasks" ALTER COLUMN "n" DROP DEFAULT;`],
    ["drops rows", "drops", `DELETE FROM "tasks";`],
    ["renames a column", "renames", `ALTER TABLE "tasks" RENAME COLUMN "a" TO "b";`],
    ["renames a table", "renames", `ALTER TABLE "tasks" RENAME TO "works";`],
    ["renames an index", "renames", `ALTER INDEX "a" RENAME TO "b";`],
    ["sets NOT NULL", "sets NOT NULL", `ALTER TABLE "tasks" ALTER COLUMN "n" SET NOT NULL;`],
    [
      "adds a NOT NULL column without a default",
      "adds a NOT NULL column without a default",
      `ALTER TABLE "tasks" ADD COLUMN "n" integer NOT NULL;`,
    ],
    [
      "adds a NOT NULL column with the default null",
      "adds a NOT NULL column without a default",
      `ALTER TABLE "public"."tasks" ADD COLUMN IF NOT EXISTS "n" integer DEFAULT NULL NOT NULL;`,
    ],
    ["changes a type", "changes a type", `ALTER TABLE "tasks" ALTER COLUMN "n" SET DATA TYPE bigint;`],
    ["changes a type, in short", "changes a type", `alter table tasks alter n type bigint using n::bigint`],
    [
      "adds a check",
      "adds a constraint to an existing table",
      `ALTER TABLE "tasks" ADD CONSTRAINT "tasks_n" CHECK ("tasks"."n" > 0);`,
    ],
    [
      "adds a check with a column",
      "adds a constraint to an existing table",
      `ALTER TABLE "tasks" ADD COLUMN "n" integer CHECK ("n" > 0);`,
    ],
    [
      "adds a unique constraint",
      "adds a constraint to an existing table",
      `ALTER TABLE "tasks" ADD CONSTRAINT "u" UNIQUE("a","b");`,
    ],
    [
      "adds a unique index",
      "adds a unique index to an existing table",
      `CREATE TABLE "x" ("id" uuid);\nCREATE UNIQUE INDEX "u" ON "tasks" USING btree ("a");`,
    ],
    [
      "adds a reference of an old column",
      "adds a constraint to an existing table",
      `ALTER TABLE "tasks" ADD CONSTRAINT "fk" FOREIGN KEY ("image_id") REFERENCES "generated_images"("id");`,
    ],
    ["does what is not known", "is not known to be safe", `DO $$ BEGIN DROP TABLE "tasks"; END $$;`],
    [
      "contracts behind an addition",
      "drops",
      `CREATE TABLE "x" ("id" uuid);--> statement-breakpoint\nDROP TABLE "tasks";`,
    ],
  ])("%s", (_, reason, sql) => {
    const found = contractions(sql);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${reason}: `));
  });
});

test("only the start and files named contract may contract", () => {
  const sql = `ALTER TABLE "tasks" DROP COLUMN "n";`;
  const names = ["0002_contract_old_n.sql", "0001_contraction.sql", "0000_start.sql", "0003_drop_n.sql"];
  expect(misplacedContractions(names.map((name) => ({ name, sql })))).toEqual([
    '0001_contraction.sql drops: ALTER TABLE "tasks" DROP COLUMN "n"',
    '0003_drop_n.sql drops: ALTER TABLE "tasks" DROP COLUMN "n"',
  ]);
});

test("the project's migrations keep this rule", () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".sql"));
  expect(names).toContain("0000_start.sql");
  const migrations = names.map((name) => ({ name, sql: readFileSync(join(FOLDER, name), "utf8") }));
  expect(misplacedContractions(migrations)).toEqual([]);
});

test("the start has no statement that is not understood", () => {
  expect(contractions(readFileSync(join(FOLDER, "0000_start.sql"), "utf8"))).toEqual([]);
});
