/** Sets a database back to an earlier migration, inserts rows of that version, and migrates it up to date. */
import { readdirSync, readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import type { Db } from "../../src/db/client.ts";

const FOLDER = `${import.meta.dirname}/../../drizzle`;

/**
 * Rows by table, in an order that foreign keys allow; absent columns are null. An owner of several projects has
 * a row with each of them, which holds what that project holds.
 */
export type OldRows = Record<string, readonly object[]>;

const ADDED = sql`on conflict (id) do update set
  reserved_usd = owners.reserved_usd + excluded.reserved_usd, spent_usd = owners.spent_usd + excluded.spent_usd`;

/**
 * `migration`: index, from 0, of the last migration of the rows' version. Everything in the database is
 * deleted first.
 */
export async function rewindTo(db: Db, migration: number, projects: readonly OldRows[]): Promise<void> {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const run = async (file: string) => {
    const statements = readFileSync(`${FOLDER}/${file}`, "utf8").split("--> statement-breakpoint");
    for (const statement of statements) await db.execute(sql.raw(statement));
  };
  await db.execute(sql`drop schema public cascade`);
  await db.execute(sql`create schema public`);
  for (const file of files.slice(0, migration + 1)) await run(file);
  for (const tables of projects)
    for (const [table, rows] of Object.entries(tables)) {
      const name = sql.identifier(table);
      const values = sql`jsonb_populate_recordset(null::${name}, ${JSON.stringify(rows)}::jsonb)`;
      await db.execute(
        sql`insert into ${name} select * from ${values} ${table === "owners" ? ADDED : sql``}`,
      );
    }
  for (const file of files.slice(migration + 1)) await run(file);
}
