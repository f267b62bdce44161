/**
 * A log inside Postgres, written by triggers: every change of a task's status and of a project's spent
 * dollars.
 */
import { sql } from "drizzle-orm";
import { z } from "zod";
import { connect, type Db } from "../../src/db/client.ts";
import { STAGES, TASK_STATUSES } from "../../src/domain/record/record.ts";

/** A client of the sandbox's Postgres. The driver needs a connection string; the sandbox does not use it. */
export const databaseOf = (sandboxUrl: string): Db =>
  connect("postgresql://omvee:omvee@localhost/omvee", `${sandboxUrl}/neon/sql`);

const INSTALL = [
  sql`create schema kills`,
  sql`create table kills.moves (
    seq bigserial primary key, transaction text not null default pg_current_xact_id()::text,
    at double precision not null default extract(epoch from clock_timestamp()) * 1000,
    project_id uuid not null, task_id uuid, stage text, subject uuid, input_hash text, provider text,
    was text, status text, attempt int, estimated_usd numeric, charged text, code text, spent_usd numeric)`,
  sql`create function kills.task_changed() returns trigger language plpgsql as $$ begin
    insert into kills.moves (project_id, task_id, stage, subject, input_hash, provider, was, status, attempt,
      estimated_usd, charged, code)
    values (new.project_id, new.id, new.type, new.subject, new.input_hash, new.provider, old.status, new.status,
      new.attempt, old.cost_estimated_usd, new.charged, new.error->>'code');
    return null; end $$`,
  sql`create function kills.spending_changed() returns trigger language plpgsql as $$ begin
    insert into kills.moves (project_id, spent_usd) values (new.id, new.spent_usd - old.spent_usd);
    return null; end $$`,
  sql`create trigger kills_task after update on tasks for each row
    when (old.status is distinct from new.status) execute function kills.task_changed()`,
  sql`create trigger kills_spending after update on projects for each row
    when (old.spent_usd is distinct from new.spent_usd) execute function kills.spending_changed()`,
];

/** Installs the triggers, in a migrated database that does not have them yet. */
export async function installAudit(db: Db): Promise<void> {
  for (const statement of INSTALL) await db.execute(statement);
}

const number = z.coerce.number();
const At = { seq: number, transaction: z.string(), at: number };
const TaskMove = z.object({
  ...At,
  task_id: z.string(),
  stage: z.enum(STAGES),
  subject: z.string(),
  input_hash: z.string(),
  provider: z.string().nullable(),
  was: z.enum(TASK_STATUSES),
  status: z.enum(TASK_STATUSES),
  attempt: number,
  estimated_usd: number,
  charged: z.string(),
  code: z.string().nullable(),
});
export type TaskMove = z.infer<typeof TaskMove>;
const SpendingMove = z.object({ ...At, task_id: z.null(), spent_usd: number });
export type SpendingMove = z.infer<typeof SpendingMove>;

/**
 * The logged changes of a project, in order; the log has no changes of transactions that were rolled back.
 */
export async function movesOf(
  db: Db,
  projectId: string,
): Promise<{ tasks: TaskMove[]; spending: SpendingMove[] }> {
  const { rows } = await db.execute(
    sql`select * from kills.moves where project_id = ${projectId} order by seq`,
  );
  const moves = z.array(z.union([TaskMove, SpendingMove])).parse(rows);
  return {
    tasks: moves.filter((move) => move.task_id !== null),
    spending: moves.filter((move) => move.task_id === null),
  };
}

const State = z.object({
  spent_usd: number,
  reserved_usd: number,
  owner_spent_usd: number,
  owner_reserved_usd: number,
  open_tasks: number,
  open_jobs: number,
  stages: z.array(z.enum(STAGES)),
});

export type State = z.infer<typeof State>;

/** A project's sums, open work and stages, as they are recorded now. */
export async function stateOf(db: Db, projectId: string): Promise<State> {
  const { rows } = await db.execute(sql`
    select p.spent_usd, p.reserved_usd, o.spent_usd as owner_spent_usd, o.reserved_usd as owner_reserved_usd,
      (select count(*) from tasks where project_id = p.id and status in ('pending', 'running', 'waiting')) as open_tasks,
      (select count(*) from jobs where project_id = p.id and status in ('pending', 'running')) as open_jobs,
      (select coalesce(json_agg(distinct type), '[]') from jobs where project_id = p.id) as stages
    from projects p join owners o on o.id = p.owner_id where p.id = ${projectId}`);
  return State.parse(rows[0]);
}

/** All jobs and tasks of a project, one a line, to find out why it is stuck. */
export async function dump(db: Db, projectId: string): Promise<string> {
  const jobs = await db.execute(
    sql`select type, status, progress, error from jobs where project_id = ${projectId} order by id`,
  );
  const tasks = await db.execute(sql`
    select type, status, attempt, charged, run_after, dispatched_at, lease_until, claimed_at, provider,
      provider_request_id, error from tasks where project_id = ${projectId} order by id`);
  return [...jobs.rows, ...tasks.rows].map((row) => `    ${JSON.stringify(row)}`).join("\n");
}
