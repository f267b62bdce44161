/**
 * Retries with exponential back-off and full jitter, limited in number and in time; a timeout; and work that
 * serves several callers.
 */
import pRetry from "p-retry";

/** Clock, timers and randomness; tests bring their own. */
export interface Timing {
  /** A monotonic clock in milliseconds; its zero means nothing. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Calls `late` after `ms`. Returns a function that cancels the timer. */
  alarm(ms: number, late: () => void): () => void;
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number;
}

export const realTiming: Timing = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  alarm(ms, late) {
    const timer = setTimeout(late, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

interface RetryPolicy {
  /** Whether to retry after this error. */
  again: (error: Error) => boolean;
  /** The most retries after the first try. */
  retries: number;
  /** No try begins later than this after the first. */
  startWithinMs: number;
  /** The wait before retry n is between 0 and `baseMs` × 2ⁿ⁻¹, at most `capMs`. */
  baseMs: number;
  capMs: number;
}

/**
 * Calls `work` until it succeeds. Rejects with its last error where `again` says no, or tries or time run
 * out.
 */
export function retry<T>(
  work: () => Promise<T>,
  policy: RetryPolicy,
  timing: Timing = realTiming,
): Promise<T> {
  const end = timing.now() + policy.startWithinMs;
  return pRetry(work, {
    retries: policy.retries,
    // p-retry's own wait has no full jitter and does not use `timing`: we wait in `shouldRetry`.
    minTimeout: 0,
    shouldRetry: async ({ error, retriesConsumed }) => {
      if (!policy.again(error)) return false;
      const left = end - timing.now();
      if (left <= 0) return false;
      const most = Math.min(policy.capMs, policy.baseMs * 2 ** retriesConsumed);
      await timing.sleep(Math.min(left, timing.random() * most));
      return true;
    },
  });
}

/**
 * The result of `work`, or that of `late` if `work` takes longer than `ms` milliseconds. Errors of both are
 * thrown. Work that is late goes on, and its result is ignored.
 */
export async function withTimeout<T>(
  work: () => Promise<T>,
  ms: number,
  late: () => T,
  timing: Pick<Timing, "alarm"> = realTiming,
): Promise<T> {
  const timeout = Promise.withResolvers<void>();
  const cancelAlarm = timing.alarm(ms, timeout.resolve);
  try {
    return await Promise.race([work(), timeout.promise.then(late)]);
  } finally {
    cancelAlarm();
  }
}

/**
 * Does `work` at most once in `ms` milliseconds: calls in that time share one result. An error is shared only by
 * the calls that waited for it. `now`: a clock in milliseconds.
 */
export function sharedFor<T>(ms: number, now: () => number, work: () => Promise<T>): () => Promise<T> {
  let last: { at: number; result: Promise<T> } | null = null;
  return () => {
    const at = now();
    // A clock that was set back must not make a result last.
    if (last && Math.abs(at - last.at) < ms) return last.result;
    const mine = { at, result: work() };
    last = mine;
    mine.result.catch(() => {
      if (last === mine) last = null;
    });
    return mine.result;
  };
}
