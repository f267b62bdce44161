/** Objects that nobody needs: which they are, and which of them the sweep deletes. One round trip each. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { DELETED_AFTER_SECONDS, type LimitReached, type OwnerLimits } from "../domain/record/limits.ts";
import type { Project } from "../domain/record/record.ts";
import type { OwnedProject } from "../ports/store.ts";
import { lockOwner } from "./budget.ts";
import type { Db } from "./client.ts";
import { secondsAfter } from "./clock.ts";
import { ownedProject } from "./projects.ts";
import { objectsToDelete as deletions, projects } from "./schema.ts";
import { openUploads, storedBytes } from "./usage.ts";

/** After this time a later sweep tries again what one has taken and not deleted. */
const RETRY_SECONDS = 600;

const upload = ({ ownerId, projectId }: OwnedProject, key: string) =>
  and(eq(deletions.path, key), eq(deletions.ownerId, ownerId), eq(deletions.projectId, projectId));

const Announced = z.object({
  found: z.boolean(),
  announced: z.boolean(),
  uploads: z.coerce.number(),
});

/** Records an upload that is about to be presigned; null where the owner has no such project. */
export async function announceUpload(
  db: Db,
  { ownerId, projectId }: OwnedProject,
  { key, bytes }: { key: string; bytes: number },
  { open_uploads: mostUploads, stored_bytes: mostBytes }: OwnerLimits,
  now: SQL,
): Promise<{ key: string } | LimitReached | null> {
  const mine = sql`id = ${projectId} and owner_id = ${ownerId}`;
  const [, { rows }] = await db.batch([
    lockOwner(db, ownerId),
    db.execute(sql`
      with used as (
        select ${openUploads(ownerId, key)} as uploads, ${storedBytes(ownerId, key)} as bytes
      ), announced as (
        insert into ${deletions} (path, owner_id, project_id, bytes, reason, due_at)
        select ${key}, owner_id, id, ${bytes}::bigint, 'upload', ${secondsAfter(now, DELETED_AFTER_SECONDS.upload)}
        from ${projects}, used
        where ${mine} and used.uploads < ${mostUploads} and used.bytes + ${bytes} <= ${mostBytes}
        on conflict (path) do update set due_at = excluded.due_at, deleting = false
        returning path
      )
      select exists (select 1 from ${projects} where ${mine}) as found,
        exists (select 1 from announced) as announced, uploads from used`),
  ]);
  const { found, announced, uploads } = Announced.parse(rows[0]);
  if (announced) return { key };
  if (!found) return null;
  return uploads >= mostUploads
    ? { limit: "open_uploads", most: mostUploads }
    : { limit: "stored_bytes", most: mostBytes };
}

/**
 * Keeps an object that is about to be confirmed from being deleted while it is measured. `deleting`: a sweep
 * has taken it already.
 */
export async function holdUpload(
  db: Db,
  whose: OwnedProject,
  key: string,
  now: SQL,
): Promise<{ project: Project; deleting: boolean } | null> {
  const [, [project], [row]] = await db.batch([
    db
      .update(deletions)
      .set({
        dueAt: sql`greatest(${deletions.dueAt}, ${secondsAfter(now, DELETED_AFTER_SECONDS.confirmed)})`,
      })
      .where(and(upload(whose, key), eq(deletions.deleting, false))),
    db.select().from(projects).where(ownedProject(whose)),
    db.select({ deleting: deletions.deleting }).from(deletions).where(upload(whose, key)),
  ]);
  return project ? { project, deleting: row?.deleting ?? false } : null;
}

/** A refused upload is not open any more. Its row stays, since its URL may take another PUT. */
export async function refuseUpload(db: Db, whose: OwnedProject, key: string): Promise<void> {
  await db.update(deletions).set({ reason: "refused" }).where(upload(whose, key));
}

const Taken = z.array(z.object({ path: z.string() }));

/**
 * Takes keys and prefixes that are due, at most so many of each. A project's present song is never among them,
 * nor is the prefix of a project that exists: their rows are removed.
 */
export async function takeObjectsToDelete(
  db: Db,
  most: { keys: number; prefixes: number },
  now: SQL,
): Promise<string[]> {
  const due = (condition: SQL, limit: number) => sql`(
    select path from ${deletions} where due_at <= ${now} and ${condition}
    order by due_at limit ${limit} for update skip locked)`;
  const [, { rows }] = await db.batch([
    db.execute(sql`
      delete from ${deletions} using ${projects}
      where ${deletions.dueAt} <= ${now} and ${projects.id} = ${deletions.projectId}
        and (${projects.audio} ->> 'key' = ${deletions.path} or ${deletions.reason} = 'project')`),
    db.execute(sql`
      with keys as materialized ${due(sql`reason <> 'project'`, most.keys)},
      prefixes as materialized ${due(sql`reason = 'project'`, most.prefixes)}
      update ${deletions} set deleting = true, due_at = ${secondsAfter(now, RETRY_SECONDS)}
      where path in (select path from keys union all select path from prefixes)
      returning path`),
  ]);
  return Taken.parse(rows).map(({ path }) => path);
}

/** Removes the rows of objects that were deleted. */
export async function forgetObjects(db: Db, paths: string[]): Promise<void> {
  if (paths.length === 0) return;
  await db.execute(sql`
    delete from ${deletions}
    where deleting and path in (select jsonb_array_elements_text(${JSON.stringify(paths)}::jsonb))`);
}
