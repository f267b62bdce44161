import type { Settlement } from "../db/claims.ts";
import type { Failure, Task } from "../domain/record.ts";
import { nextTry } from "../domain/tasks.ts";
import type { StepResult } from "./step.ts";

/** What is written for a step's result. Pure: `random`, 0 to 1, is the jitter of the back-off. */
export function settlement(task: Task, result: StepResult, now: Date, random: number): Settlement {
  const bought = task.costEstimatedUsd > 0;
  switch (result.kind) {
    case "made": {
      const usd = result.costUsd ?? task.costEstimatedUsd;
      return {
        set: { status: "succeeded", error: null, charged: bought ? "yes" : "no", costChargedUsd: usd },
        purse: { kind: "spend", usd },
        writes: result.writes,
      };
    }
    case "waiting":
      return {
        set: {
          status: "waiting",
          // A webhook may have told the id while we waited for the answer: then it is kept.
          ...(result.requestId === null ? {} : { providerRequestId: result.requestId }),
          runAfter: new Date(now.getTime() + result.lookAfterMs),
        },
        purse: { kind: "keep" },
        writes: result.writes,
      };
    case "again":
      return { ...another(task, result, now, random), purse: { kind: "free" }, writes: result.writes };
    case "lost": {
      const next = another(task, { ...result, afterSeconds: null, throttled: false }, now, random);
      return {
        set: { ...next.set, charged: bought ? "unknown" : "no" },
        purse: { kind: "spend", usd: task.costEstimatedUsd },
        writes: [],
      };
    }
    case "failed":
      return {
        set: { status: "failed", error: result.failure, charged: result.spent && bought ? "yes" : "no" },
        purse: result.spent ? { kind: "spend", usd: task.costEstimatedUsd } : { kind: "free" },
        writes: result.writes,
      };
  }
}

function another(
  task: Task,
  cause: { failure: Failure; afterSeconds: number | null; throttled: boolean },
  now: Date,
  random: number,
): Pick<Settlement, "set"> {
  const next = nextTry(task, { ...cause, retryable: true }, now, random);
  if (next.kind === "give_up") return { set: { status: "failed", error: cause.failure } };
  return {
    set: { status: "pending", attempt: task.attempt + 1, runAfter: next.runAfter, error: cause.failure },
  };
}
