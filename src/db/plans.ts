/** Writes what the plan decided. */
import { and, eq, exists, inArray, isNull, notExists, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Change } from "../domain/controller/change.ts";
import { OPEN_JOB_STATUSES, OPEN_TASK_STATUSES, type Task } from "../domain/record/record.ts";
import { addToDay, lockBudget } from "./budget.ts";
import { failPendingAssets } from "./claims.ts";
import type { Db } from "./client.ts";
import { withRetries } from "./retry.ts";
import { selectRows } from "./rows.ts";
import { jobs, owners, projects, tasks, userApprovals } from "./schema.ts";

type Statement = BatchItem<"pg">;

/**
 * Applies a plan's changes in one transaction, each only while its row is as it was when it was planned. What
 * another transaction changed meanwhile is left as it is; the next plan sees it.
 */
export async function applyChanges(db: Db, projectId: string, changes: Change[], now: SQL): Promise<void> {
  if (changes.length === 0) return;
  const statements = changes.flatMap((change) => toStatements(db, projectId, change, now));
  await withRetries(() => db.batch([...lockBudget(db, projectId), ...statements]));
}

function toStatements(db: Db, projectId: string, change: Change, now: SQL): Statement | Statement[] {
  switch (change.kind) {
    case "project":
      return db
        .update(projects)
        .set({ status: change.status, updatedAt: now })
        .where(eq(projects.id, projectId));
    case "job.create":
      return db.insert(jobs).values(change.job).onConflictDoNothing();
    case "job.update":
      return db
        .update(jobs)
        .set(change.set)
        .where(
          and(
            eq(jobs.id, change.id),
            eq(jobs.status, change.from),
            // A late change must not close a job that got open tasks after it was planned.
            change.set.finishedAt ? noneOpen(db, change.id) : undefined,
          ),
        );
    case "task.create":
      // Its job may not exist, where another open job of the stage came first: then nothing is inserted.
      return insertUnderJob(db, change.task);
    case "task.update":
      return change.release
        ? [
            releaseAndUpdate(db, projectId, change, change.release, now),
            ...failPendingAssets(db, projectId, change.id),
          ]
        : updateTask(db, change, now);
    case "approval": {
      const isOne = eq(userApprovals.id, change.id);
      return change.voided === null
        ? db.update(userApprovals).set({ voidedAt: null, voidedReason: null }).where(isOne)
        : db
            .update(userApprovals)
            .set({ voidedAt: now, voidedReason: change.voided })
            .where(and(isOne, isNull(userApprovals.voidedAt)));
    }
  }
}

const noneOpen = (db: Db, jobId: string) =>
  notExists(
    db
      .select({ id: tasks.id })
      .from(tasks)
      .where(and(eq(tasks.jobId, jobId), inArray(tasks.status, OPEN_TASK_STATUSES))),
  );

type TaskUpdateChange = Extract<Change, { kind: "task.update" }>;

const unchanged = ({ id, from }: TaskUpdateChange): SQL | undefined =>
  and(eq(tasks.id, id), eq(tasks.status, from.status), eq(tasks.attempt, from.attempt));

const updateTask = (db: Db, change: TaskUpdateChange, now: SQL) =>
  db
    .update(tasks)
    .set({ ...change.set, updatedAt: now })
    .where(unchanged(change));

/** The task and the reservation change together or not at all. */
function releaseAndUpdate(
  db: Db,
  projectId: string,
  change: TaskUpdateChange,
  { usd, spentUsd }: NonNullable<TaskUpdateChange["release"]>,
  now: SQL,
) {
  return db.execute(sql`
    with updated as ${updateTask(db, change, now).returning({ projectId: tasks.projectId })}, released as (
      update ${projects} set
        reserved_usd = greatest(0, projects.reserved_usd - ${usd}::numeric),
        spent_usd = projects.spent_usd + ${spentUsd}::numeric
      from updated where projects.id = ${projectId} and projects.id = updated.project_id
      returning projects.owner_id
    ), owner as (
      update ${owners} set
        reserved_usd = greatest(0, owners.reserved_usd - ${usd}::numeric),
        spent_usd = owners.spent_usd + ${spentUsd}::numeric
      from released where owners.id = released.owner_id
      returning owners.id
    )
    ${addToDay(sql`select id, ${spentUsd}::numeric from owner`, now)}`);
}

/** Inserts only while the job is open: the person may have canceled it. */
function insertUnderJob(db: Db, task: Task) {
  const openJob = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(
      and(
        eq(jobs.id, task.jobId),
        eq(jobs.projectId, task.projectId),
        inArray(jobs.status, OPEN_JOB_STATUSES),
      ),
    );
  return db
    .insert(tasks)
    .select(selectRows(tasks, [task], exists(openJob)))
    .onConflictDoNothing();
}
