/** What people do to their projects. Every statement is scoped by the owner; each verb is one round trip. */
import { and, eq, inArray, isNotNull, like, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { IMAGE_MODEL_NAMES, RETIRED_CLIP_MODELS } from "../domain/models.ts";
import { ASPECT_RATIOS, type Project, type Stage, type Task } from "../domain/record.ts";
import {
  choosesRetired,
  DEFAULT_SETTINGS,
  deliverables,
  type ProjectChange,
  replacedMessage,
  type SettingsPatch,
  successorOf,
} from "../domain/settings.ts";
import { CANCELED } from "../domain/tasks.ts";
import type { Db } from "./client.ts";
import { retried } from "./retry.ts";
import {
  generatedImages,
  idempotencyKeys,
  jobs,
  owners,
  projects,
  selectedScenes,
  tasks,
  userApprovals,
  videoClips,
} from "./schema.ts";
import { place, stagesInOrder } from "./stages.ts";
import type { Judged, Owned, Verdict } from "./store.ts";

export const ownedProject = ({ ownerId, projectId }: Owned): SQL | undefined =>
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

export async function findProject(db: Db, whose: Owned): Promise<Project | null> {
  const [project] = await retried(() => db.select().from(projects).where(ownedProject(whose)));
  return project ?? null;
}

export async function editProject(
  db: Db,
  whose: Owned,
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

const isoOf = (now: SQL) =>
  sql`to_char((${now})::timestamptz at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const named = sql`${projects.settings} ->> 'clipModel'`;
const isRetiredModel = inArray(named, [...RETIRED_CLIP_MODELS]);
/** What takes the place of a retired clip model, by the project's ratio. */
const successor = sql`(${JSON.stringify(
  Object.fromEntries(ASPECT_RATIOS.map((ratio) => [ratio, successorOf(ratio)])),
)}::jsonb -> (${projects.settings} ->> 'aspectRatio'))`;
const livingSettings = sql`(case when ${isRetiredModel} then ${projects.settings} || ${successor} else ${projects.settings} end)`;
const by = sql`${successor} ->> 'clipModel'`;
const replaced = (now: SQL) => sql`jsonb_build_array(jsonb_build_object(
  'kind', 'replaced', 'stage', 'generate_clips', 'model', ${named}, 'by', ${by},
  'message', format(${replacedMessage("%1$s", "%2$s")}, ${named}, ${by}),
  'at', ${isoOf(now)}))`;

/** `requestOf` the row as this run leaves it. */
const requested = (target: Stage, now: SQL) => sql`jsonb_build_object(
  'at', ${isoOf(now)},
  'target', ${target}::text,
  'name', ${projects.name},
  'settings', ${livingSettings},
  'pins', ${projects.pins},
  'beat', case when ${projects.beat} ->> 'source' = 'tapped' then ${projects.beat} end,
  'audioEtag', ${projects.audio} -> 'etag',
  'motifs', coalesce((select jsonb_object_agg(${selectedScenes.id}, ${selectedScenes.motif}) from ${selectedScenes}
    where ${selectedScenes.projectId} = ${projects.id} and ${selectedScenes.motif} is not null), '{}'::jsonb))`;

export async function requestRun(db: Db, whose: Owned, target: Stage, now: SQL): Promise<Project | null> {
  const [, [project]] = await db.batch([
    db
      .update(projects)
      // Until the coordinator has looked, nobody shall take the end of an earlier run for this one's.
      .set({
        status: "running",
        targetStage: target,
        runNumber: sql`${projects.runNumber} + 1`,
        request: requested(target, now),
        settings: livingSettings,
        modelNotices: sql`case when ${isRetiredModel} then ${projects.modelNotices} || ${replaced(now)} else ${projects.modelNotices} end`,
        version: sql`${projects.version} + case when ${isRetiredModel} then 1 else 0 end`,
        updatedAt: now,
      })
      .where(and(ownedProject(whose), isNotNull(projects.audio))),
    db.select().from(projects).where(ownedProject(whose)),
  ]);
  return project ?? null;
}

export async function cancel(
  db: Db,
  whose: Owned,
  stages: readonly Stage[],
  target: Stage | null,
  now: SQL,
): Promise<Project | null> {
  const [, , [project]] = await db.batch([
    db
      .update(projects)
      .set({
        targetStage: target,
        request: sql`case when ${place(sql`${projects.request} ->> 'target'`)} > ${place(sql`${target}::text`)}
          then jsonb_set(${projects.request}, '{target}', ${JSON.stringify(target)}::jsonb) else ${projects.request} end`,
        updatedAt: now,
      })
      .where(and(ownedProject(whose), sql`${place(projects.targetStage)} > ${place(sql`${target}::text`)}`)),
    db
      .update(jobs)
      .set({ status: "canceled", finishedAt: now, error: CANCELED })
      .where(
        and(
          inArray(jobs.projectId, db.select({ id: projects.id }).from(projects).where(ownedProject(whose))),
          inArray(jobs.type, [...stages]),
          inArray(jobs.status, ["pending", "running"]),
        ),
      ),
    db.select().from(projects).where(ownedProject(whose)),
  ]);
  return project ?? null;
}

export async function retry(
  db: Db,
  whose: Owned,
  what: { taskId: string } | { jobId: string; includeUnknown: boolean },
  now: SQL,
): Promise<{ project: Project | null; retried: Pick<Task, "id" | "type">[] }> {
  const mine = db.select({ id: projects.id }).from(projects).where(ownedProject(whose));
  const known = sql`coalesce(${tasks.error} ->> 'code', '') <> 'outcome_unknown'`;
  const named =
    "taskId" in what
      ? eq(tasks.id, what.taskId)
      : and(eq(tasks.jobId, what.jobId), what.includeUnknown ? undefined : known);
  const over = and(inArray(tasks.projectId, mine), inArray(tasks.status, ["failed", "canceled"]));
  const freed = and(over, named);
  const unit = { type: tasks.type, subject: tasks.subject, inputHash: tasks.inputHash };
  // The same thing, failed in other runs, would keep it from being made.
  const twins = sql`(${tasks.type}, ${tasks.subject}, ${tasks.inputHash}) in ${db.select(unit).from(tasks).where(freed)}`;
  const [rows, , [project]] = await db.batch([
    db
      .update(tasks)
      .set({ retriedAt: now, updatedAt: now })
      // The project stands in front of the "or", so that its index is used.
      .where(and(inArray(tasks.projectId, mine), or(freed, and(over, known, twins))))
      .returning({ id: tasks.id, type: tasks.type }),
    // What is to be made again must be wanted.
    db
      .update(projects)
      .set({
        status: "running",
        targetStage: sql`(${stagesInOrder})[greatest(${place(projects.targetStage)},
          (select max(${place(sql`${tasks.type}`)}) from ${tasks} where ${freed}))]`,
        // Who asks by name wants the models of these stages asked once more.
        modelNotices: sql`(select coalesce(jsonb_agg(n.notice order by n.nth), '[]'::jsonb)
          from jsonb_array_elements(${projects.modelNotices}) with ordinality as n(notice, nth)
          where n.notice ->> 'kind' = 'replaced'
            or n.notice ->> 'stage' not in (select ${tasks.type} from ${tasks} where ${freed}))`,
        updatedAt: now,
      })
      .where(and(ownedProject(whose), sql`exists (select 1 from ${tasks} where ${freed})`)),
    db.select().from(projects).where(ownedProject(whose)),
  ]);
  return { project: project ?? null, retried: rows };
}

const Answer = z.object({
  id: z.uuid(),
  scene_id: z.uuid().nullable(),
  subject_hash: z.string().nullable(),
  at: z.coerce.date(),
});

/**
 * Each verdict names the exact bytes and inputs it is about, as they are at that moment. The project
 * is touched with them, so that the sweep sees a decision whose wake-up was lost.
 */
export async function judge(db: Db, whose: Owned, verdicts: Verdict[], now: SQL): Promise<Judged[] | null> {
  const { ownerId, projectId } = whose;
  const { rows } = await db.execute(sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(verdicts)}::jsonb)
        as w(id uuid, "imageId" uuid, "clipId" uuid, approved boolean, notes text)
    ), found as (
      select w.*, coalesce(i.scene_id, c.scene_id) as scene_id,
        coalesce(i.etag || ':' || i.input_hash, c.etag || ':' || c.input_hash) as subject_hash
      from wanted w
      join ${projects} p on p.id = ${projectId} and p.owner_id = ${ownerId}
      left join ${generatedImages} i on i.id = w."imageId" and i.project_id = p.id and i.status = 'completed'
      left join ${videoClips} c on c.id = w."clipId" and c.project_id = p.id and c.status = 'completed'
    ), saved as (
      insert into ${userApprovals}
        (id, project_id, scene_id, image_id, clip_id, approved, notes, subject_hash, created_at)
      select id, ${projectId}, scene_id, "imageId", "clipId", approved, notes, subject_hash, ${now}
      from found where not exists (select 1 from found where scene_id is null)
      on conflict (id) do nothing
      returning project_id
    ), touched as (
      update ${projects} set updated_at = ${now} where id in (select project_id from saved)
    )
    select id, scene_id, subject_hash, (${now})::timestamptz(3) as at from found`);
  const found = z.array(Answer).parse(rows);
  if (found.length === 0) return null;
  return found.map((row) => ({
    id: row.id,
    sceneId: row.scene_id,
    subjectHash: row.subject_hash,
    createdAt: row.at,
  }));
}

/**
 * What claims had reserved may be paid for: it stays on the owner's account as spent. Answers kept for
 * repeated requests go too, where they tell of the project.
 */
export async function removeProject(db: Db, { ownerId, projectId }: Owned): Promise<boolean> {
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
