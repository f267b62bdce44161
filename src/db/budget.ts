/** Money, on the project's row and its owner's: what claims have reserved, and what is spent. */
import { eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { owners, projects } from "./schema.ts";

/** Locks the project's row, then its owner's: all transactions lock in this order, so that none deadlock. */
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

/** Takes `usd` out of both reservations and adds `spentUsd` to what both have spent, in US dollars. */
export function settleReservation(
  db: Db,
  projectId: string,
  { usd, spentUsd }: { usd: number | SQL; spentUsd: number | SQL },
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
    )
    update ${owners} set
      reserved_usd = greatest(0, owners.reserved_usd - project.usd),
      spent_usd = owners.spent_usd + project.spent
    from project where owners.id = project.owner_id`);
}
