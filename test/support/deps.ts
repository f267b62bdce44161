/** Everything that the code works with, for tests: parts that a test does not bring refuse every call. */
import type { Config } from "../../src/config.ts";
import { connect } from "../../src/db/client.ts";
import { postgresKeys } from "../../src/db/idempotency.ts";
import { postgresReader } from "../../src/db/reader.ts";
import { postgresStore } from "../../src/db/store.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import { mediaOf } from "../../src/media/port.ts";
import { newHeavyGate } from "../../src/pipeline/heavy-gate.ts";
import type { Deps } from "../../src/ports/deps.ts";
import { webhooksOf } from "../../src/providers/webhook.ts";
import { memoryBucket } from "./bucket.ts";
import { codecs } from "./codecs.ts";

/** Rejects: the code under test must not make this call. */
export const never = () => Promise.reject(new Error("The test brings no part for this call"));

/** The only place of the tests where all parts are listed. `given` replaces them. */
export function fakeDeps(config: Config, given: Partial<Omit<Deps, "config">>): Deps {
  const newId = given.newId ?? (() => uuidv7(Date.now()));
  const db = () => connect(config.database.url, config.database.fetchEndpoint);
  return {
    config,
    // The simulation asks for the parts very often: make none that it brings itself.
    store: given.store ?? postgresStore(db(), { newId, ownerBudgetUsd: config.ownerBudgetUsd }),
    reader: given.reader ?? postgresReader(db()),
    keys: given.keys ?? postgresKeys(db()),
    storage: given.storage ?? memoryBucket(),
    providers: {
      transcriber: { transcribe: never },
      director: { proposeScenes: never, writePrompt: never, softenPrompt: never },
      predictions: { create: never, get: never, find: never, cancel: never, openOutput: never },
    },
    webhooks:
      given.webhooks ??
      webhooksOf({
        webhookSecrets: config.replicate.webhookSecrets,
        callbackSecret: config.callbackSecret,
      }),
    media: given.media ?? mediaOf(codecs),
    rateLimiters: { acquire: never, penalize: never, reportSuccess: never },
    spentToday: async () => 0,
    requestLimits: { admit: async () => true },
    queue: { send: never, ping: never },
    gate: given.gate ?? newHeavyGate(),
    coordinator: () => ({
      wake: never,
      receive: never,
      progress: never,
      issueTicket: never,
      redeem: never,
      connect: never,
      destroy: never,
      ping: never,
    }),
    now: () => new Date(),
    newId,
    random: Math.random,
    every: () => ({ stop: () => {} }),
    log: () => {},
    metrics: () => {},
    ...given,
  };
}
