/**
 * Claims on tasks: taken, renewed and settled.
 *
 * - Claim: ownership of one attempt of a task by one worker; `claim_id` identifies it.
 * - Lease: when the claim expires unless it is renewed, `lease_until`. The plan then frees the task.
 * - Fence: the check, in the transaction that commits a result, that the claim still holds.
 *
 * Transactions that claim, settle, fail or plan tasks lock the project's row first and then its owner's: one
 * of them at a time changes money, and they do not deadlock. Times are by the database's clock, since the
 * clocks of workers may differ.
 */
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { z } from "zod";
import { HEAVY_STAGES, isHeavy } from "../domain/controller/heavy.ts";
import type { Settlement } from "../domain/controller/settlement.ts";
import { isOpenJob, LEASE_MS } from "../domain/controller/tasks.ts";
import { type Failure, OPEN_JOB_STATUSES, STAGES, type Task } from "../domain/record/record.ts";
import type { Claim, ClaimRequest, HeldClaim, TaskIds } from "../ports/store.ts";
import { lockBudget, settleReservation } from "./budget.ts";
import type { Db } from "./client.ts";
import { isAmbiguous, postgresCode } from "./errors.ts";
import { factStatements } from "./facts.ts";
import { recordStatements, toRecord } from "./record.ts";
import { withRetries } from "./retry.ts";
import { generatedImages, jobs, owners, projects, tasks, videoClips } from "./schema.ts";
import { projectBudgetUsd } from "./settings.ts";
import { stageRank } from "./stage-order.ts";

const Won = z.array(z.object({ was: z.enum(["pending", "waiting"]) }));

/** Claim ids to use: for a new attempt (`pending`), or for a poll of one under way (`waiting`). */
interface ClaimIds {
  pending: string;
  waiting: string;
}

/**
 * Claims a task for one attempt, or for a poll of one under way, and reserves its cost, in one statement; the
 * record is read in the same round trip. A repeated try after a lost answer finds its claim by the claim ids.
 */
export async function claimTask(
  db: Db,
  ids: ClaimRequest,
  claimIds: ClaimIds,
  terms: { ownerBudgetUsd: number | null; now: SQL },
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
  const [, , , won, ...rows] = await withRetries(() =>
    db.batch([
      ...lockBudget(db, ids.projectId),
      adopt,
      db.execute(claimStatement(ids, claimIds, terms)),
      ...recordStatements(db, { projectId: ids.projectId }, terms.now, ids.taskId),
    ]),
  );
  const record = toRecord(rows);
  const task = record?.tasks.find((t) => t.id === ids.taskId);
  const [claimed] = Won.parse(won.rows);
  if (!record || !task) {
    // Not `gone`: the task was just claimed. Its lease expires, and the plan takes it up again.
    if (claimed) throw new Error(`Task ${ids.taskId} was claimed and can't be read`);
    return { kind: "gone" };
  }
  if (claimed) return { kind: "claimed", was: claimed.was, task, record };
  const job = record.jobs.find((j) => j.id === task.jobId);
  const open = job !== undefined && isOpenJob(job);
  const due = task.status === "pending" && task.runAfter <= record.readAt;
  const { targetStage } = record.project;
  const wanted = targetStage !== null && STAGES.indexOf(task.type) <= STAGES.indexOf(targetStage);
  if (due && open && wanted) return { kind: ids.lightOnly && isHeavy(task) ? "heavy" : "over_budget", task };
  return { kind: "not_now", task };
}

const claimStatement = (
  ids: ClaimRequest,
  claimIds: ClaimIds,
  { ownerBudgetUsd, now }: { ownerBudgetUsd: number | null; now: SQL },
): SQL => sql`
  with project_budget as (
    select id, owner_id, ${stageRank(projects.targetStage)} as target_rank,
      ${projectBudgetUsd} - reserved_usd - spent_usd as left_usd
    from ${projects} where id = ${ids.projectId} for update
  ), owner_budget as (
    select o.id, coalesce(o.budget_usd, ${ownerBudgetUsd}::numeric) - o.reserved_usd - o.spent_usd as left_usd
    from ${owners} o join project_budget on o.id = project_budget.owner_id for update of o
  ), candidate as (
    select t.id, t.status, t.claim_id, t.cost_estimated_usd as cost,
      t.cost_estimated_usd = 0 or (
        (project_budget.left_usd is null or project_budget.left_usd >= t.cost_estimated_usd)
        and (owner_budget.left_usd is null or owner_budget.left_usd >= t.cost_estimated_usd)) as affordable
    from ${tasks} t
      join project_budget on project_budget.id = t.project_id
      join owner_budget on owner_budget.id = project_budget.owner_id
      join ${jobs} j on j.id = t.job_id
    where t.id = ${ids.taskId}
      and (t.status = 'waiting'
        or (t.status = 'pending' and t.run_after <= ${now}
          and j.status in ${OPEN_JOB_STATUSES} and ${stageRank(sql`t.type`)} <= project_budget.target_rank
          and ${ids.lightOnly ? sql`t.type not in ${HEAVY_STAGES}` : sql`true`})
        or (t.status = 'running' and t.claim_id in (${claimIds.pending}, ${claimIds.waiting})))
    for update of t
  ), claimed as (
    update ${tasks} set
      status = 'running',
      lease_until = ${now} + ${LEASE_MS / 1000} * interval '1 second',
      claim_id = case candidate.status
        when 'pending' then ${claimIds.pending}::uuid
        when 'waiting' then ${claimIds.waiting}::uuid
        else candidate.claim_id end,
      claimed_at = case candidate.status when 'pending' then ${now} else claimed_at end,
      provider_request_id = case candidate.status when 'pending' then null else provider_request_id end,
      error = null,
      updated_at = ${now}
    from candidate
    where tasks.id = candidate.id and (candidate.status <> 'pending' or candidate.affordable)
    returning tasks.project_id, tasks.claim_id,
      case candidate.status when 'pending' then candidate.cost else 0 end as reserved
  ), reserved_project as (
    update ${projects} set reserved_usd = reserved_usd + claimed.reserved
    from claimed where projects.id = claimed.project_id
    returning owner_id, claimed.reserved, claimed.claim_id
  )
  update ${owners} set reserved_usd = owners.reserved_usd + reserved_project.reserved
  from reserved_project where owners.id = reserved_project.owner_id
  returning case reserved_project.claim_id
    when ${claimIds.pending}::uuid then 'pending' else 'waiting' end as was`;

