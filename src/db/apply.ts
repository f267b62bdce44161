import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Change } from "../domain/change.ts";
import { endPending, lockProject } from "./claims.ts";
import type { Db } from "./client.ts";
import { jobs, projects, tasks, userApprovals } from "./schema.ts";

type Statement = BatchItem<"pg">;

/**
 * Applies a plan in one transaction, each change only while what it saw still holds:
 * what somebody else moved in the meantime is left alone, and the next look sees it.
 */
export async function applyChanges(db: Db, projectId: string, changes: Change[], now: Date): Promise<void> {
  if (changes.length === 0) return;
  const statements = changes.flatMap((change) => toStatements(db, projectId, change, now));
  await db.batch([lockProject(db, projectId), ...statements]);
}

function toStatements(db: Db, projectId: string, change: Change, now: Date): Statement | Statement[] {
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
        .where(and(eq(jobs.id, change.id), eq(jobs.status, change.from)));
    case "task.create":
      // Its job may have lost against another one that opened first: then there is nothing to add to.
      return insertUnderJob(db, change.task);
    case "task.update":
      return change.release
        ? [releaseAndUpdate(db, projectId, change, now), ...endPending(db, projectId, change.id)]
        : updateTask(db, change, now);
    case "approval.void":
      return db
        .update(userApprovals)
        .set({ voidedAt: now, voidedReason: change.reason })
        .where(and(eq(userApprovals.id, change.id), isNull(userApprovals.voidedAt)));
  }
}

type TaskUpdate = Extract<Change, { kind: "task.update" }>;

const unchanged = ({ id, from }: TaskUpdate): SQL | undefined =>
  and(eq(tasks.id, id), eq(tasks.status, from.status), eq(tasks.attempt, from.attempt));

const updateTask = (db: Db, change: TaskUpdate, now: Date) =>
  db
    .update(tasks)
    .set({ ...change.set, updatedAt: now })
    .where(unchanged(change));

/** The task and the purse move together or not at all. */
function releaseAndUpdate(db: Db, projectId: string, change: TaskUpdate, now: Date) {
  const moved = db
    .$with("moved")
    .as(
      updateTask(db, change, now).returning({ projectId: tasks.projectId, estimate: tasks.costEstimatedUsd }),
    );
  const spent = change.release === "spent" ? moved.estimate : sql`0`;
  return db
    .with(moved)
    .update(projects)
    .set({
      reservedUsd: sql`greatest(0, ${projects.reservedUsd} - ${moved.estimate})`,
      spentUsd: sql`${projects.spentUsd} + ${spent}`,
    })
    .from(moved)
    .where(and(eq(projects.id, projectId), eq(projects.id, moved.projectId)));
}

function insertUnderJob(db: Db, task: Extract<Change, { kind: "task.create" }>["task"]) {
  return db
    .insert(tasks)
    .select(
      sql`select ${task.id}::uuid, ${jobs.id}, ${jobs.projectId}, ${task.type}, ${task.subject}::uuid, ${task.status},
        ${task.attempt}::int, ${task.runAfter.toISOString()}::timestamptz, ${task.dispatchedAt?.toISOString() ?? null}::timestamptz,
        null::timestamptz, null::timestamptz, ${task.provider}, ${task.model}, null, ${task.inputHash},
        ${task.costEstimatedUsd}::numeric, null::numeric, 'no', null::jsonb,
        ${task.createdAt.toISOString()}::timestamptz, ${task.updatedAt.toISOString()}::timestamptz
      from ${jobs} where ${jobs.id} = ${task.jobId} and ${jobs.projectId} = ${task.projectId}`,
    )
    .onConflictDoNothing();
}
