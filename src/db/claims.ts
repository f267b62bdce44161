/**
 * The claim on one task: taken, renewed and settled. Every transaction that changes a
 * project's work locks the project's row first, so that money is counted by one at a time
 * and two writers never wait for each other.
 */
import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { z } from "zod";
import type { Failure, ProjectRecord, Task } from "../domain/record.ts";
import { LEASE_MS } from "../domain/tasks.ts";
import type { Db } from "./client.ts";
import { postgresCode } from "./errors.ts";
import { recordStatements, toRecord } from "./record.ts";
import { generatedImages, projects, tasks, videoClips } from "./schema.ts";

export type Claim =
  /** `was` tells a new attempt (`pending`) from a look at one under way (`waiting`). */
  | { kind: "claimed"; was: "pending" | "waiting"; task: Task; record: ProjectRecord }
  /** Ready to run, but the budget does not hold its cost. */
  | { kind: "over_budget"; task: Task; record: ProjectRecord }
  /** Somebody else has it, or it is over, or it is not due. */
  | { kind: "not_now"; task: Task }
  | { kind: "gone" };

export const lockProject = (db: Db, projectId: string) =>
  db.select({ id: projects.id }).from(projects).where(eq(projects.id, projectId)).for("update");

const Won = z.array(z.object({ was: z.enum(["pending", "waiting"]) }));

/**
 * Takes a task for one attempt and reserves its cost, in one statement; the record comes in
 * the same round trip. `predictionId` is what a verified webhook says that our create became.
 */
export async function claimTask(
  db: Db,
  ids: { projectId: string; taskId: string; attempt?: number; predictionId?: string },
  now: Date,
): Promise<Claim> {
  const adopt = db
    .update(tasks)
    .set({ providerRequestId: ids.predictionId ?? null })
    .where(
      and(
        eq(tasks.id, ids.taskId),
        eq(tasks.projectId, ids.projectId),
        eq(tasks.attempt, ids.attempt ?? 0),
        isNull(tasks.providerRequestId),
        sql`${tasks.status} in ('running', 'waiting') and ${ids.predictionId ?? null}::text is not null`,
      ),
    );
  const [, , won, ...rows] = await db.batch([
    lockProject(db, ids.projectId),
    adopt,
    db.execute(claimStatement(ids, now)),
    ...recordStatements(db, ids.projectId),
  ]);
  const record = toRecord(rows);
  const task = record?.tasks.find((t) => t.id === ids.taskId);
  if (!record || !task) return { kind: "gone" };
  const [claimed] = Won.parse(won.rows);
  if (claimed) return { kind: "claimed", was: claimed.was, task, record };
  const due = task.status === "pending" && task.runAfter <= now;
  return due ? { kind: "over_budget", task, record } : { kind: "not_now", task };
}

const claimStatement = (ids: { projectId: string; taskId: string }, now: Date): SQL => sql`
  with purse as (
    select id, (settings->>'budgetUsd')::numeric - reserved_usd - spent_usd as left_usd
    from projects where id = ${ids.projectId} for update
  ), seen as (
    select t.id, t.status, t.cost_estimated_usd, p.left_usd
    from tasks t join purse p on p.id = t.project_id
    where t.id = ${ids.taskId}
      and ((t.status = 'pending' and t.run_after <= ${now.toISOString()}::timestamptz) or t.status = 'waiting')
    for update of t
  ), claimed as (
    update tasks set
      status = 'running',
      lease_until = ${new Date(now.getTime() + LEASE_MS).toISOString()}::timestamptz,
      claimed_at = case seen.status when 'pending' then ${now.toISOString()}::timestamptz else claimed_at end,
      provider_request_id = case seen.status when 'pending' then null else provider_request_id end,
      error = null,
      updated_at = ${now.toISOString()}::timestamptz
    from seen
    where tasks.id = seen.id
      and (seen.status = 'waiting' or seen.cost_estimated_usd = 0 or seen.left_usd is null
        or seen.left_usd >= seen.cost_estimated_usd)
    returning tasks.project_id, seen.status as was, seen.cost_estimated_usd as cost
  )
  update projects set reserved_usd = reserved_usd + case claimed.was when 'pending' then claimed.cost else 0 end
  from claimed where projects.id = claimed.project_id
  returning claimed.was`;

