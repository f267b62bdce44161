/** Owners, and the answers that are kept for repeated requests. */
import { sql } from "drizzle-orm";
import { check, date, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { at, createdAt, usd } from "./columns.ts";

/** People, with the money of all their projects; the sums stay when a project is deleted. */
export const owners = pgTable(
  "owners",
  {
    id: text("id").primaryKey(),
    /** The most that may be spent, or null for the operator's default. */
    budgetUsd: usd("budget_usd"),
    reservedUsd: usd("reserved_usd").notNull().default(0),
    spentUsd: usd("spent_usd").notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [
    check(
      "owners_money",
      sql`${t.reservedUsd} >= 0 and ${t.spentUsd} >= 0 and coalesce(${t.budgetUsd}, 0) >= 0`,
    ),
  ],
);

/**
 * What was spent for each owner on each day (UTC), so that the sum of a day reads few rows. Never deleted with a
 * project or an owner.
 */
export const spending = pgTable(
  "spending",
  {
    day: date("day").notNull(),
    ownerId: text("owner_id").notNull(),
    usd: usd("usd").notNull(),
  },
  (t) => [primaryKey({ columns: [t.day, t.ownerId] })],
);

/** What repeats of a POST that had an Idempotency-Key are answered: a problem, or which project to show. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    ownerId: text("owner_id").notNull(),
    key: text("key").notNull(),
    requestHash: text("request_hash").notNull(),
    lockedUntil: at("locked_until").notNull(),
    status: integer("status"),
    headers: jsonb("headers").$type<Record<string, string>>(),
    body: text("body"),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.ownerId, t.key] }), index("idempotency_by_age").on(t.createdAt)],
);
