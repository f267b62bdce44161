import { claimTask, failTask, renewLease, settleTask } from "../db/claims.ts";
import { loadRecord } from "../db/record.ts";
import type { Deps } from "../deps.ts";
import type { Project, Stage, Task } from "../domain/record.ts";
import { failure, RENEW_MS } from "../domain/tasks.ts";
import { projectPrefix } from "../storage/keys.ts";
import { TaskMessage } from "./messages.ts";
import { runStep } from "./run.ts";
import { settlement } from "./settlement.ts";

/** Fewer than the queue's own, past which a message is a dead letter. */
const WEBHOOK_TRIES = 3;

type Verdict = { kind: "ack" } | { kind: "retry"; afterSeconds: number };

/** An isolate has 128 MB: stages that hold much of it at once take turns within a batch. */
const HEAVY: ReadonlySet<Stage> = new Set(["transcribe", "assemble_video"]);

type Turns = <T>(work: () => Promise<T>) => Promise<T>;

function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}

/** Handles each message of a batch by itself: one that fails never harms its neighbours. */
export async function consume(batch: MessageBatch, deps: Deps): Promise<void> {
  const turns = inTurn();
  await Promise.all(
    batch.messages.map(async (message) => {
      const verdict = await handle(message.body, message.attempts, deps, turns);
      if (verdict.kind === "ack") message.ack();
      else message.retry({ delaySeconds: verdict.afterSeconds });
    }),
  );
}

async function handle(body: unknown, deliveries: number, deps: Deps, turns: Turns): Promise<Verdict> {
  const message = TaskMessage.safeParse(body);
  if (!message.success) {
    deps.log("error", "message_unreadable", { issues: message.error.issues.length });
    return { kind: "ack" };
  }
  const { project, task, attempt, prediction } = message.data;
  try {
    const claim = await claimTask(
      deps.db,
      { projectId: project, taskId: task, attempt, predictionId: prediction },
      deps.now(),
    );
    switch (claim.kind) {
      case "gone":
        return { kind: "ack" };
      case "not_now":
        // A webhook that beat the record of its own create: its news is kept, the look comes again soon,
        // and past a few tries with the next poll: a dead letter would end work that was paid for.
        return prediction &&
          claim.task.status === "running" &&
          claim.task.attempt === attempt &&
          deliveries <= WEBHOOK_TRIES
          ? { kind: "retry", afterSeconds: 2 }
          : { kind: "ack" };
      case "over_budget":
        await failTask(deps.db, { projectId: project, taskId: task }, OVER_BUDGET, deps.now());
        break;
      case "claimed": {
        const held = holdLease(deps, claim.task);
        const step = {
          deps,
          task: claim.task,
          record: claim.record,
          progress: (fraction: number) => report(deps, claim.task, fraction),
        };
        const run = () => runStep(step, claim.was);
        const result = await (HEAVY.has(claim.task.type) ? turns(run) : run()).finally(held.stop);
        const now = deps.now();
        const settled = await settleTask(
          deps.db,
          claim.task,
          settlement(claim.task, result, now, Math.random()),
          now,
        );
        if (!settled) await clearDeleted(deps, claim.record.project);
        deps.log("info", settled ? "task_settled" : "task_fenced", {
          project,
          job: claim.task.jobId,
          task,
          attempt: claim.task.attempt,
          stage: claim.task.type,
          result: result.kind,
          code: "failure" in result ? result.failure.code : null,
        });
      }
    }
    await deps.coordinator(project).wake();
    return { kind: "ack" };
  } catch (error) {
    // The lease runs out and the plan takes the task up again; the message is only a wake-up.
    deps.log("error", "step_crashed", { project, task, deliveries, error: String(error) });
    return { kind: "retry", afterSeconds: Math.min(60, 2 ** deliveries) };
  }
}

const OVER_BUDGET = failure("budget_exceeded", "The budget of the project does not cover this step.", {
  nextAction: "Raise budget_usd in the settings and start the run again.",
});

/** A project that was deleted while a step of it ran: what the step wrote since goes too. */
async function clearDeleted(deps: Deps, { id, ownerId }: Project): Promise<void> {
  if (await loadRecord(deps.db, id)) return;
  await deps.storage.deletePrefix(projectPrefix(ownerId, id));
}

/** Renews the lease while the step works, so that only the dead are taken for dead. */
function holdLease(deps: Deps, task: Task): { stop: () => void } {
  const timer = setInterval(() => {
    renewLease(deps.db, task, deps.now()).catch((error) =>
      deps.log("warn", "lease_not_renewed", { task: task.id, error: String(error) }),
    );
  }, RENEW_MS);
  return { stop: () => clearInterval(timer) };
}

function report(deps: Deps, task: Task, fraction: number): void {
  deps
    .coordinator(task.projectId)
    .progress({ jobId: task.jobId, taskId: task.id, fraction })
    .catch(() => deps.log("warn", "progress_not_shown", { task: task.id }));
}
