/** Columns and conditions that several tables have. */
import { sql } from "drizzle-orm";
import { customType, numeric, type PgColumn, timestamp } from "drizzle-orm/pg-core";

export const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });

export const createdAt = () => at("created_at").notNull().defaultNow();

export const usd = (name: string) => numeric(name, { precision: 12, scale: 6, mode: "number" });

/** A jsonb column whose values are parsed when they are read: the rows may be of another version. */
export const parsedJson = <Value, Stored>(name: string, parse: (stored: Stored) => Value) =>
  customType<{ data: Value; driverData: Stored }>({
    dataType: () => "jsonb",
    toDriver: (value) => sql`${JSON.stringify(value)}::jsonb`,
    fromDriver: parse,
  })(name);

/** `column in ('a', 'b')`. The values are constants of the code: they are not escaped. */
export const oneOf = (column: PgColumn, values: readonly string[]) =>
  sql`${column} in (${sql.raw(values.map((v) => `'${v}'`).join(", "))})`;
