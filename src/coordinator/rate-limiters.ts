import type { Admission } from "../domain/rate-limiter.ts";
import { inputHash } from "../domain/record/hash.ts";
import type { Log } from "../log.ts";
import type { RateLimiters } from "../ports/work.ts";
import { realTiming, withTimeout } from "../retry.ts";

/** The part of `DurableObjectNamespace<ProviderRateLimiter>` that is used here. */
interface RateLimiterNamespace {
  getByName(provider: string): RateLimiterStub;
}
interface RateLimiterStub {
  acquire(key: string, owner: string): Promise<Admission>;
  penalize(afterSeconds: number | null): Promise<void>;
  reportSuccess(): Promise<void>;
}

/** A slot this near is waited for here: a task that goes back to the queue can't be as punctual. */
const PATIENCE_MS = 5_000;
/** A caller with a longer wait is told to come back this much before its slot, and then waits here. */
const EARLY_MS = 2_500;
/** A rate limiter that takes longer than this to answer counts as unreachable. */
const ANSWER_MS = 3_000;

function unanswered(): never {
  throw new Error(`No answer within ${ANSWER_MS / 1000} s`);
}

/**
 * Calls the providers' rate limiters. No other file knows how they are named and reached. An unreachable rate
 * limiter limits nothing: the provider's own 429 still does, and a lost report is followed by others.
 */
export function rateLimitersOf(namespace: RateLimiterNamespace, log: Log): RateLimiters {
  async function ask<T>(
    provider: string,
    question: (limiter: RateLimiterStub) => Promise<T>,
  ): Promise<T | null> {
    try {
      return await withTimeout(() => question(namespace.getByName(provider)), ANSWER_MS, unanswered);
    } catch (error) {
      log("warn", "rate_limiter_unreachable", { provider, error: String(error) });
      return null;
    }
  }

  return {
    async acquire(provider, { key, ownerId }) {
      // Nobody's name, and short: a full queue must fit into one stored value of 2 MB (Durable Objects,
      // "Limits", page without a date, read in 2026-11).
      const owner = inputHash(ownerId);
      let patience = PATIENCE_MS;
      for (;;) {
        const admission = await ask(provider, (limiter) => limiter.acquire(key, owner));
        if (admission === null) return { kind: "go", probing: false };
        if (admission.kind === "go") return admission;
        if (admission.afterMs > patience)
          return { kind: "wait", afterMs: Math.max(1, admission.afterMs - EARLY_MS) };
        patience -= admission.afterMs;
        await realTiming.sleep(admission.afterMs);
      }
    },
    async penalize(provider, afterSeconds) {
      await ask(provider, (limiter) => limiter.penalize(afterSeconds));
    },
    async reportSuccess(provider) {
      await ask(provider, (limiter) => limiter.reportSuccess());
    },
  };
}
