/** What the platform says of a call to an object that failed (developers.cloudflare.com/durable-objects/best-practices/error-handling). */
import { causes } from "../db/errors.ts";

const flagged = (error: unknown, flag: "overloaded" | "retryable"): boolean =>
  causes(error).some((e) => Reflect.get(e, flag) === true);

/** The object has more to do than it can: asking again makes it worse. */
export const isOverloaded = (error: unknown): boolean => flagged(error, "overloaded");

/** The object was restarting, moving or cut off: another try, through another stub, may reach it. */
export const isUnreached = (error: unknown): boolean => flagged(error, "retryable");