/** Renews the lease of a claim; false where the claim does not hold any more. */
export async function renewLease(db: Db, task: HeldClaim, now: SQL): Promise<boolean> {
  const renewed = await db
    .update(tasks)
    .set({ leaseUntil: sql`${now} + ${LEASE_MS / 1000} * interval '1 second'`, updatedAt: now })
    .where(isClaimedBy(task))
    .returning({ id: tasks.id });
  return renewed.length > 0;
}

const isClaimedBy = (task: HeldClaim) =>
  and(
    eq(tasks.id, task.id),
    eq(tasks.attempt, task.attempt),
    eq(tasks.status, "running"),
    sql`${tasks.claimId} = ${task.claimId}::uuid`,
  );

/**
 * Settles an attempt: the task, the facts that it made and its money, in one transaction with a fence.
 * False where the claim did not hold any more: then nothing is written.
 */
export async function settleTask(
  db: Db,
  task: Task,
  { set, reservation, facts }: Settlement,
  now: SQL,
): Promise<boolean> {
  // Without a row that this claim holds, the division by zero fails the whole transaction.
  const fence = db.execute(
    sql`select 1 / count(*) from (select id from ${tasks} where ${isClaimedBy(task)} for update) as claimed`,
  );
  const end = db
    .update(tasks)
    .set({ leaseUntil: null, dispatchedAt: null, ...set, updatedAt: now })
    .where(eq(tasks.id, task.id));
  let maybeCommitted = false;
  try {
    await withRetries(async () => {
      try {
        await db.batch([
          ...lockBudget(db, task.projectId),
          fence,
          ...facts.flatMap((fact) => factStatements(db, task.projectId, fact, now)),
          settleReservation(
            db,
            task.projectId,
            {
              usd: reservation.kind === "keep" ? 0 : task.costEstimatedUsd,
              spentUsd: reservation.kind === "spend" ? reservation.usd : 0,
            },
            now,
          ),
          end,
          ...failPendingAssets(db, task.projectId, task.id),
        ]);
      } catch (error) {
        maybeCommitted ||= isAmbiguous(error);
        throw error;
      }
    });
    return true;
  } catch (error) {
    if (postgresCode(error) !== DIVISION_BY_ZERO) throw error;
    return maybeCommitted && settledByUs(db, task);
  }
}

/** After a lost answer: whether this claim settled the task. Then it is the last claim, and not running. */
async function settledByUs(db: Db, task: Task): Promise<boolean> {
  const [row] = await withRetries(() =>
    db.select({ status: tasks.status, claimId: tasks.claimId }).from(tasks).where(eq(tasks.id, task.id)),
  );
  return row !== undefined && row.claimId === task.claimId && row.status !== "running";
}

/** Fails a pending task. One that a provider works on is left as it is: its result may still come. */
export async function failPendingTask(db: Db, ids: TaskIds, error: Failure, now: SQL): Promise<void> {
  await withRetries(() =>
    db.batch([
      ...lockBudget(db, ids.projectId),
      db
        .update(tasks)
        .set({ status: "failed", error, updatedAt: now })
        .where(
          and(eq(tasks.id, ids.taskId), eq(tasks.projectId, ids.projectId), eq(tasks.status, "pending")),
        ),
      ...failPendingAssets(db, ids.projectId, ids.taskId),
    ]),
  );
}

/**
 * Fails the pending images and clips of a task that is neither running nor waiting, with the task's error.
 * Put these statements after the one that changes the task.
 */
export function failPendingAssets(db: Db, projectId: string, taskId: string): BatchItem<"pg">[] {
  const endedTask = sql`from ${tasks}
    where ${tasks.id} = ${taskId} and ${tasks.status} not in ('running', 'waiting')`;
  return [generatedImages, videoClips].map((table) =>
    db
      .update(table)
      .set({ status: "failed", error: sql`(select ${tasks.error} ${endedTask})` })
      .where(
        and(
          eq(table.projectId, projectId),
          eq(table.taskId, taskId),
          eq(table.status, "pending"),
          sql`exists (select 1 ${endedTask})`,
        ),
      ),
  );
}

const DIVISION_BY_ZERO = "22012";
