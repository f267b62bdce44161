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

/** What a browser's WebSocket presents in place of a header: single use, short-lived. */
export interface FeedTicket {
  ticket: string;
  expiresAt: Date;
}

/** The Durable Object of one project, as everybody else sees it. */
export interface Coordinator {
  /** Look at the record and do what is next. Safe to call at any time, any number of times. */
  wake(): Promise<void>;
  /** Takes a verified webhook's news, once for each id within a week: when it returns, they can't be lost. */
  receive(webhookId: string, news: WakeUp): Promise<void>;
  issueTicket(): Promise<FeedTicket>;
  /** Passes a WebSocket upgrade on; a `ticket` in its query is redeemed there, unless `trusted`. */
  connect(request: Request, trusted: boolean): Promise<Response>;
  progress(report: { jobId: string; taskId: string; fraction: number }): Promise<void>;
  /** Closes the sockets and forgets everything. */
  destroy(): Promise<void>;
  ping(): Promise<void>;
}

export interface WakeUp {
  projectId: string;
  taskId: string;
  /** Whose files are cleared away where the project turns out to be deleted. */
  ownerId?: string;
  /** It may begin heavy work: it goes by the queue of that. */
  heavy?: boolean;
  /** How often it found the gate of heavy work taken. */
  requeues?: number;
  /** From a verified webhook: which prediction this attempt of the task became. */
  attempt?: number;
  predictionId?: string;
}

export interface TaskQueue {
  /** Sends wake-ups for tasks, to arrive `afterSeconds` from now (a whole number, 0); losing one only costs time. */
  send(wakeUps: WakeUp[], afterSeconds?: number): Promise<void>;
  ping(): Promise<void>;
}

/** One paced rate limiter for each provider: whoever is told to wait comes back then, and is let through. */
export interface RateLimiters {
  /** `key` names who asks: told to wait, the same key finds its place kept. `probing`: report with `went`. */
  acquire(
    provider: string,
    key: string,
  ): Promise<{ kind: "go"; probing: boolean } | { kind: "wait"; afterMs: number }>;
  /** The provider said that it takes no more for now: the rate limiter closes for everybody. */
  penalize(provider: string, afterSeconds: number | null): Promise<void>;
  /** A call behind a probing rate limiter was taken. */
  reportSuccess(provider: string): Promise<void>;
}

export interface Deps {
  config: Config;
  /** For reading pages; everything else goes through the store. */
  db: Db;
  store: Store;
  storage: Storage;
  providers: Providers;
  media: Media;
  rateLimiters: RateLimiters;
  queue: TaskQueue;
  gate: HeavyGate;
  coordinator: (projectId: string) => Coordinator;
  /** This machine's clock: for addresses that expire and for how long something took, never for decisions. */
  now: () => Date;
  newId: () => string;
  /** 0 to 1. */
  random: () => number;
  /** Does it again and again until stopped. */
  every: (milliseconds: number, work: () => Promise<void>) => { stop: () => void };
  log: Log;
  metrics: Metrics;
}

const cache = new WeakMap<object, Deps>();

/** The real parts, made once for each isolate. Throws, naming the variable, where the configuration is wrong. */
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
    // Without the binding (see wrangler.toml) the bucket is any S3.
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
