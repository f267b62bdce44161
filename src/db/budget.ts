/** Money, on the project's row and its owner's: what claims have reserved, and what is spent. */
import { eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { owners, projects, spending } from "./schema.ts";

/**
 * Locks the project's row, then its owner's. All transactions lock in this order, and other rows of the project
 * only afterwards, so that none deadlock.
 */
export const lockBudget = (db: Db, projectId: string) =>
  [
    db.select({ id: projects.id }).from(projects).where(eq(projects.id, projectId)).for("update"),
    db
      .select({ id: owners.id })
      .from(owners)
      .where(
        eq(owners.id, db.select({ id: projects.ownerId }).from(projects).where(eq(projects.id, projectId))),
      )
      .for("update"),
  ] as const;

/** So that what an owner has is counted by one transaction at a time. Its caller locks no project. */
export const lockOwner = (db: Db, ownerId: string) =>
  db.select({ id: owners.id }).from(owners).where(eq(owners.id, ownerId)).for("update");

/** Takes `usd` out of both reservations and adds `spentUsd` to what both have spent, in US dollars. */
export function settleReservation(
  db: Db,
  projectId: string,
  { usd, spentUsd }: { usd: number | SQL; spentUsd: number | SQL },
  now: SQL,
) {
  return db.execute(sql`
    with moved as (
      select (${usd})::numeric as usd, (${spentUsd})::numeric as spent
    ), project as (
      update ${projects} set
        reserved_usd = greatest(0, projects.reserved_usd - moved.usd),
        spent_usd = projects.spent_usd + moved.spent
      from moved where projects.id = ${projectId}
      returning projects.owner_id, moved.usd, moved.spent
    ), owner as (
      update ${owners} set
        reserved_usd = greatest(0, owners.reserved_usd - project.usd),
        spent_usd = owners.spent_usd + project.spent
      from project where owners.id = project.owner_id
      returning owners.id, project.spent
    )
    ${addToDay(sql`select id, spent from owner`, now)}`);
}

/** Adds to what was spent today. `spent`: a query of owner and US dollars. */
export const addToDay = (spent: SQL, now: SQL) => sql`
  insert into ${spending} (day, owner_id, usd)
  select ((${now}) at time zone 'UTC')::date, owner_id, usd
  from (${spent}) as spent (owner_id, usd) where usd <> 0
  on conflict (day, owner_id) do update set usd = ${spending}.usd + excluded.usd`;

/** What was spent today (UTC) for all owners, in US dollars. */
export async function spentToday(db: Db, now: SQL): Promise<number> {
  const [row] = await db
    .select({ usd: sql`coalesce(sum(${spending.usd}), 0)`.mapWith(Number) })
    .from(spending)
    .where(sql`${spending.day} = ((${now}) at time zone 'UTC')::date`);
  return row?.usd ?? 0;
}