/** Keeps a working task's lease; false where the attempt is not ours any more. */
export async function renewLease(db: Db, task: Pick<Task, "id" | "attempt">, now: Date): Promise<boolean> {
  const renewed = await db
    .update(tasks)
    .set({ leaseUntil: new Date(now.getTime() + LEASE_MS), updatedAt: now })
    .where(ours(task))
    .returning({ id: tasks.id });
  return renewed.length > 0;
}

const ours = (task: Pick<Task, "id" | "attempt">) =>
  and(eq(tasks.id, task.id), eq(tasks.attempt, task.attempt), eq(tasks.status, "running"));

export interface Settlement {
  set: Partial<Omit<Task, "id">>;
  /** What leaves the reservation: spent (in US dollars), given back, or kept while a provider works on it. */
  purse: { kind: "spend"; usd: number } | { kind: "free" } | { kind: "keep" };
  /** Rows of the artifact, committed with the task or not at all. */
  writes: BatchItem<"pg">[];
}

/**
 * Ends our hold on a task, with everything it made, in one transaction fenced by the attempt.
 * False where the attempt was taken over in the meantime: then nothing is written.
 */
export async function settleTask(
  db: Db,
  task: Task,
  { set, purse, writes }: Settlement,
  now: Date,
): Promise<boolean> {
  // Dividing by the rows found fails the whole transaction when the attempt is not ours.
  const fence = db.execute(
    sql`select 1 / count(*) from (select id from ${tasks} where ${ours(task)} for update) as held`,
  );
  const spent = purse.kind === "spend" ? purse.usd : 0;
  const move = db
    .update(projects)
    .set({
      reservedUsd: sql`greatest(0, ${projects.reservedUsd} - ${purse.kind === "keep" ? 0 : task.costEstimatedUsd}::numeric)`,
      spentUsd: sql`${projects.spentUsd} + ${spent}::numeric`,
    })
    .where(eq(projects.id, task.projectId));
  const end = db
    .update(tasks)
    .set({ leaseUntil: null, dispatchedAt: null, ...set, updatedAt: now })
    .where(eq(tasks.id, task.id));
  try {
    await db.batch([
      lockProject(db, task.projectId),
      fence,
      ...writes,
      move,
      end,
      ...endPending(db, task.projectId, task.id),
    ]);
    return true;
  } catch (error) {
    if (postgresCode(error) === DIVISION_BY_ZERO) return false;
    throw error;
  }
}

/** Fails a task that nobody holds, and gives its reservation back where a provider had it. */
export async function failTask(
  db: Db,
  ids: { projectId: string; taskId: string },
  error: Failure,
  now: Date,
): Promise<void> {
  const idle = and(
    eq(tasks.id, ids.taskId),
    eq(tasks.projectId, ids.projectId),
    inArray(tasks.status, ["pending", "waiting"]),
  );
  await db.batch([
    lockProject(db, ids.projectId),
    db
      .update(projects)
      .set({
        reservedUsd: sql`greatest(0, ${projects.reservedUsd} - coalesce((select ${tasks.costEstimatedUsd} from ${tasks}
          where ${tasks.id} = ${ids.taskId} and ${tasks.status} = 'waiting'), 0))`,
      })
      .where(eq(projects.id, ids.projectId)),
    db.update(tasks).set({ status: "failed", error, leaseUntil: null, updatedAt: now }).where(idle),
    ...endPending(db, ids.projectId, ids.taskId),
  ]);
}

/**
 * Fails the pictures and clips that a task ordered and that are not coming, with the task's reason.
 * Goes behind the change of the task; does nothing while a provider works for it.
 */
export function endPending(db: Db, projectId: string, taskId: string): BatchItem<"pg">[] {
  const given = sql`from ${tasks} where ${tasks.id} = ${taskId} and ${tasks.status} not in ('running', 'waiting')`;
  return [generatedImages, videoClips].map((table) =>
    db
      .update(table)
      .set({ status: "failed", error: sql`(select ${tasks.error} ${given})` })
      .where(
        and(
          eq(table.projectId, projectId),
          eq(table.taskId, taskId),
          eq(table.status, "pending"),
          sql`exists (select 1 ${given})`,
        ),
      ),
  );
}

const DIVISION_BY_ZERO = "22012";
