/** What people do to their projects. Every statement is scoped by the owner; each verb is one round trip. */
import { and, eq, inArray, like, type SQL, sql } from "drizzle-orm";
import { IMAGE_MODEL_NAMES } from "../domain/models/models.ts";
import type { Project } from "../domain/record/record.ts";
import {
  choosesRetired,
  DEFAULT_SETTINGS,
  deliverables,
  type ProjectChange,
  type SettingsPatch,
} from "../domain/settings.ts";
import type { Db } from "./client.ts";
import { retried } from "./retry.ts";
import { idempotencyKeys, owners, projects } from "./schema.ts";
import type { OwnedProject } from "./store.ts";

export const ownedProject = ({ ownerId, projectId }: OwnedProject): SQL | undefined =>
  and(eq(projects.id, projectId), eq(projects.ownerId, ownerId));

export async function createProject(
  db: Db,
  project: Pick<Project, "id" | "ownerId" | "name" | "settings">,
  now: SQL,
): Promise<Project> {
  const [, , [saved]] = await retried(() =>
    db.batch([
      db.insert(owners).values({ id: project.ownerId, createdAt: now }).onConflictDoNothing(),
      db
        .insert(projects)
        .values({ ...project, createdAt: now, updatedAt: now })
        .onConflictDoNothing(),
      db
        .select()
        .from(projects)
        .where(ownedProject({ ownerId: project.ownerId, projectId: project.id })),
    ]),
  );
  if (!saved) throw new Error("An insert left no row");
  return saved;
}

export async function findProject(db: Db, whose: OwnedProject): Promise<Project | null> {
  const [project] = await retried(() => db.select().from(projects).where(ownedProject(whose)));
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

/** Postgres merges what `mergeSettings` would, so that two edits of different settings both stay. */
function mergedSettings({ scenes = {}, ...flat }: SettingsPatch): SQL {
  const stored = projects.settings;
  return sql`(${stored} || ${JSON.stringify(flat)}::jsonb
    || jsonb_build_object('scenes', (${stored} -> 'scenes') || ${JSON.stringify(scenes)}::jsonb))`;
}

/** `settingsProblems` of settings that only Postgres knows, from the same tables of models. */
function deliverable(settings: SQL): SQL {
  const least = sql`(${settings} #>> '{scenes,minSeconds}')::float8`;
  const most = sql`(${settings} #>> '{scenes,maxSeconds}')::float8`;
  const images = JSON.stringify(IMAGE_MODEL_NAMES);
  const made = deliverables(DEFAULT_SETTINGS.fps);
  const clip = sql`(${JSON.stringify(made)}::jsonb -> (${settings} ->> 'clipModel'))`;
  return sql`${images}::jsonb ? (${settings} ->> 'imageModel')
    and (${settings} -> 'imageFallbacks') <@ ${images}::jsonb
    and (${settings} -> 'clipFallbacks') <@ ${JSON.stringify(Object.keys(made))}::jsonb
    and ${clip} -> 'ratios' ? (${settings} ->> 'aspectRatio')
    and ${least} <= ${most}
    and ${most} <= (${clip} -> 'longest' ->> (${settings} ->> 'clipResolution'))::float8`;
}

/**
 * What claims had reserved may be paid for: it stays on the owner's account as spent. Answers kept for
 * repeated requests go too, where they tell of the project.
 */
export async function removeProject(db: Db, { ownerId, projectId }: OwnedProject): Promise<boolean> {
  const [gone] = await db.batch([
    db.execute(sql`
      with gone as (
        delete from ${projects} where id = ${projectId} and owner_id = ${ownerId}
        returning owner_id, reserved_usd
      )
      update ${owners} set
        reserved_usd = greatest(0, owners.reserved_usd - gone.reserved_usd),
        spent_usd = owners.spent_usd + gone.reserved_usd
      from gone where owners.id = gone.owner_id
      returning owners.id`),
    db
      .delete(idempotencyKeys)
      .where(and(eq(idempotencyKeys.ownerId, ownerId), like(idempotencyKeys.body, `%${projectId}%`))),
  ]);
  return gone.rows.length > 0;
}
