/** Trying again what may be repeated: with full jitter, a few times, for a limited time. */
import pRetry from "p-retry";

/** Time and chance, which tests bring themselves. */
export interface Timing {
  /** Milliseconds from any start, never going back. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Calls `late` after `ms`, unless it is called off by what this returns. */
  alarm(ms: number, late: () => void): () => void;
  /** 0 to 1. */
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

interface Patience {
  /** Whether this failure may be followed by another try. */
  again: (error: Error) => boolean;
  retries: number;
  /** No try begins later than this after the first. */
  startWithinMs: number;
  /** The wait before retry n is between 0 and `baseMs` × 2ⁿ⁻¹, at most `capMs`. */
  baseMs: number;
  capMs: number;
}

/** Does the work until it succeeds, may not be repeated, or patience runs out; then throws its last error. */
export function retry<T>(
  work: () => Promise<T>,
  patience: Patience,
  timing: Timing = realTiming,
): Promise<T> {
  const end = timing.now() + patience.startWithinMs;
  return pRetry(work, {
    retries: patience.retries,
    // p-retry's own wait is not full jitter and keeps a clock of its own: ours is in `shouldRetry`.
    minTimeout: 0,
    shouldRetry: async ({ error, retriesConsumed }) => {
      if (!patience.again(error)) return false;
      const left = end - timing.now();
      if (left <= 0) return false;
      const most = Math.min(patience.capMs, patience.baseMs * 2 ** retriesConsumed);
      await timing.sleep(Math.min(left, timing.random() * most));
      return true;
    },
  });
}
