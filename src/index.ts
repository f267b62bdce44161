import { env as atStart } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { pruneIdempotencyKeys } from "./db/idempotency.ts";
import { fromEnv } from "./deps.ts";
import { consume } from "./pipeline/consumer.ts";
import { bury } from "./pipeline/dead-letters.ts";
import { sweep } from "./pipeline/sweep.ts";

export { ProviderDoor } from "./coordinator/door.ts";
export { ProjectCoordinator } from "./coordinator/object.ts";

// A wrong configuration fails here, at the start, and not at somebody's request.
fromEnv(atStart);

const app = createApp();

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env) => (batch.queue.endsWith("-dead") ? bury : consume)(batch, fromEnv(env)),
  scheduled: async (_controller, env) => {
    const deps = fromEnv(env);
    await Promise.all([sweep(deps), pruneIdempotencyKeys(deps.db)]);
  },
} satisfies ExportedHandler<Env>;
