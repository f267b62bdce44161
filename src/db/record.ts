import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { NEWEST_TASKS_READ, OUTCOME_UNKNOWN, PROVIDER_REFUSED } from "../domain/controller/tasks.ts";
import {
  type Approval,
  type Clip,
  type Film,
  type Image,
  type Job,
  OPEN_JOB_STATUSES,
  OPEN_TASK_STATUSES,
  type Project,
  type ProjectRecord,
  type Prompt,
  type Scene,
  type Task,
} from "../domain/record/record.ts";
import type { Db } from "./client.ts";
import { withRetries } from "./retry.ts";
import {
  finalVideos,
  generatedImages,
  jobs,
  projects,
  scenePrompts,
  selectedScenes,
  tasks,
  userApprovals,
  videoClips,
} from "./schema.ts";

/** `tasksInRecord`, in SQL. */
function countingTasks(db: Db, projectId: string, claimedId: string | null): SQL | undefined {
  const newest = db
    .select({ id: tasks.id })
    .from(tasks)
    .where(eq(tasks.projectId, projectId))
    .orderBy(desc(tasks.id))
    .limit(NEWEST_TASKS_READ);
  const openJobs = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.projectId, projectId), inArray(jobs.status, OPEN_JOB_STATUSES)));
  const run = db.select({ run: projects.runNumber }).from(projects).where(eq(projects.id, projectId));
  return and(
    eq(tasks.projectId, projectId),
    or(
      inArray(tasks.status, OPEN_TASK_STATUSES),
      inArray(tasks.jobId, openJobs),
      eq(tasks.runNumber, run),
      and(
        eq(tasks.status, "failed"),
        isNull(tasks.retriedAt),
        sql`${tasks.error} ->> 'code' in (${OUTCOME_UNKNOWN}, ${PROVIDER_REFUSED})`,
      ),
      claimedId === null ? undefined : eq(tasks.id, claimedId),
      inArray(tasks.id, newest),
    ),
  );
}

/**
 * The statements that read a project's record; they go into one batch, alone or after a write. The task with
 * `claimedId` is read too, whatever its status.
 */
export function recordStatements(db: Db, projectId: string, now: SQL, claimedId: string | null = null) {
  const readAt = sql`${now}::timestamptz(3)`.mapWith(projects.createdAt).as("read_at");
  return [
    db
      .select({ ...getTableColumns(projects), readAt })
      .from(projects)
      .where(eq(projects.id, projectId)),
    db
      .select()
      .from(selectedScenes)
      .where(eq(selectedScenes.projectId, projectId))
      .orderBy(asc(selectedScenes.orderIdx)),
    db.select().from(scenePrompts).where(eq(scenePrompts.projectId, projectId)),
    db.select().from(generatedImages).where(eq(generatedImages.projectId, projectId)),
    db.select().from(videoClips).where(eq(videoClips.projectId, projectId)),
    db.select().from(userApprovals).where(eq(userApprovals.projectId, projectId)),
    db.select().from(finalVideos).where(eq(finalVideos.projectId, projectId)),
    db.select().from(jobs).where(eq(jobs.projectId, projectId)),
    db
      .select()
      .from(tasks)
      .where(countingTasks(db, projectId, claimedId))
      .orderBy(desc(tasks.id)),
  ] as const;
}

type RecordRows = readonly [
  (Project & { readAt: Date })[],
  Scene[],
  Prompt[],
  Image[],
  Clip[],
  Approval[],
  Film[],
  Job[],
  Task[],
];

export function toRecord(rows: RecordRows): ProjectRecord | null {
  const [[found], scenes, prompts, images, clips, approvals, films, jobRows, taskRows] = rows;
  if (!found) return null;
  const { readAt, ...project } = found;
  return {
    readAt,
    project,
    scenes,
    prompts,
    images,
    clips,
    approvals,
    films,
    jobs: jobRows,
    tasks: taskRows,
  };
}

/** The whole record in one round trip, or null where the project does not exist. */
export async function loadRecord(db: Db, projectId: string, now: SQL): Promise<ProjectRecord | null> {
  return toRecord(await withRetries(() => db.batch(recordStatements(db, projectId, now))));
}

/** How long the sweep looks for a lost wake-up of a project that is not running, from its last change on. */
const DECIDED_WITHIN_SECONDS = 3_600;

/**
 * Ids of projects with a target stage that did not change for `idleSeconds`, longest unchanged first: their
 * wake-up may be lost. Waking a project that needs nothing is harmless.
 */
export async function projectsToSweep(
  db: Db,
  now: SQL,
  idleSeconds: number,
  limit: number,
): Promise<string[]> {
  const ago = (seconds: number) => sql`${now} - ${seconds} * interval '1 second'`;
  const rows = await withRetries(() =>
    db
      .select({ id: projects.id })
      .from(projects)
      .where(
        and(
          isNotNull(projects.targetStage),
          lt(projects.updatedAt, ago(idleSeconds)),
          or(
            eq(projects.status, "running"),
            gt(projects.updatedAt, ago(idleSeconds + DECIDED_WITHIN_SECONDS)),
          ),
        ),
      )
      .orderBy(asc(projects.updatedAt))
      .limit(limit),
  );
  return rows.map((row) => row.id);
}
