import { type Config, parseConfig } from "./config.ts";
import { coordinatorOf } from "./coordinator/accessor.ts";
import { rateLimitersOf } from "./coordinator/rate-limiters.ts";
import { connect, type Db } from "./db/client.ts";
import { postgresStore, type Store } from "./db/store.ts";
import { uuidv7 } from "./domain/record/ids.ts";
import { type Log, log } from "./log.ts";
import { type Media, mediaOf } from "./media/port.ts";
import { codecs } from "./media/wasm/modules.ts";
import { analytics, type Metrics } from "./metrics.ts";
import { type HeavyGate, isolateGate } from "./pipeline/heavy-gate.ts";
import { taskQueue } from "./pipeline/queue.ts";
import { openaiTranscriber } from "./providers/openai.ts";
import { openrouterDirector } from "./providers/openrouter.ts";
import type { Providers } from "./providers/ports.ts";
import { replicatePredictions } from "./providers/replicate.ts";
import type { Storage } from "./storage/port.ts";
import { r2Storage } from "./storage/r2.ts";
import { s3Storage } from "./storage/s3.ts";

/** What a browser puts into the query of its WebSocket, which can't carry an Authorization header. */
export interface FeedTicket {
  /** Good for one connection. */
  ticket: string;
  expiresAt: Date;
}

/** The Durable Object of one project. Calls reject where it can't be reached after a few tries. */
export interface Coordinator {
  /**
   * Asks it to read the record and do what is next. Resolves once the wake-up can't be lost; the work goes on
   * after that. Safe to repeat.
   */
  wake(): Promise<void>;
  /**
   * Takes the wake-up of a verified webhook. Resolves once it is in the queue. The same `webhookId` again,
   * within a week, does nothing.
   */
  receive(webhookId: string, wakeUp: WakeUp): Promise<void>;
  issueTicket(): Promise<FeedTicket>;
  /**
   * Opens the feed's WebSocket: 101, or 401 where the `ticket` in the query is unknown, used or expired.
   * `trusted`: the caller has checked who asks, and no ticket is needed.
   */
  connect(request: Request, trusted: boolean): Promise<Response>;
  /** Sends a task's progress (`fraction`: 0 to 1) to the open sockets. It is not stored. */
  progress(report: { jobId: string; taskId: string; fraction: number }): Promise<void>;
  /** For a deleted project: closes the sockets and deletes all that is stored. Safe to repeat. */
  destroy(): Promise<void>;
  /** Resolves where the object and its storage answer. */
  ping(): Promise<void>;
}

/** Asks the consumer to claim a task. */
export interface WakeUp {
  projectId: string;
  taskId: string;
  /** The project's owner: the consumer needs it to delete the files of a project that was deleted. */
  ownerId?: string;
  /** The task may begin heavy work, so the message goes into the queue of heavy work. Absent: it does not. */
  heavy?: boolean;
  /** How often the message found the heavy gate taken and was requeued. Absent: never. */
  requeues?: number;
  /**
   * Only from a verified webhook: the attempt (from 1) that it is about, and the prediction of that attempt.
   */
  attempt?: number;
  predictionId?: string;
}

/** The two queues of task messages, one of them for heavy work. */
export interface TaskQueue {
  /**
   * Sends wake-ups, to be delivered after `afterSeconds` (a whole number; 0 where absent). Rejects where the
   * queue can't be reached. A wake-up that is lost costs time only: the plan sends another one.
   */
  send(wakeUps: WakeUp[], afterSeconds?: number): Promise<void>;
  /** Resolves where both queues answer. */
  ping(): Promise<void>;
}

/** The rate limiters of all providers. One that can't be reached lets every caller go. */
export interface RateLimiters {
  /**
   * Acquires a slot for one call. `go`: call the provider now, and where `probing` is true report a success
   * by `reportSuccess`. `wait`: send nothing, and acquire again with the same `key` in `afterMs`
   * milliseconds; until then the caller keeps its slot in the queue. May take a few seconds itself, where the
   * slot is that near.
   */
  acquire(
    provider: string,
    key: string,
  ): Promise<{ kind: "go"; probing: boolean } | { kind: "wait"; afterMs: number }>;
  /**
   * The provider answered 429: blocks all callers for a time and lowers the rate. `afterSeconds` is the wait
   * that the provider asked for, null where it named none.
   */
  penalize(provider: string, afterSeconds: number | null): Promise<void>;
  /** The provider took a call that was let go while the rate limiter was probing. */
  reportSuccess(provider: string): Promise<void>;
}

/** The parts that the code works with. `fromEnv` makes the real ones; tests bring their own. */
export interface Deps {
  config: Config;
  /** For lists, health and idempotency keys; everything else goes through `store`. */
  db: Db;
  store: Store;
  storage: Storage;
  providers: Providers;
  media: Media;
  rateLimiters: RateLimiters;
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

const cache = new WeakMap<object, Deps>();

/**
 * The real parts, made once for each isolate. Throws where a variable is missing or malformed, and names it.
 */
export function fromEnv(env: Env): Deps {
  const made = cache.get(env);
  if (made) return made;
  const config = parseConfig(env);
  const db = connect(config.database.url, config.database.fetchEndpoint);
  const newId = () => uuidv7(Date.now());
  const deps: Deps = {
    config,
    db,
    store: postgresStore(db, { newId, ownerBudgetUsd: config.ownerBudgetUsd }),
    // Without the binding BUCKET in wrangler.toml, the bucket is reached over S3.
    storage: env.BUCKET ? r2Storage(env.BUCKET, config.s3) : s3Storage(config.s3),
    providers: {
      transcriber: openaiTranscriber(config.openai),
      director: openrouterDirector({ ...config.openrouter, appUrl: config.publicUrl }),
      predictions: replicatePredictions(config.replicate),
    },
    media: mediaOf(codecs),
    rateLimiters: rateLimitersOf(env.RATE_LIMITERS, log),
    queue: taskQueue(env.TASKS, env.HEAVY_TASKS),
    gate: isolateGate,
    coordinator: coordinatorOf(env.COORDINATOR),
    now: () => new Date(),
    newId,
    random: Math.random,
    every: (milliseconds, work) => {
      const timer = setInterval(work, milliseconds);
      return { stop: () => clearInterval(timer) };
    },
    log,
    metrics: analytics(env.METRICS),
  };
  cache.set(env, deps);
  return deps;
}
