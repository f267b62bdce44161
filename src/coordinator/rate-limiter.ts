import { DurableObject } from "cloudflare:workers";
import { type RateLimit, rateLimitOf } from "../domain/models/rate-limits.ts";
import {
  type Admission,
  acquire,
  needsNoStorage,
  penalize,
  type RateLimiter,
  reportSuccess,
  restoredRateLimiter,
} from "../domain/rate-limiter.ts";

const KEPT = "rate_limiter";

/** A rate limiter's state, for the operator. */
export interface RateLimiterReport {
  provider: string;
  /** Most calls per minute: now, and while the limiter is not slowed (`nominalPerMinute`). */
  perMinute: number;
  nominalPerMinute: number;
  /** Callers in the queue. */
  waiting: number;
  /** Milliseconds since the epoch; null while it is not blocked. */
  blockedUntil: number | null;
}

/**
 * The rate limiter of one provider, a Durable Object named by the provider. Its state is in memory, and also
 * stored while it is slowed, blocked or has a queue: an eviction does not lift a block or lose a slot.
 */
export class ProviderRateLimiter extends DurableObject<Env> {
  readonly #provider: string;
  readonly #limit: RateLimit;
  #limiter: RateLimiter;
  #kept: boolean;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { name } = ctx.id;
    if (!name) throw new Error("A rate limiter must be addressed by its provider's name");
    this.#provider = name;
    this.#limit = rateLimitOf(name);
    const kept = ctx.storage.kv.get(KEPT);
    this.#kept = kept !== undefined;
    this.#limiter = restoredRateLimiter(kept, this.#limit, Date.now());
  }

  /** `owner` is absent where the caller is of a version that did not name it. */
  acquire(key: string, owner = ""): Admission {
    const { state, admission } = acquire(this.#limiter, { key, owner }, Date.now());
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
    if (!needsNoStorage(limiter)) {
      this.ctx.storage.kv.put(KEPT, limiter);
      this.#kept = true;
    } else if (this.#kept) {
      this.ctx.storage.kv.delete(KEPT);
      this.#kept = false;
    }
  }
}
