/** What an owner has of everything that is limited, as SQL. */
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { OPEN_TASK_STATUSES } from "../domain/record/record.ts";
import type { Usage } from "../ports/store.ts";
import type { Db } from "./client.ts";
import {
  finalVideos,
  generatedImages,
  objectsToDelete,
  owners,
  projects,
  spending,
  tasks,
  videoClips,
} from "./schema.ts";

/** Uploads that were presigned and not confirmed, besides one. */
export const openUploads = (ownerId: string, besides = ""): SQL => sql`(
  select count(*) from ${objectsToDelete}
  where owner_id = ${ownerId} and reason = 'upload' and path <> ${besides})`;

/** Bytes in the bucket, and those of uploads that were announced, besides one. */
export const storedBytes = (ownerId: string, besides = ""): SQL => {
  const inTable = (table: SQL) =>
    sql`select item.bytes from ${projects} p join ${table} item on item.project_id = p.id where p.owner_id = ${ownerId}`;
  return sql`(
    select coalesce(sum(bytes), 0) from (
      select (audio ->> 'bytes')::bigint as bytes from ${projects} where owner_id = ${ownerId}
      union all ${inTable(sql`${generatedImages}`)}
      union all ${inTable(sql`${videoClips}`)}
      union all ${inTable(sql`${finalVideos}`)}
      union all select bytes from ${objectsToDelete} where owner_id = ${ownerId} and path <> ${besides}
    ) as objects)`;
};

/** Tasks that have not ended; `most` ends the counting. */
export const openTasks = (ownerId: string, most: number): SQL => sql`(
  select count(*) from (
    select 1 from ${projects} p join ${tasks} t on t.project_id = p.id
    where p.owner_id = ${ownerId} and t.status in ${OPEN_TASK_STATUSES} limit ${most}
  ) as open_tasks)`;

const UsageRow = z.object({
  projects: z.coerce.number(),
  stored_bytes: z.coerce.number(),
  open_uploads: z.coerce.number(),
  open_tasks: z.coerce.number(),
  budget_usd: z.coerce.number().nullable(),
  reserved_usd: z.coerce.number(),
  spent_usd: z.coerce.number(),
  spent_today_usd: z.coerce.number(),
});

/** In one statement. */
export async function usageOf(db: Db, ownerId: string): Promise<Usage> {
  const { rows } = await db.execute(sql`
    select (select count(*) from ${projects} where owner_id = ${ownerId}) as projects,
      ${storedBytes(ownerId)} as stored_bytes,
      ${openUploads(ownerId)} as open_uploads,
      ${openTasks(ownerId, 1_000_000)} as open_tasks,
      o.budget_usd, coalesce(o.reserved_usd, 0) as reserved_usd, coalesce(o.spent_usd, 0) as spent_usd,
      coalesce((select usd from ${spending}
        where owner_id = ${ownerId} and day = (now() at time zone 'UTC')::date), 0) as spent_today_usd
    from (select 1) as one left join ${owners} o on o.id = ${ownerId}`);
  const row = UsageRow.parse(rows[0]);
  const { budget_usd, reserved_usd, spent_usd, spent_today_usd, ...used } = row;
  return {
    used,
    budgetUsd: budget_usd,
    reservedUsd: reserved_usd,
    spentUsd: spent_usd,
    spentTodayUsd: spent_today_usd,
  };
}
