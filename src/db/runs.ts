/** Starts and cancels runs, and retries tasks, as a person asks. Each function is one round trip. */
import { and, eq, inArray, isNotNull, or, type SQL, sql } from "drizzle-orm";
import { CANCELED } from "../domain/controller/tasks.ts";
import { RETIRED_CLIP_MODELS } from "../domain/models/models.ts";
import type { LimitReached, OwnerLimits } from "../domain/record/limits.ts";
import {
  ASPECT_RATIOS,
  OPEN_JOB_STATUSES,
  type Project,
  type Stage,
  type Task,
} from "../domain/record/record.ts";
import { DEFAULT_SETTINGS, replacedMessage, successorOf } from "../domain/settings.ts";
import type { OwnedProject } from "../ports/store.ts";
import type { Db } from "./client.ts";
import { lockProject, ownedProject } from "./projects.ts";
import { jobs, projects, selectedScenes, tasks } from "./schema.ts";
import { storedSettings } from "./settings.ts";
import { stageRank, stagesInOrder } from "./stage-order.ts";
import { openTasks } from "./usage.ts";

const isoOf = (now: SQL) =>
  sql`to_char((${now})::timestamptz at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const clipModel = sql`${storedSettings} ->> 'clipModel'`;
const isRetiredModel = inArray(clipModel, [...RETIRED_CLIP_MODELS]);
/** The settings that replace a retired clip model, by the project's ratio; an unknown ratio is the default. */
const successor = sql`coalesce(${JSON.stringify(
  Object.fromEntries(ASPECT_RATIOS.map((ratio) => [ratio, successorOf(ratio)])),
)}::jsonb -> (${storedSettings} ->> 'aspectRatio'), ${JSON.stringify(successorOf(DEFAULT_SETTINGS.aspectRatio))}::jsonb)`;
const offeredSettings = sql`(case
  when ${isRetiredModel} then ${projects.settings} || ${successor} else ${projects.settings} end)`;
const successorName = sql`${successor} ->> 'clipModel'`;
const replacedNotice = (now: SQL) => sql`jsonb_build_array(jsonb_build_object(
  'kind', 'replaced', 'stage', 'generate_clips', 'model', ${clipModel}, 'by', ${successorName},
  'message', format(${replacedMessage("%1$s", "%2$s")}, ${clipModel}, ${successorName}),
  'at', ${isoOf(now)}))`;

/** `requestOf` in SQL, for the row as this run leaves it. */
const requestOfRow = (target: Stage, now: SQL) => sql`jsonb_build_object(
  'at', ${isoOf(now)},
  'target', ${target}::text,
  'name', ${projects.name},
  'settings', ${offeredSettings},
  'pins', ${projects.pins},
  'beat', case when ${projects.beat} ->> 'source' = 'tapped' then ${projects.beat} end,
  'audioEtag', ${projects.audio} -> 'etag',
  'motifs', coalesce((select jsonb_object_agg(${selectedScenes.id}, ${selectedScenes.motif}) from ${selectedScenes}
    where ${selectedScenes.projectId} = ${projects.id} and ${selectedScenes.motif} is not null), '{}'::jsonb))`;

export async function requestRun(
  db: Db,
  whose: OwnedProject,
  target: Stage,
  { open_tasks: most }: OwnerLimits,
  now: SQL,
): Promise<Project | LimitReached | null> {
  const [, saved, [project]] = await db.batch([
    // The song that the last statement reads is the one that the second has read.
    db.select({ id: projects.id }).from(projects).where(ownedProject(whose)).for("update"),
    db
      .update(projects)
      // Set before the plan runs: otherwise a client could take the end of an earlier run for this one's.
      .set({
        status: "running",
        targetStage: target,
        runNumber: sql`${projects.runNumber} + 1`,
        runRequest: requestOfRow(target, now),
        settings: offeredSettings,
        modelNotices: sql`case when ${isRetiredModel} then ${projects.modelNotices} || ${replacedNotice(now)} else ${projects.modelNotices} end`,
        version: sql`${projects.version} + case when ${isRetiredModel} then 1 else 0 end`,
        updatedAt: now,
      })
      .where(
        and(ownedProject(whose), isNotNull(projects.audio), sql`${openTasks(whose.ownerId, most)} < ${most}`),
      )
      .returning({ id: projects.id }),
    db.select().from(projects).where(ownedProject(whose)),
  ]);
  if (!project) return null;
  return project.audio && saved.length === 0 ? { limit: "open_tasks", most } : project;
}

export async function cancel(
  db: Db,
  whose: OwnedProject,
  stages: readonly Stage[],
  target: Stage | null,
  now: SQL,
): Promise<Project | null> {
  const [, , , [project]] = await db.batch([
    lockProject(db, whose),
    db
      .update(projects)
      .set({
        targetStage: target,
        runRequest: sql`case when ${stageRank(sql`${projects.runRequest} ->> 'target'`)} > ${stageRank(sql`${target}::text`)}
          then jsonb_set(${projects.runRequest}, '{target}', ${JSON.stringify(target)}::jsonb) else ${projects.runRequest} end`,
        updatedAt: now,
      })
      .where(
        and(
          ownedProject(whose),
          sql`${stageRank(projects.targetStage)} > ${stageRank(sql`${target}::text`)}`,
        ),
      ),
    db
      .update(jobs)
      .set({ status: "canceled", finishedAt: now, error: CANCELED })
      .where(
        and(
          inArray(jobs.projectId, db.select({ id: projects.id }).from(projects).where(ownedProject(whose))),
          inArray(jobs.type, [...stages]),
          inArray(jobs.status, OPEN_JOB_STATUSES),
        ),
      ),
    db.select().from(projects).where(ownedProject(whose)),
  ]);
  return project ?? null;
}

/** Null where the owner has no such project, or it has no such task or job. */
export async function retryTasks(
  db: Db,
  whose: OwnedProject,
  what: { taskId: string } | { jobId: string; includeUnknown: boolean },
  now: SQL,
): Promise<{ project: Project; retried: Pick<Task, "id" | "type">[] } | null> {
  const mine = db.select({ id: projects.id }).from(projects).where(ownedProject(whose));
  const known = sql`coalesce(${tasks.error} ->> 'code', '') <> 'outcome_unknown'`;
  const named =
    "taskId" in what
      ? eq(tasks.id, what.taskId)
      : and(eq(tasks.jobId, what.jobId), what.includeUnknown ? undefined : known);
  const ended = and(inArray(tasks.projectId, mine), inArray(tasks.status, ["failed", "canceled"]));
  const freed = and(ended, named);
  const unit = { type: tasks.type, subject: tasks.subject, inputHash: tasks.inputHash };
  // Failed tasks of other runs with the same type, subject and inputs block it too: free them.
  const duplicates = sql`(${tasks.type}, ${tasks.subject}, ${tasks.inputHash}) in ${db.select(unit).from(tasks).where(freed)}`;
  const [, [found], retried, , [project]] = await db.batch([
    lockProject(db, whose),
    "taskId" in what
      ? db
          .select({ id: tasks.id })
          .from(tasks)
          .where(and(inArray(tasks.projectId, mine), eq(tasks.id, what.taskId)))
      : db
          .select({ id: jobs.id })
          .from(jobs)
          .where(and(inArray(jobs.projectId, mine), eq(jobs.id, what.jobId))),
    db
      .update(tasks)
      .set({ retriedAt: now, updatedAt: now })
      // The condition on the project is outside the "or", so that its index is used.
      .where(and(inArray(tasks.projectId, mine), or(freed, and(ended, known, duplicates))))
      .returning({ id: tasks.id, type: tasks.type }),
    // The target stage must reach the stages of the freed tasks.
    db
      .update(projects)
      .set({
        status: "running",
        targetStage: sql`(${stagesInOrder})[greatest(${stageRank(projects.targetStage)},
          (select max(${stageRank(sql`${tasks.type}`)}) from ${tasks} where ${freed}))]`,
        // The models of these stages are tried again, whatever was found out about them.
        modelNotices: sql`(select coalesce(jsonb_agg(n.notice order by n.nth), '[]'::jsonb)
          from jsonb_array_elements(${projects.modelNotices}) with ordinality as n(notice, nth)
          where n.notice ->> 'kind' = 'replaced'
            or n.notice ->> 'stage' not in (select ${tasks.type} from ${tasks} where ${freed}))`,
        updatedAt: now,
      })
      .where(and(ownedProject(whose), sql`exists (select 1 from ${tasks} where ${freed})`)),
    db.select().from(projects).where(ownedProject(whose)),
  ]);
  return project && found ? { project, retried } : null;
}
