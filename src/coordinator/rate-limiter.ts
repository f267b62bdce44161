import { DurableObject } from "cloudflare:workers";
import { type RateLimit, rateLimitOf } from "../domain/models/rate-limits.ts";
import {
  type Door,
  enter,
  isAtRest,
  reopened,
  throttled,
  type Verdict,
  went,
} from "../domain/rate-limiter.ts";

const KEPT = "door";

/** What an operator wants to know of a door. */
export interface DoorReport {
  provider: string;
  /** Calls let through a minute, at most: now, and in good standing. */
  perMinute: number;
  nominalPerMinute: number;
  /** Callers that were told when to come back. */
  waiting: number;
  /** Milliseconds since the epoch; null while it is open. */
  closedUntil: number | null;
}

/**
 * One provider's paced door; the object's name is the provider. It is kept in memory, and on disk
 * while it is slowed or anybody waits: no eviction opens a closed door or loses a place.
 */
export class ProviderDoor extends DurableObject<Env> {
  readonly #provider: string;
  readonly #limit: RateLimit;
  #door: Door;
  #kept: boolean;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { name } = ctx.id;
    if (!name) throw new Error("A door is reached by its provider's name");
    this.#provider = name;
    this.#limit = rateLimitOf(name);
    const kept = ctx.storage.kv.get(KEPT);
    this.#kept = kept !== undefined;
    this.#door = reopened(kept, this.#limit, Date.now());
  }

  pass(key: string): Verdict {
    const { state, verdict } = enter(this.#door, key, Date.now());
    this.#keep(state);
    return verdict;
  }

  throttled(afterSeconds: number | null): void {
    this.#keep(throttled(this.#door, afterSeconds, Date.now()));
  }

  went(): void {
    this.#keep(went(this.#door, Date.now()));
  }

  state(): DoorReport {
    const { perMinute, places, closedUntil } = this.#door;
    return {
      provider: this.#provider,
      perMinute,
      nominalPerMinute: this.#limit.nominal.perMinute,
      waiting: places.length,
      closedUntil: closedUntil > Date.now() ? closedUntil : null,
    };
  }

  #keep(door: Door): void {
    if (door === this.#door) return;
    this.#door = door;
    if (!isAtRest(door)) {
      this.ctx.storage.kv.put(KEPT, door);
      this.#kept = true;
    } else if (this.#kept) {
      this.ctx.storage.kv.delete(KEPT);
      this.#kept = false;
    }
  }
}
