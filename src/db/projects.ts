/** Creates, finds, edits and removes projects of an owner. Each function is one round trip. */
import { and, count, eq, inArray, type SQL, sql } from "drizzle-orm";
import { IMAGE_MODEL_NAMES } from "../domain/models/models.ts";
import { projectPrefix } from "../domain/record/keys.ts";
import { DELETED_AFTER_SECONDS, type LimitReached, type OwnerLimits } from "../domain/record/limits.ts";
import type { Project } from "../domain/record/record.ts";
import {
  choosesRetired,
  clipCapabilities,
  DEFAULT_SETTINGS,
  type ProjectChange,
  type SettingsPatch,
} from "../domain/settings.ts";
import type { OwnedProject } from "../ports/store.ts";
import { addToDay, lockOwner } from "./budget.ts";
import type { Db } from "./client.ts";
import { secondsAfter } from "./clock.ts";
import { objectsToDelete, owners, projects } from "./schema.ts";
import { storedSettings } from "./settings.ts";

export const ownedProject = ({ ownerId, projectId }: OwnedProject): SQL | undefined =>
  and(eq(projects.id, projectId), eq(projects.ownerId, ownerId));

/** Locks the project's row. Put it first in a batch that writes other rows of the project: see `lockBudget`. */
export const lockProject = (db: Db, whose: OwnedProject) =>
  db.select({ id: projects.id }).from(projects).where(ownedProject(whose)).for("update");

export async function createProject(
  db: Db,
  project: Pick<Project, "id" | "ownerId" | "name" | "settings">,
  { projects: most }: OwnerLimits,
  now: SQL,
): Promise<Project | LimitReached> {
  const { id, ownerId, name, settings } = project;
  const mine = eq(projects.ownerId, ownerId);
  const [, , , [saved], [counted]] = await db.batch([
    db.insert(owners).values({ id: ownerId, createdAt: now }).onConflictDoNothing(),
    lockOwner(db, ownerId),
    db.execute(sql`
      insert into ${projects} (id, owner_id, name, settings, created_at, updated_at)
      select ${id}::uuid, ${ownerId}::text, ${name}::text, ${JSON.stringify(settings)}::jsonb, ${now}, ${now}
      where (select count(*) from ${projects} where ${mine}) < ${most}
      on conflict do nothing`),
    db
      .select()
      .from(projects)
      .where(ownedProject({ ownerId, projectId: id })),
    db.select({ projects: count() }).from(projects).where(mine),
  ]);
  if (!saved && counted && counted.projects >= most) return { limit: "projects", most };
  if (!saved) throw new Error("An insert left no row");
  return saved;
}

export async function findProject(db: Db, whose: OwnedProject): Promise<Project | null> {
  const [project] = await db.select().from(projects).where(ownedProject(whose));
  return project ?? null;
}

export async function editProject(
  db: Db,
  whose: OwnedProject,
  edit: ProjectChange & { expected: number[] | null },
  now: SQL,
): Promise<{ saved: Project | null; current: Project | null }> {
  const merged = edit.settings && mergedSettings(edit.settings);
  const [[saved], [current]] = await db.batch([
    db
      .update(projects)
      .set({
        ...(edit.name === undefined ? {} : { name: edit.name }),
        ...(merged ? { settings: merged } : {}),
        ...(edit.pins === undefined ? {} : { pins: edit.pins }),
        ...(edit.beat === undefined ? {} : { beat: edit.beat }),
        version: sql`${projects.version} + 1`,
        updatedAt: now,
      })
      .where(
        and(
          ownedProject(whose),
          edit.expected ? inArray(projects.version, edit.expected) : undefined,
          merged ? deliverable(merged) : undefined,
          edit.settings && choosesRetired(edit.settings) ? sql`false` : undefined,
        ),
      )
      .returning(),
    db.select().from(projects).where(ownedProject(whose)),
  ]);
  return { saved: saved ?? null, current: current ?? null };
}

/** `mergeSettings` in SQL: merged by Postgres, two concurrent edits of different settings are both kept. */
function mergedSettings({ scenes = {}, ...flat }: SettingsPatch): SQL {
  return sql`(${storedSettings} || ${JSON.stringify(flat)}::jsonb
    || jsonb_build_object('scenes', (${storedSettings} -> 'scenes') || ${JSON.stringify(scenes)}::jsonb))`;
}

/** `settingsProblems` in SQL, for settings that only Postgres knows: true where there are no problems. */
function deliverable(merged: SQL): SQL {
  const settings = sql`merged.settings`;
  const least = sql`(${settings} #>> '{scenes,minSeconds}')::float8`;
  const most = sql`(${settings} #>> '{scenes,maxSeconds}')::float8`;
  const images = JSON.stringify(IMAGE_MODEL_NAMES);
  const deliverableClips = clipCapabilities(DEFAULT_SETTINGS.fps);
  const clip = sql`(${JSON.stringify(deliverableClips)}::jsonb -> (${settings} ->> 'clipModel'))`;
  return sql`(select ${images}::jsonb ? (${settings} ->> 'imageModel')
    and (${settings} -> 'imageFallbacks') <@ ${images}::jsonb
    and (${settings} -> 'clipFallbacks') <@ ${JSON.stringify(Object.keys(deliverableClips))}::jsonb
    and ${clip} -> 'ratios' ? (${settings} ->> 'aspectRatio')
    and ${least} <= ${most}
    and ${most} <= (${clip} -> 'longest' ->> (${settings} ->> 'clipResolution'))::float8
    from (select ${merged} as settings) as merged)`;
}

/**
 * Deletes the project; false where the owner has none with this id. What its claims had reserved may be paid
 * for, so it is added to what the owner has spent. Its files are deleted once more when no upload to it can be
 * under way.
 */
export async function removeProject(
  db: Db,
  { ownerId, projectId }: OwnedProject,
  now: SQL,
): Promise<boolean> {
  const prefix = projectPrefix(ownerId, projectId);
  const { rows } = await db.execute(sql`
    with removed as (
      delete from ${projects} where id = ${projectId} and owner_id = ${ownerId}
      returning owner_id, reserved_usd
    ), owner as (
      update ${owners} set
        reserved_usd = greatest(0, owners.reserved_usd - removed.reserved_usd),
        spent_usd = owners.spent_usd + removed.reserved_usd
      from removed where owners.id = removed.owner_id
      returning owners.id, removed.reserved_usd
    ), spent as (${addToDay(sql`select id, reserved_usd from owner`, now)}
    ), covered as (
      delete from ${objectsToDelete} using owner
      where objects_to_delete.owner_id = owner.id and project_id = ${projectId} and path <> ${prefix}
    ), files as (
      insert into ${objectsToDelete} (path, owner_id, project_id, reason, due_at)
      select ${prefix}, id, ${projectId}::uuid, 'project', ${secondsAfter(now, DELETED_AFTER_SECONDS.project)} from owner
      on conflict (path) do update set due_at = excluded.due_at
    )
    select id from owner`);
  return rows.length > 0;
}
