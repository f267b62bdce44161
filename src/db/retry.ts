import { type Log, log as toConsole } from "../log.ts";
import { realTiming, retry, type Timing } from "../retry.ts";
import { isAmbiguous, isPassing, postgresCode, Unanswered } from "./errors.ts";

/** As long as a restart or a cold start takes that a client should not notice. */
const DEADLINE_MS = 12_000;
/** Left for the answer to the last try. */
const LAST_TRY_MS = 500;
/** More than twelve seconds of jittered waits ever take: the deadline ends them first. */
const RETRIES = 30;
const BASE_MS = 100;
const CAP_MS = 2_000;

/**
 * Database work that may be repeated, repeated while Postgres restarts or is out of reach: a read,
 * or a write that can't apply twice (its caller sees to that: by a key, or by a condition on what it saw).
 * Ends within 12 seconds with its result, with the error that no repetition helps, or with the last
 * passing one. Where any try may have been committed, `isAmbiguous` of that passing error says so.
 * A refusal by a constraint stays what it is: after a lost answer, one's own row may be in the way.
 */
export async function retried<T>(
  work: () => Promise<T>,
  { timing = realTiming, log = toConsole }: { timing?: Timing; log?: Log } = {},
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
    again: isPassing,
    retries: RETRIES,
    startWithinMs: DEADLINE_MS - LAST_TRY_MS,
    baseMs: BASE_MS,
    capMs: CAP_MS,
  };
  const answer = retry(attempt, patience, timing).catch((error: unknown) => {
    if (lost && isPassing(error) && !isAmbiguous(error))
      throw new Unanswered("Postgres lost an answer and gave no other", { cause: error });
    throw error;
  });
  const silence = Promise.withResolvers<never>();
  const callOff = timing.alarm(DEADLINE_MS, () =>
    silence.reject(new Unanswered(`Postgres did not answer within ${DEADLINE_MS / 1000} seconds`)),
  );
  const tell = (outcome: "answered" | "failed") => {
    if (tries < 2) return;
    log("warn", "database_retried", {
      outcome,
      tries,
      ms: Math.round(timing.now() - start),
      // Null where Postgres itself said nothing.
      code: postgresCode(first),
    });
  };
  try {
    const result = await Promise.race([answer, silence.promise]);
    tell("answered");
    return result;
  } catch (error) {
    tell("failed");
    throw error;
  } finally {
    callOff();
  }
}
