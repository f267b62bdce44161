/** How an adapter says what came of a call. The words are for a musician; the operator is named where only they can help. */

import { failure } from "../domain/controller/tasks.ts";
import type { Failure } from "../domain/record/record.ts";
import { redact } from "./http.ts";

/** The codes that adapters give, closed so that clients and the planner can rely on them. */
export type ProviderCode =
  | "provider_throttled"
  | "provider_unavailable"
  | "provider_run_failed"
  | "provider_refused"
  | "provider_invalid_request"
  | "provider_model_unknown"
  | "provider_bad_answer"
  | "provider_access"
  | "provider_out_of_credit"
  | "provider_outcome_unknown"
  | "output_expired"
  | "output_rejected";

interface Retry {
  kind: "retry";
  afterSeconds: number | null;
  failure: Failure;
}
interface Ended<K extends "refused" | "invalid" | "out_of_credit" | "unknown"> {
  kind: K;
  failure: Failure;
}
/** What it cost in US dollars; null where the provider does not say. */
interface Charged {
  costUsd: number | null;
}

const said = (words: string) => (words ? `: ${redact(words)}` : ".");

/** Nothing was bought, and asking again later can work. */
export const throttled = (who: string, afterSeconds: number | null): Retry => ({
  kind: "retry",
  afterSeconds,
  failure: problem("provider_throttled", `${who} accepts no more requests at the moment.`, true),
});

export const unavailable = (who: string, words: string, afterSeconds: number | null = null): Retry => ({
  kind: "retry",
  afterSeconds,
  failure: problem("provider_unavailable", `${who} is not available at the moment${said(words)}`, true),
});

export const refused = (who: string, words: string): Ended<"refused"> => ({
  kind: "refused",
  failure: problem(
    "provider_refused",
    `${who} refused the content${said(words)}`,
    false,
    "Change the wording and try again.",
  ),
});

export const invalid = (who: string, words: string, nextAction?: string): Ended<"invalid"> => ({
  kind: "invalid",
  failure: problem(
    "provider_invalid_request",
    `${who} does not accept the request${said(words)}`,
    false,
    nextAction,
  ),
});

/** It does not offer the model, or no more: nothing was bought, and asking again brings the same. */
export const unknownModel = (who: string, model: string, nextAction: string): Ended<"invalid"> => ({
  kind: "invalid",
  failure: problem(
    "provider_model_unknown",
    `${who} does not know the model ${JSON.stringify(model)}.`,
    false,
    nextAction,
  ),
});

/** The model ran, and refused or was stopped: `costUsd` as for a bad answer. */
export const refusedAtCost = (
  who: string,
  words: string,
  costUsd: number | null,
): Ended<"refused"> & Charged => ({ ...refused(who, words), costUsd });

/**
 * The answer came, was charged for and is not what was asked for. `retryable` where another attempt
 * may bring a better one.
 */
export const badAnswer = (
  who: string,
  words: string,
  { retryable, costUsd }: { retryable: boolean; costUsd: number | null },
): Ended<"invalid"> & Charged => ({
  kind: "invalid",
  costUsd,
  failure: problem(
    "provider_bad_answer",
    `${who} gave an answer that cannot be used${said(words)}`,
    retryable,
  ),
});

/** More than any call costs: a provider that says more has not said what this one cost. */
const MOST_USD = 1_000;
/** What a provider says a call cost, in US dollars; null where that can't be. */
export const credibleUsd = (usd: number | null | undefined): number | null =>
  typeof usd === "number" && usd >= 0 && usd <= MOST_USD ? usd : null;

export const noAccess = (who: string, variable: string, words: string): Ended<"invalid"> => ({
  kind: "invalid",
  failure: problem(
    "provider_access",
    `${who} denies this service access${said(words)}`,
    false,
    `The operator must check ${variable} and what its account has access to.`,
  ),
});

export const outOfCredit = (who: string): Ended<"out_of_credit"> => ({
  kind: "out_of_credit",
  failure: problem(
    "provider_out_of_credit",
    `This service has no credit left at ${who}.`,
    false,
    `The operator must add credit to the account at ${who}; then start a run again.`,
  ),
});

/** The request may have been accepted, and charged for. */
export const unknown = (who: string, words: string): Ended<"unknown"> => ({
  kind: "unknown",
  failure: problem(
    "provider_outcome_unknown",
    `It is not known whether ${who} accepted the request${said(words)}`,
    false,
    "Wait until this is known, or retry the task; it may then be paid for twice.",
  ),
});

export function problem(
  code: ProviderCode,
  message: string,
  retryable: boolean,
  nextAction?: string,
): Failure {
  return failure(code, message, { retryable, nextAction });
}
