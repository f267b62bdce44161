/** The real parts: the one file that knows every adapter. */
import { parseConfig } from "./config.ts";
import { coordinatorOf } from "./coordinator/accessor.ts";
import { rateLimitersOf } from "./coordinator/rate-limiters.ts";
import { connect } from "./db/client.ts";
import { postgresKeys } from "./db/idempotency.ts";
import { postgresReader } from "./db/reader.ts";
import { postgresStore } from "./db/store.ts";
import { uuidv7 } from "./domain/record/ids.ts";
import { log } from "./log.ts";
import { mediaOf } from "./media/port.ts";
import { codecs } from "./media/wasm/modules.ts";
import { analytics } from "./metrics.ts";
import { isolateGate } from "./pipeline/heavy-gate.ts";
import { taskQueue } from "./pipeline/queue.ts";
import type { Deps } from "./ports/deps.ts";
import { openaiTranscriber } from "./providers/openai.ts";
import { openrouterDirector } from "./providers/openrouter.ts";
import { replicatePredictions } from "./providers/replicate.ts";
import { webhooksOf } from "./providers/webhook.ts";
import { requestLimitsOf } from "./request-limits.ts";
import { sharedFor } from "./retry.ts";
import { r2Storage } from "./storage/r2.ts";
import { s3Storage } from "./storage/s3.ts";

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
  const reader = postgresReader(db);
  const deps: Deps = {
    config,
    reader,
    spentToday: sharedFor(30_000, Date.now, () => reader.spentToday()),
    keys: postgresKeys(db),
    store: postgresStore(db, { newId, ownerBudgetUsd: config.ownerBudgetUsd }),
    // Without the binding BUCKET in wrangler.toml, the bucket is reached over S3.
    storage: env.BUCKET ? r2Storage(env.BUCKET, config.s3) : s3Storage(config.s3),
    providers: {
      transcriber: openaiTranscriber(config.openai),
      director: openrouterDirector({ ...config.openrouter, appUrl: config.publicUrl }),
      predictions: replicatePredictions(config.replicate),
    },
    webhooks: webhooksOf({
      webhookSecrets: config.replicate.webhookSecrets,
      callbackSecret: config.callbackSecret,
    }),
    media: mediaOf(codecs),
    rateLimiters: rateLimitersOf(env.RATE_LIMITERS, log),
    requestLimits: requestLimitsOf({ owner: env.OWNER_REQUESTS, address: env.ADDRESS_REQUESTS }, log),
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
