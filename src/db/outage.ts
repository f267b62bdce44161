/** How each kind of statement meets an outage of Postgres. All end within the deadline of `withRetries`. */
import { Unavailable, WriteUnconfirmed } from "../ports/errors.ts";
import { isAmbiguous, isTransient } from "./errors.ts";
import { type RetryOptions, withRetries } from "./retry.ts";

/** A read: repeated while the outage may pass. Throws `Unavailable` where it does not. */
export const read = async <T>(work: () => Promise<T>, options?: RetryOptions): Promise<T> => {
  try {
    return await withRetries(work, options);
  } catch (error) {
    throw isTransient(error) ? new Unavailable("Postgres can't be reached", { cause: error }) : error;
  }
};

/** A write that can't apply twice: repeated like a read. Throws `WriteUnconfirmed` where it may have applied. */
export const writeRepeatable = <T>(work: () => Promise<T>, options?: RetryOptions): Promise<T> =>
  unconfirmed(withRetries(work, options));

/**
 * Any other write: repeated only while it is certain that nothing was committed. Throws `WriteUnconfirmed`
 * where it may have been.
 */
export const writeOnce = <T>(work: () => Promise<T>, options?: RetryOptions): Promise<T> =>
  unconfirmed(withRetries(work, { ...options, again: (error) => isTransient(error) && !isAmbiguous(error) }));

async function unconfirmed<T>(written: Promise<T>): Promise<T> {
  try {
    return await written;
  } catch (error) {
    if (!isTransient(error)) throw error;
    throw isAmbiguous(error)
      ? new WriteUnconfirmed("Postgres did not confirm a write", { cause: error })
      : new Unavailable("Postgres can't be reached", { cause: error });
  }
}
