/** The Worker's entry: HTTP requests, queue messages, the schedule, and the Durable Objects' classes. */
import { env as startupEnv } from "cloudflare:workers";
import { createApi } from "./app.ts";
import { fromEnv } from "./deps.ts";
import { tokenVerifier } from "./http/lib/auth.ts";
import { consume } from "./pipeline/consumer.ts";
import { handleDeadLetters } from "./pipeline/dead-letters.ts";
import { deleteUnneeded } from "./pipeline/deletions.ts";
import { sweep } from "./pipeline/sweep.ts";

export { ProjectCoordinator } from "./coordinator/project-coordinator.ts";
export { ProviderRateLimiter } from "./coordinator/rate-limiter.ts";

// A wrong configuration fails here, when an isolate starts, and not in a person's request.
fromEnv(startupEnv);

/** Made once for each isolate. */
const apis = new WeakMap<Env, ReturnType<typeof createApi>>();

function apiOf(env: Env): ReturnType<typeof createApi> {
  const deps = fromEnv(env);
  const api = apis.get(env) ?? createApi({ deps, verifyToken: tokenVerifier(deps.config.auth) });
  apis.set(env, api);
  return api;
}

export default {
  fetch: (request, env, ctx) => apiOf(env).fetch(request, env, ctx),
  queue: (batch, env) => (batch.queue.endsWith("-dead") ? handleDeadLetters : consume)(batch, fromEnv(env)),
  scheduled: async (_controller, env) => {
    const deps = fromEnv(env);
    await Promise.all([sweep(deps), deleteUnneeded(deps), deps.keys.prune()]);
  },
} satisfies ExportedHandler<Env>;
