import { type Log, log as toConsole } from "../log.ts";
import { realTiming, retry, type Timing, withTimeout } from "../retry.ts";
import { isAmbiguous, isTransient, postgresCode, Unanswered } from "./errors.ts";

export interface RetryOptions {
  timing?: Timing;
  log?: Log;
  /** Whether to try again after this error. */
  again?: (error: unknown) => boolean;
}

/** Restarts and cold starts of Postgres that are over within this time are hidden from clients. */
const DEADLINE_MS = 12_000;
/** Time kept for the answer to the last try. */
const LAST_TRY_MS = 500;
/** Bounds the tries where the random waits are short; else the deadline ends them first. */
const RETRIES = 30;
const BASE_MS = 100;
const CAP_MS = 2_000;

/**
 * Repeats database work, by default while Postgres restarts or can't be reached. The work must be a read, or a write that
 * can't apply twice; the caller ensures this by a key, or by a condition on the rows that it read.
 * Within 12 seconds it returns the result, or throws an error that no repetition helps, or the last passing
 * error. Where any try may have been committed, `isAmbiguous` is true of that passing error. An error of a
 * constraint is thrown as it is: after a lost answer, the conflicting row may be the caller's own.
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  { timing = realTiming, log = toConsole, again = isTransient }: RetryOptions = {},
): Promise<T> {
  const start = timing.now();
  let tries = 0;
  let first: unknown;
  let lost = false;
  const attempt = async () => {
    tries++;
    try {
      return await work();
    } catch (error) {
      first ??= error;
      lost ||= isAmbiguous(error);
      throw error;
    }
  };
  const patience = {
    again,
    retries: RETRIES,
    startWithinMs: DEADLINE_MS - LAST_TRY_MS,
    baseMs: BASE_MS,
    capMs: CAP_MS,
  };
  const answer = () =>
    retry(attempt, patience, timing).catch((error: unknown) => {
      if (lost && isTransient(error) && !isAmbiguous(error))
        throw new Unanswered("Postgres lost an answer and gave no other", { cause: error });
      throw error;
    });
  const late = () => {
    throw new Unanswered(`Postgres did not answer within ${DEADLINE_MS / 1000} seconds`);
  };
  const logRetries = (outcome: "answered" | "failed") => {
    if (tries < 2) return;
    log("warn", "database_retried", {
      outcome,
      tries,
      ms: Math.round(timing.now() - start),
      // Null where Postgres itself did not answer.
      code: postgresCode(first),
    });
  };
  try {
    const result = await withTimeout(answer, DEADLINE_MS, late, timing);
    logRetries("answered");
    return result;
  } catch (error) {
    logRetries("failed");
    throw error;
  }
}
