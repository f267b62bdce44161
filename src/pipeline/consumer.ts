import { type Current, currentOf } from "../domain/controller/current.ts";
import { requeue } from "../domain/controller/heavy.ts";
import { orderGate } from "../domain/controller/model-health.ts";
import { isUnitOf, requestedUnits } from "../domain/controller/run-request.ts";
import { failedStep, type StepResult, settlement } from "../domain/controller/settlement.ts";
import { type Supplier, suppliersOf } from "../domain/controller/suppliers.ts";
import { failure } from "../domain/record/failures.ts";
import { projectPrefix } from "../domain/record/keys.ts";
import type { Project, ProjectRecord, Task } from "../domain/record/record.ts";
import { rootCause } from "../errors.ts";
import type { Log } from "../log.ts";
import { taskPoint } from "../metrics.ts";
import type { Deps } from "../ports/deps.ts";
import type { Claim } from "../ports/store.ts";
import { withHeavyGate } from "./heavy-gate.ts";
import { holdLease, LeaseLost } from "./lease.ts";
import { TaskMessage } from "./messages.ts";
import { isHeavyQueue } from "./queue.ts";
import { runStep } from "./run.ts";

/** Fewer than `max_retries` of the queue, after which a message is a dead letter. */
const WEBHOOK_TRIES = 3;

type Disposition = { kind: "ack" } | { kind: "retry"; afterSeconds: number };

/** Names the request that led to the work in each line of its log. */
const withRequest =
  (log: Log, request: string | undefined): Log =>
  (level, event, fields) =>
    log(level, event, { ...fields, request });

/** The consumer of both task queues. Each message is acknowledged or retried by itself. Does not throw. */
export async function consume(batch: MessageBatch, deps: Deps): Promise<void> {
  const heavy = isHeavyQueue(batch.queue);
  await Promise.all(
    batch.messages.map(async (message) => {
      const disposition = await handle(message.body, { deliveries: message.attempts, heavy }, deps);
      if (disposition.kind === "ack") message.ack();
      else message.retry({ delaySeconds: disposition.afterSeconds });
    }),
  );
}

interface Delivery {
  /** How often the message was delivered, this time included. */
  deliveries: number;
  /** Whether it came from the queue of heavy work. */
  heavy: boolean;
}

async function handle(body: unknown, delivery: Delivery, parts: Deps): Promise<Disposition> {
  const parsed = TaskMessage.safeParse(body);
  if (!parsed.success) {
    parts.log("error", "message_unreadable", { issues: parsed.error.issues.length });
    return { kind: "ack" };
  }
  const message = parsed.data;
  const deps = { ...parts, log: withRequest(parts.log, message.request) };
  try {
    if (!delivery.heavy) return await claimAndRun(message, delivery, deps);
    const inside = await withHeavyGate(deps, () => claimAndRun(message, delivery, deps));
    return inside ?? (await requeueHeavy(message, deps));
  } catch (error) {
    const { project, task } = message;
    const { deliveries } = delivery;
    // A task that was claimed is taken up by the plan when its lease expires; the retry is for one that was
    // not.
    deps.log("error", "step_crashed", { project, task, deliveries, error: rootCause(error) });
    return { kind: "retry", afterSeconds: Math.min(60, 2 ** deliveries) };
  }
}

/**
 * Requeues a message that found the heavy gate taken: sends a new one with a delay, or none after as many
 * times as `requeue` allows. It is not a retry of the message, because a retry counts as a delivery, also one
 * that was asked for (miniflare's queue broker of 2026-11 does so; "messages that reach the configured
 * maximum retries" are dead letters: Queues, "Batching, Retries and Delays", page of 2026-02-08), and waiting
 * for another project's film must not use up the deliveries. A delay may be up to 12 hours (same page).
 * Throws where the new one can't be sent.
 */
