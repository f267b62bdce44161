/** Reads an error of the database: its SQLSTATE, whether to repeat the work, whether it may be committed. */
import { NeonDbError } from "@neondatabase/serverless";
import { causeChain } from "../errors.ts";

/** Postgres did not answer in time, or an answer was lost and no other came. */
export class Unanswered extends Error {
  override name = "Unanswered";
}

/** The SQLSTATE of a failed statement, or null where the database did not answer with one. */
export function postgresCode(error: unknown): string | null {
  // Neon's endpoint sends an empty code where the failure is not Postgres' own.
  for (const e of causeChain(error)) if (e instanceof NeonDbError) return e.code || null;
  return null;
}

/**
 * The SQLSTATEs of a Postgres that restarts, is full, or aborted the transaction in favour of another:
 * those of Neon's guide "Building resilient applications with Postgres", and related ones.
 * `undone` where the code says that nothing was committed.
 */
const PASSING_STATES = new Map<string, "undone" | "unknown">([
  ["57P01", "unknown"], // admin_shutdown: its commit may have been under way
  ["57P02", "unknown"], // crash_shutdown
  ["57P03", "undone"], // cannot_connect_now
  ["08006", "unknown"], // connection_failure
  ["08003", "unknown"], // connection_does_not_exist
  ["08001", "undone"], // sqlclient_unable_to_establish_sqlconnection
  ["08004", "undone"], // sqlserver_rejected_establishment_of_sqlconnection
  ["53300", "undone"], // too_many_connections
  ["40001", "undone"], // serialization_failure
  ["40P01", "undone"], // deadlock_detected
]);

/** How driver 1.2 words an HTTP status that is not 400. 507: a result too large, so no repetition helps. */
const SERVER_ERROR = /^Server error \(HTTP status 5(?!07)\d\d\)/;
const NOT_CONNECTED = /couldn't connect to compute node/i;
/** Messages of Neon's guide, and of its proxy about a connection that broke (proxy/src/serverless/sql_over_http.rs). */
const BROKEN =
  /terminating connection due to administrator command|early eof|error communicating with the server|^connection closed/i;
/** Node's and workerd's messages for a body that broke off. */
const BODY_LOST = /^(terminated|Network connection lost\.?)$/;

interface RetryVerdict {
  passing: boolean;
  ambiguous: boolean;
}

function retryVerdict(error: unknown): RetryVerdict {
  for (const e of causeChain(error)) {
    if (e instanceof NeonDbError) return answerVerdict(e);
    if (e instanceof Unanswered || BODY_LOST.test(e.message)) return { passing: true, ambiguous: true };
  }
  return { passing: false, ambiguous: false };
}

function answerVerdict({ code, message, sourceError }: NeonDbError): RetryVerdict {
  if (code) return { passing: PASSING_STATES.has(code), ambiguous: PASSING_STATES.get(code) === "unknown" };
  if (NOT_CONNECTED.test(message)) return { passing: true, ambiguous: false };
  const passing = sourceError !== undefined || SERVER_ERROR.test(message) || BROKEN.test(message);
  return { passing, ambiguous: true };
}

/** Whether the same work may succeed a little later. */
export const isTransient = (error: unknown): boolean => retryVerdict(error).passing;

/** Whether the failed work may have been committed nevertheless. */
export const isAmbiguous = (error: unknown): boolean => retryVerdict(error).ambiguous;
