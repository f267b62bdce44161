/**
 * The platform's flags on a failed call to a Durable Object
 * (developers.cloudflare.com/durable-objects/best-practices/error-handling).
 */
import { causeChain } from "../errors.ts";

const flagged = (error: unknown, flag: "overloaded" | "retryable"): boolean =>
  causeChain(error).some((e) => Reflect.get(e, flag) === true);

/** The object is overloaded: retrying makes it worse. */
export const isOverloaded = (error: unknown): boolean => flagged(error, "overloaded");

/** The object was restarting, moving or disconnected: a retry through a new stub may reach it. */
export const isUnreached = (error: unknown): boolean => flagged(error, "retryable");