async function requeueHeavy(
  { project, task, owner, request, ...message }: TaskMessage,
  deps: Deps,
): Promise<Disposition> {
  const times = (message.requeues ?? 0) + 1;
  const next = requeue(times);
  deps.log("info", "heavy_requeued", { project, task, times });
  if (next.kind === "back") {
    const wakeUp = { projectId: project, taskId: task, ownerId: owner, requestId: request, heavy: true };
    await deps.queue.send([{ ...wakeUp, requeues: times }], next.afterSeconds);
  }
  return { kind: "ack" };
}

async function claimAndRun(
  message: TaskMessage,
  { deliveries, heavy }: Delivery,
  deps: Deps,
): Promise<Disposition> {
  const { project, task, owner, request, attempt, prediction } = message;
  const claim = await deps.store.claim({
    projectId: project,
    taskId: task,
    attempt,
    predictionId: prediction,
    lightOnly: !heavy,
  });
  switch (claim.kind) {
    case "gone":
      // The coordinator finds out when it is woken below. A worker that died may have written files into the
      // bucket after the project's files were deleted.
      if (owner) await clearDeleted(deps, { id: project, ownerId: owner });
      break;
    case "not_now":
      // A webhook that came before the answer to its order was committed. The claim has written the
      // prediction's id to the task; the poll is tried again soon, and after a few tries it is left to the
      // next one that is due.
      return prediction &&
        claim.task.status === "running" &&
        claim.task.attempt === attempt &&
        deliveries <= WEBHOOK_TRIES
        ? { kind: "retry", afterSeconds: 2 }
        : { kind: "ack" };
    case "heavy":
      // The message came from the other queue: a webhook's, or one of a version without a queue of heavy
      // work.
      await deps.queue.send([
        { projectId: project, taskId: task, ownerId: owner, requestId: request, heavy: true },
      ]);
      return { kind: "ack" };
    case "over_budget":
      await deps.store.fail({ projectId: project, taskId: task }, OVER_BUDGET);
      break;
    case "claimed":
      await work(claim, deliveries, deps);
  }
  await deps.coordinator(project).wake(request);
  return { kind: "ack" };
}

/** Runs one attempt, or one poll of it, and settles the task while the claim holds. */
async function work(
  { task, record, was }: Extract<Claim, { kind: "claimed" }>,
  deliveries: number,
  deps: Deps,
): Promise<void> {
  const started = deps.now().getTime();
  const elapsed = () => deps.now().getTime() - started;
  const now = () => new Date(record.readAt.getTime() + elapsed());
  const lease = holdLease(deps, task);
  const step = {
    deps: { ...deps, providers: lease.guard(deps.providers) },
    task,
    record,
    now,
    progress: (fraction: number) => report(deps, task, fraction),
  };
  const current = currentOf(record);
  const suppliers = suppliersOf(record, current)(task.type, task.subject);
  const run = async () => {
    if (was === "waiting") return runStep(step, was);
    const withheld = withholdReason({
      task,
      record,
      current,
      supplier: suppliers[task.supplierIndex],
      now: now(),
    });
    return (
      withheld ??
      (await overDailyBudget(deps, task)) ??
      withRateLimit(deps, { task, ownerId: record.project.ownerId }, () => runStep(step, was))
    );
  };
  let result: StepResult;
  try {
    result = await run();
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    // Nothing was ordered in this attempt, and the plan sends the task to another worker.
    return deps.log("warn", "lease_lost", { project: task.projectId, task: task.id, attempt: task.attempt });
  } finally {
    lease.stop();
  }
  const end = settlement(task, result, {
    suppliers,
    settings: record.project.settings,
    now: now(),
    random: deps.random(),
  });
  const settled = await deps.store.settle(task, end);
  if (!settled) await clearDeleted(deps, record.project);
  const code = "failure" in result ? result.failure.code : null;
  deps.log("info", settled ? "task_settled" : "task_fenced", {
    project: task.projectId,
    job: task.jobId,
    task: task.id,
    attempt: task.attempt,
    stage: task.type,
    provider: task.provider,
    model: task.model,
    result: result.kind,
    status: end.set.status,
    code,
  });
  deps.metrics(
    taskPoint({
      task,
      kind: settled ? result.kind : "fenced",
      failureCode: code,
      spentUsd: settled && end.reservation.kind === "spend" ? end.reservation.usd : 0,
      deliveries,
      now: now(),
    }),
  );
}

