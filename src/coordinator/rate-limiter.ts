import { DurableObject } from "cloudflare:workers";
import { type RateLimit, rateLimitOf } from "../domain/models/rate-limits.ts";
import {
  type Admission,
  acquire,
  isDefault,
  penalize,
  type RateLimiter,
  reportSuccess,
  restoredRateLimiter,
} from "../domain/rate-limiter.ts";

const KEPT = "rate_limiter";

/** What an operator wants to know of a rate limiter. */
export interface RateLimiterReport {
  provider: string;
  /** Calls let through a minute, at most: now, and in good standing. */
  perMinute: number;
  nominalPerMinute: number;
  /** Callers that were told when to come back. */
  waiting: number;
  /** Milliseconds since the epoch; null while it is open. */
  blockedUntil: number | null;
}

/**
 * One provider's paced rate limiter; the object's name is the provider. It is kept in memory, and on disk
 * while it is slowed or anybody waits: no eviction opens a closed rate limiter or loses a place.
 */
export class ProviderRateLimiter extends DurableObject<Env> {
  readonly #provider: string;
  readonly #limit: RateLimit;
  #limiter: RateLimiter;
  #kept: boolean;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { name } = ctx.id;
    if (!name) throw new Error("A rate limiter is reached by its provider's name");
    this.#provider = name;
    this.#limit = rateLimitOf(name);
    const kept = ctx.storage.kv.get(KEPT);
    this.#kept = kept !== undefined;
    this.#limiter = restoredRateLimiter(kept, this.#limit, Date.now());
  }

  acquire(key: string): Admission {
    const { state, admission } = acquire(this.#limiter, key, Date.now());
    this.#keep(state);
    return admission;
  }

  penalize(afterSeconds: number | null): void {
    this.#keep(penalize(this.#limiter, afterSeconds, Date.now()));
  }

  reportSuccess(): void {
    this.#keep(reportSuccess(this.#limiter, Date.now()));
  }

  state(): RateLimiterReport {
    const { perMinute, queue, blockedUntil } = this.#limiter;
    return {
      provider: this.#provider,
      perMinute,
      nominalPerMinute: this.#limit.nominal.perMinute,
      waiting: queue.length,
      blockedUntil: blockedUntil > Date.now() ? blockedUntil : null,
    };
  }

  #keep(limiter: RateLimiter): void {
    if (limiter === this.#limiter) return;
    this.#limiter = limiter;
    if (!isDefault(limiter)) {
      this.ctx.storage.kv.put(KEPT, limiter);
      this.#kept = true;
    } else if (this.#kept) {
      this.ctx.storage.kv.delete(KEPT);
      this.#kept = false;
    }
  }
}
