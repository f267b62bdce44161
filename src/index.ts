import { env as atStart } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { fromEnv } from "./deps.ts";
import { consume } from "./pipeline/consumer.ts";
import { bury } from "./pipeline/dead-letters.ts";
import { sweep } from "./pipeline/sweep.ts";

export { ProjectCoordinator } from "./coordinator/object.ts";

// A wrong configuration fails here, at the start, and not at somebody's request.
fromEnv(atStart);

const app = createApp();

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env) => (batch.queue.endsWith("-dead") ? bury : consume)(batch, fromEnv(env)),
  scheduled: (_controller, env) => sweep(fromEnv(env)),
} satisfies ExportedHandler<Env>;
