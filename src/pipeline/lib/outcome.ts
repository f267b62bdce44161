import type { StepResult } from "../../domain/controller/settlement.ts";
import type { Outcome } from "../../ports/providers.ts";

type NotOk = Exclude<Outcome<never>, { kind: "ok" }>;

/** The step result for a provider call that did not bring what was asked for. */
export function fromOutcome(outcome: NotOk): StepResult {
  const { failure } = outcome;
  switch (outcome.kind) {
    case "retry":
      return {
        kind: "retry",
        failure,
        afterSeconds: outcome.afterSeconds,
        throttled: failure.code === "provider_throttled",
      };
    case "unknown":
      return { kind: "unknown", failure };
    case "invalid":
    case "refused": {
      const { costUsd } = outcome;
      // The answer was paid for and can't be used; another one may be better.
      if (failure.retryable) return { kind: "bad_output", failure, costUsd: costUsd ?? null, charged: "yes" };
      return { kind: "declined", failure, spent: costUsd !== undefined, costUsd: costUsd ?? null };
    }
    case "out_of_credit":
      return { kind: "declined", failure, spent: false };
  }
}
