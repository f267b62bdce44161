/** Everything that the code works with. */
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Media } from "../media/port.ts";
import type { Metrics } from "../metrics.ts";
import type { Providers, Webhooks } from "./providers.ts";
import type { Storage } from "./storage.ts";
import type { IdempotencyKeys, Reader, Store } from "./store.ts";
import type { Coordinator, HeavyGate, RateLimiters, RequestLimits, TaskQueue } from "./work.ts";

/** The parts that the code works with. `fromEnv` makes the real ones; tests bring their own. */
export interface Deps {
  config: Config;
  /** The record, and every write. */
  store: Store;
  /** What the API reads. */
  reader: Reader;
  keys: IdempotencyKeys;
  /** As the reader's, up to half a minute old. */
  spentToday: () => Promise<number>;
  storage: Storage;
  providers: Providers;
  webhooks: Webhooks;
  media: Media;
  rateLimiters: RateLimiters;
  requestLimits: RequestLimits;
  queue: TaskQueue;
  gate: HeavyGate;
  coordinator: (projectId: string) => Coordinator;
  /**
   * This machine's clock: for addresses and tickets that expire, alarms, and durations. What happens to a
   * task is decided by the database's clock.
   */
  now: () => Date;
  /** A new UUID of version 7, which sorts by the time when it was made. */
  newId: () => string;
  /** From 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  /** Calls `work` every `milliseconds`, not at once, until stopped. `work` must not reject. */
  every: (milliseconds: number, work: () => Promise<void>) => { stop: () => void };
  log: Log;
  metrics: Metrics;
}
