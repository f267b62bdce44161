import { type Config, parseConfig } from "./config.ts";
import { coordinatorOf } from "./coordinator/accessor.ts";
import { connect, type Db } from "./db/client.ts";
import { uuidv7 } from "./domain/ids.ts";
import { type Log, log } from "./log.ts";
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
  issueTicket(): Promise<FeedTicket>;
  /** Passes a WebSocket upgrade on; a `ticket` in its query is redeemed there, unless `trusted`. */
  connect(request: Request, trusted: boolean): Promise<Response>;
  progress(report: { jobId: string; taskId: string; fraction: number }): Promise<void>;
  /** Closes the sockets and forgets everything. */
  destroy(): Promise<void>;
  ping(): Promise<void>;
}

interface WakeUp {
  projectId: string;
  taskId: string;
  /** From a verified webhook: which prediction this attempt of the task became. */
  attempt?: number;
  predictionId?: string;
}

export interface TaskQueue {
  /** Sends wake-ups for tasks; losing one only costs time. */
  send(wakeUps: WakeUp[]): Promise<void>;
  ping(): Promise<void>;
}

export interface Deps {
  config: Config;
  db: Db;
  storage: Storage;
  providers: Providers;
  queue: TaskQueue;
  coordinator: (projectId: string) => Coordinator;
  now: () => Date;
  newId: () => string;
  log: Log;
}

const cache = new WeakMap<object, Deps>();

/** The real parts, made once for each isolate. Throws, naming the variable, where the configuration is wrong. */
export function fromEnv(env: Env): Deps {
  const made = cache.get(env);
  if (made) return made;
  const config = parseConfig(env);
  const deps: Deps = {
    config,
    db: connect(config.database.url, config.database.fetchEndpoint),
    // Without the binding (see wrangler.toml) the bucket is any S3.
    storage: env.BUCKET ? r2Storage(env.BUCKET, config.s3) : s3Storage(config.s3),
    providers: {
      transcriber: openaiTranscriber(config.openai),
      director: openrouterDirector({ ...config.openrouter, appUrl: config.publicUrl }),
      predictions: replicatePredictions(config.replicate),
    },
    queue: taskQueue(env.TASKS),
    coordinator: coordinatorOf(env.COORDINATOR),
    now: () => new Date(),
    newId: () => uuidv7(Date.now()),
    log,
  };
  cache.set(env, deps);
  return deps;
}
