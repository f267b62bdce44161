import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPostgres } from "../../support/postgres.ts";

let postgres: Awaited<ReturnType<typeof openPostgres>>;
beforeAll(async () => {
  postgres = await openPostgres();
});
afterAll(() => postgres.close());

test("every foreign key has an index, so that a delete does not read whole tables", async () => {
  const { rows } = await postgres.db.execute(sql`
    select c.conrelid::regclass || ' ' || c.conname as key
    from pg_constraint c
    where c.contype = 'f' and not exists (
      select 1 from pg_index i
      where i.indrelid = c.conrelid and i.indpred is null
        and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
        and c.conkey @> (i.indkey::int2[])[0:cardinality(c.conkey) - 1])`);
  expect(rows).toEqual([]);
});
