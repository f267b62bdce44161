import type { Outcome } from "../providers/ports.ts";
import type { StepResult } from "./step.ts";

type NotOk = Exclude<Outcome<never>, { kind: "ok" }>;

const THROTTLED = /throttl|rate.?limit/i;

/** What becomes of a task whose call was not answered with what it asked for. */
export function fromOutcome(outcome: NotOk): StepResult {
  switch (outcome.kind) {
    case "retry":
      return {
        kind: "again",
        failure: outcome.failure,
        afterSeconds: outcome.afterSeconds,
        throttled: THROTTLED.test(outcome.failure.code),
        writes: [],
      };
    case "unknown":
      return { kind: "lost", failure: outcome.failure };
    case "invalid":
      // An answer that is not what was asked for was paid for; another may be.
      if (outcome.failure.retryable) return { kind: "lost", failure: outcome.failure };
      return { kind: "failed", failure: outcome.failure, spent: false, writes: [] };
    case "refused":
    case "out_of_credit":
      return { kind: "failed", failure: outcome.failure, spent: false, writes: [] };
  }
}
