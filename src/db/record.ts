import {
  and,
  asc,
  desc,
  eq,
  exists,
  getTableColumns,
  inArray,
  isNull,
  lte,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { RECORD_BOUNDS } from "../domain/controller/record-bounds.ts";
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
import type { ListName, OwnedProject, RowOf } from "../ports/store.ts";
import type { Db } from "./client.ts";
import { read } from "./outage.ts";
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

/** The table of each list. A type error names the one that is missing, or whose rows differ from the record's. */
export const LIST_TABLES = {
  scenes: selectedScenes,
  prompts: scenePrompts,
  images: generatedImages,
  clips: videoClips,
  approvals: userApprovals,
  films: finalVideos,
  jobs,
  tasks,
} satisfies { [Name in ListName]: ListTable & { $inferSelect: RowOf<Name> } };

type ListTable = PgTable & { id: PgColumn; projectId: PgColumn };

/** Which record: of a project, for the pipeline, or of a project only if this owner has it. */
type Which = { projectId: string; ownerId?: string | undefined };

const isProject = ({ projectId, ownerId }: Which): SQL | undefined =>
  and(eq(projects.id, projectId), ownerId === undefined ? undefined : eq(projects.ownerId, ownerId));

/** The rows of a table that belong to the record. */
function ofRecord(db: Db, table: { projectId: PgColumn }, which: Which): SQL | undefined {
  const own = eq(table.projectId, which.projectId);
  if (which.ownerId === undefined) return own;
  return and(own, exists(db.select({ id: projects.id }).from(projects).where(isProject(which))));
}

/** The rows of a project's table with the highest keys of each group: `newestOf`, in SQL. */
function newestOf(
  db: Db,
  table: ListTable,
  which: Which,
  { most, by, key }: { most: number; by: PgColumn[]; key: PgColumn },
): SQL | undefined {
  const groups = by.length > 0 ? sql`partition by ${sql.join(by, sql`, `)}` : sql``;
  const ranked = db
    .select({ id: table.id, nth: sql<number>`row_number() over (${groups} order by ${key} desc)`.as("nth") })
    .from(table)
    .where(eq(table.projectId, which.projectId))
    .as("ranked");
  const newest = db.select({ id: ranked.id }).from(ranked).where(lte(ranked.nth, most));
  return and(ofRecord(db, table, which), inArray(table.id, newest));
}

/** The newest approval or rejection of each image and clip. */
function countingApprovals(db: Db, which: Which): SQL | undefined {
  const subject = sql`coalesce(${userApprovals.imageId}, ${userApprovals.clipId})`;
  const newest = db
    .selectDistinctOn([subject], { id: userApprovals.id })
    .from(userApprovals)
    .where(eq(userApprovals.projectId, which.projectId))
    .orderBy(subject, desc(userApprovals.createdAt), desc(userApprovals.id));
  return and(ofRecord(db, userApprovals, which), inArray(userApprovals.id, newest));
}

/** `tasksInRecord`, in SQL. */
function countingTasks(db: Db, which: Which, claimedId: string | null): SQL | undefined {
  const { projectId } = which;
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
    ofRecord(db, tasks, which),
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
export function recordStatements(db: Db, which: Which, now: SQL, claimedId: string | null = null) {
  const readAt = sql`${now}::timestamptz(3)`.mapWith(projects.createdAt).as("read_at");
  return [
    db
      .select({ ...getTableColumns(projects), readAt })
      .from(projects)
      .where(isProject(which)),
    db
      .select()
      .from(selectedScenes)
      .where(ofRecord(db, selectedScenes, which))
      .orderBy(asc(selectedScenes.orderIdx)),
    db
      .select()
      .from(scenePrompts)
      .where(
        newestOf(db, scenePrompts, which, {
          most: RECORD_BOUNDS.promptsOfScene,
          by: [scenePrompts.sceneId],
          key: scenePrompts.version,
        }),
      ),
    db
      .select()
      .from(generatedImages)
      .where(
        newestOf(db, generatedImages, which, {
          most: RECORD_BOUNDS.takesOfScene,
          by: [generatedImages.sceneId, generatedImages.status],
          key: generatedImages.id,
        }),
      ),
    db
      .select()
      .from(videoClips)
      .where(
        newestOf(db, videoClips, which, {
          most: RECORD_BOUNDS.takesOfScene,
          by: [videoClips.sceneId, videoClips.status],
          key: videoClips.id,
        }),
      ),
    db.select().from(userApprovals).where(countingApprovals(db, which)),
    db
      .select()
      .from(finalVideos)
      .where(
        newestOf(db, finalVideos, which, {
          most: RECORD_BOUNDS.films,
          by: [finalVideos.status],
          key: finalVideos.id,
        }),
      ),
    db
      .select()
      .from(jobs)
      .where(
        or(
          and(ofRecord(db, jobs, which), inArray(jobs.status, OPEN_JOB_STATUSES)),
          newestOf(db, jobs, which, { most: RECORD_BOUNDS.jobs, by: [], key: jobs.id }),
        ),
      ),
    db
      .select()
      .from(tasks)
      .where(countingTasks(db, which, claimedId))
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
  return toRecord(await read(() => db.batch(recordStatements(db, { projectId }, now))));
}

/** The same, or null where the owner has no such project. */
export async function loadOwnedRecord(db: Db, whose: OwnedProject): Promise<ProjectRecord | null> {
  return toRecord(await read(() => db.batch(recordStatements(db, whose, sql`now()`))));
}
