/** Rows for an `insert … select`, which inserts them only under a condition. */
import { getTableColumns, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";

/** Selects the rows, with all columns in the table's order, if the condition holds. */
export function selectRows<T extends PgTable>(
  table: T,
  rows: readonly T["$inferSelect"][],
  condition: SQL,
): SQL {
  const columns = Object.entries(getTableColumns(table));
  const names = columns.map(([name]) => sql.identifier(name));
  const typed = columns.map(([name, column]) => sql`${sql.identifier(name)} ${sql.raw(column.getSQLType())}`);
  return sql`select ${sql.join(names, sql`, `)}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s(${sql.join(typed, sql`, `)})
    where ${condition}`;
}