/**
 * The result of a new attempt that must order nothing, by the record at the moment of its claim: the artifact
 * is not wanted from these inputs any more, the supplier is skipped, or its model has enough trial orders
 * under way. Null where the attempt may go on.
 */
function withholdReason({
  task,
  record,
  current,
  supplier,
  now,
}: {
  task: Task;
  record: ProjectRecord;
  current: Current;
  supplier: Supplier | undefined;
  now: Date;
}): StepResult | null {
  if (!requestedUnits(record, current).some((unit) => isUnitOf(unit, task))) return { kind: "superseded" };
  if (supplier?.skipReason) return { kind: "declined", failure: supplier.skipReason, spent: false };
  const others = record.tasks.filter((other) => other.id !== task.id);
  // When a trial order ends, the coordinator is woken, and the plan sends the task again.
  return orderGate(record, others, now).admits(task) ? null : { kind: "delayed", afterMs: 0 };
}

/** Ends a task that would cost money on a day whose limit for all owners is reached. */
async function overDailyBudget({ config, spentToday, log }: Deps, task: Task): Promise<StepResult | null> {
  const limit = config.dailyBudgetUsd;
  if (limit === null || task.costEstimatedUsd === 0) return null;
  const spent = await spentToday();
  if (spent + task.costEstimatedUsd <= limit) return null;
  log("error", "daily_budget_reached", { project: task.projectId, task: task.id, spent, limit });
  return failedStep(DAILY_BUDGET);
}

/**
 * Acquires a slot before a paid call, and reports to the rate limiter a 429, and a success while it is
 * probing.
 */
async function withRateLimit(
  deps: Deps,
  { task, ownerId }: { task: Task; ownerId: string },
  run: () => Promise<StepResult>,
): Promise<StepResult> {
  const { provider } = task;
  if (!provider) return run();
  const admission = await deps.rateLimiters.acquire(provider, { key: task.id, ownerId });
  if (admission.kind === "wait") return { kind: "delayed", afterMs: admission.afterMs };
  const result = await run();
  try {
    if (result.kind === "retry" && result.throttled)
      await deps.rateLimiters.penalize(provider, result.afterSeconds);
    else if (admission.probing && (result.kind === "completed" || result.kind === "waiting"))
      await deps.rateLimiters.reportSuccess(provider);
  } catch (error) {
    // The result of a paid call must not be lost because the rate limiter could not be reached.
    deps.log("warn", "rate_limiter_not_informed", { provider, error: rootCause(error) });
  }
  return result;
}

const OVER_BUDGET = failure("budget_exceeded", "The budget does not cover the estimated cost of this task.", {
  nextAction:
    "Raise budget_usd in the settings and start a run again. If the project has enough left, the limit of your account is reached.",
});

const DAILY_BUDGET = failure(
  "daily_budget_exceeded",
  "The service has spent what it may spend today, for all its users together.",
  { nextAction: "Start a run again tomorrow (the day begins at 00:00 UTC). What is made is kept." },
);

/** Deletes all files of a project that was deleted while a step ran; does nothing where it still exists. */
async function clearDeleted(deps: Deps, { id, ownerId }: Pick<Project, "id" | "ownerId">): Promise<void> {
  if (await deps.store.load(id)) return;
  await deps.storage.deletePrefix(projectPrefix(ownerId, id));
}

function report(deps: Deps, task: Task, fraction: number): void {
  deps
    .coordinator(task.projectId)
    .progress({ jobId: task.jobId, taskId: task.id, fraction })
    .catch(() => deps.log("warn", "progress_not_shown", { task: task.id }));
}
