/**
 * Outcomes of failed calls, as adapters return them (`Outcome` in src/ports/providers.ts). Messages are written for a
 * musician; the next action names the operator where only they can help. `who` is the provider's name;
 * `words` are the provider's own, which are redacted.
 */

import { type FailureCode, failure } from "../domain/record/failures.ts";
import type { Failure } from "../domain/record/record.ts";
import { redact } from "./http.ts";

interface Retry {
  kind: "retry";
  afterSeconds: number | null;
  failure: Failure;
}
interface Ended<K extends "refused" | "invalid" | "out_of_credit" | "unknown"> {
  kind: K;
  failure: Failure;
}
interface Charged {
  /** What the call cost in US dollars; null where the provider does not say. */
  costUsd: number | null;
}

const said = (words: string) => (words ? `: ${redact(words)}` : ".");

/**
 * The provider's rate limit (429): nothing was bought. `afterSeconds`: the wait it asks for, null where none.
 */
export const throttled = (who: string, afterSeconds: number | null): Retry => ({
  kind: "retry",
  afterSeconds,
  failure: problem("provider_throttled", `${who} accepts no more requests at the moment.`, true),
});

/** The provider can't do it now: nothing was bought, and another try later can succeed. */
export const unavailable = (who: string, words: string, afterSeconds: number | null = null): Retry => ({
  kind: "retry",
  afterSeconds,
  failure: problem("provider_unavailable", `${who} is not available at the moment${said(words)}`, true),
});

/** Moderation refused the content, before anything was bought. */
export const refused = (who: string, words: string): Ended<"refused"> => ({
  kind: "refused",
  failure: problem(
    "provider_refused",
    `${who} refused the content${said(words)}`,
    false,
    "Change the wording and try again.",
  ),
});

/** The provider does not accept the request: nothing was bought, and the same request fails again. */
export const invalid = (who: string, words: string, nextAction?: string): Ended<"invalid"> => ({
  kind: "invalid",
  failure: problem(
    "provider_invalid_request",
    `${who} does not accept the request${said(words)}`,
    false,
    nextAction,
  ),
});

/**
 * The provider does not offer the model, or not any more: nothing was bought, and the same request fails
 * again.
 */
export const unknownModel = (who: string, model: string, nextAction: string): Ended<"invalid"> => ({
  kind: "invalid",
  failure: problem(
    "provider_model_unknown",
    `${who} does not know the model ${JSON.stringify(model)}.`,
    false,
    nextAction,
  ),
});

/** The model ran, and refused or was stopped: it was charged for. */
export const refusedAtCost = (
  who: string,
  words: string,
  costUsd: number | null,
): Ended<"refused"> & Charged => ({ ...refused(who, words), costUsd });

/** The answer was charged for and can't be used. `retryable`: another attempt may bring a better one. */
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

/** More than any call costs: a higher cost is taken for an error of the provider. */
const MAX_USD = 1_000;
/**
 * The cost of a call in US dollars, as the provider reports it; null where it reports none or an impossible
 * one.
 */
export const credibleUsd = (usd: number | null | undefined): number | null =>
  typeof usd === "number" && usd >= 0 && usd <= MAX_USD ? usd : null;

/** The provider refuses our key. `variable`: the name of the variable that holds it. */
export const noAccess = (who: string, variable: string, words: string): Ended<"invalid"> => ({
  kind: "invalid",
  failure: problem(
    "provider_access",
    `${who} denies this service access${said(words)}`,
    false,
    `The operator must check ${variable} and what its account has access to.`,
  ),
});

/** The operator's account has no credit: nothing was bought. */
export const outOfCredit = (who: string): Ended<"out_of_credit"> => ({
  kind: "out_of_credit",
  failure: problem(
    "provider_out_of_credit",
    `This service has no credit left at ${who}.`,
    false,
    `The operator must add credit to the account at ${who}; then start a run again.`,
  ),
});

/** The provider may have accepted the request, and charged for it. */
export const unknown = (who: string, words: string): Ended<"unknown"> => ({
  kind: "unknown",
  failure: problem(
    "provider_outcome_unknown",
    `It is not known whether ${who} accepted the request${said(words)}`,
    false,
    "Wait until this is known, or retry the task; it may then be paid for twice.",
  ),
});

/** A failure of a call, for `Outcome`. */
export function problem(
  code: FailureCode,
  message: string,
  retryable: boolean,
  nextAction?: string,
): Failure {
  return failure(code, message, { retryable, nextAction });
}
