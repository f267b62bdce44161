/** Which projects the sweep wakes. */
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "./client.ts";
import { writeOnce } from "./outage.ts";
import { projects, sweeps } from "./schema.ts";

/** How long the sweep looks for a lost wake-up of a project that is not running, from its last change on. */
const DECIDED_WITHIN_SECONDS = 3_600;

const Found = z.array(z.object({ id: z.uuid() }));

/**
 * Ids of projects with a target stage that did not change for `idleSeconds`: their wake-up may be lost. Waking
 * a project that needs nothing is harmless. There are two lists, running projects and those that changed within
 * the last hour, of each at most `limit`, longest unchanged first. A list goes on behind the last project that
 * it gave, and begins again once it has given them all: projects that stay as they are can't keep others out.
 */
export async function projectsToSweep(
  db: Db,
  now: SQL,
  idleSeconds: number,
  limit: number,
): Promise<string[]> {
  const ago = (seconds: number) => sql`${now} - ${seconds} * interval '1 second'`;
  const next = (list: string, condition: SQL) => sql`(
    select id, updated_at from ${projects}
    where target_stage is not null and updated_at < ${ago(idleSeconds)} and ${condition}
      and (updated_at, id) > (
        coalesce((select updated_at from ${sweeps} where list = ${list}), '-infinity'),
        coalesce((select project_id from ${sweeps} where list = ${list}), '00000000-0000-0000-0000-000000000000'))
    order by updated_at, id limit ${limit})`;
  /** The last project of a full list; null where the list has ended. */
  const last = (list: SQL) =>
    sql`select updated_at, id from ${list} order by updated_at, id offset ${limit - 1} limit 1`;
  const { rows } = await writeOnce(() =>
    db.execute(sql`
      with running as ${next("running", sql`status = 'running'`)},
      decided as ${next("decided", sql`status <> 'running' and updated_at > ${ago(idleSeconds + DECIDED_WITHIN_SECONDS)}`)},
      saved as (
        insert into ${sweeps} (list, updated_at, project_id)
        select names.list, ends.updated_at, ends.id
        from (values ('running'), ('decided')) as names (list)
        left join (
          select 'running' as list, updated_at, id from (${last(sql`running`)}) as one
          union all
          select 'decided', updated_at, id from (${last(sql`decided`)}) as other
        ) as ends on ends.list = names.list
        on conflict (list) do update set updated_at = excluded.updated_at, project_id = excluded.project_id
      )
      select id from (select * from running union all select * from decided) as found order by updated_at, id`),
  );
  return Found.parse(rows).map(({ id }) => id);
}
