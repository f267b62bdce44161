/**
 * Stand-ins for all services that the Worker calls, on one port and by their own protocols: OpenAI,
 * OpenRouter, Replicate, an identity provider and Neon's SQL over HTTP.
 */
import { Hono } from "hono";
import { recordCalls } from "./chaos/calls.ts";
import { controlRoutes } from "./chaos/control.ts";
import { identityRoutes } from "./identity/identity.ts";
import { openaiRoutes } from "./openai/openai.ts";
import { openrouterRoutes } from "./openrouter/openrouter.ts";
import { inputFetcher } from "./replicate/inputs.ts";
import { openPredictions } from "./replicate/predictions.ts";
import { deliveryRoutes, replicateRoutes } from "./replicate/replicate.ts";
import { uploadedFiles } from "./replicate/uploaded-files.ts";
import { openWebhookSender } from "./replicate/webhooks.ts";
import { newState, type SandboxState } from "./state.ts";
import { openStudio } from "./studio/studio.ts";
import { DropConnection, listen } from "./world/listen.ts";

/** The secret in .dev.vars.example. It may be public: it signs the sandbox's webhooks only. */
const WEBHOOK_SECRET = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC0wMDAwMDAwMDE=";

export interface SandboxOptions {
  /** 0: any free port. */
  port: number;
  host?: string;
  /** Answers Neon's HTTP SQL at /neon/sql; 404 without it. */
  database?: { handler: (request: Request) => Promise<Response> };
  /**
   * Folder of the identity provider's key. Without it each process has a new key, and older tokens are
   * invalid.
   */
  stateDir?: string;
  /** Milliseconds since 1970. */
  clock?: () => number;
  /** `whsec_` and base64. */
  webhookSecret?: string;
  /** The API key that each provider accepts; a provider without one here accepts any key. */
  keys?: SandboxState["keys"];
  /** Factor for waits: of models (1: about 0.3 s for an image) and between webhook tries. 0: no waits. */
  pace?: number;
}

export interface Sandbox {
  /** `http://host:port`. */
  url: string;
  webhookSecret: string;
  /** The ledger and the fault modes, which /_sandbox shows and changes too. */
  state: SandboxState;
  close(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port, host = "127.0.0.1", database, stateDir = null, clock = Date.now, pace = 1 } = options;
  const webhookSecret = options.webhookSecret ?? WEBHOOK_SECRET;
  const state = newState(clock, options.keys ?? {});
  const studio = openStudio();
  const courier = openWebhookSender(state, webhookSecret, pace);
  const files = uploadedFiles(state);
  const predictions = openPredictions({ state, studio, courier, fetchInput: inputFetcher(files), pace });
  const openrouter = openrouterRoutes(state);
  const reset = () => {
    predictions.reset();
    files.reset();
    openrouter.reset();
  };

  const app = new Hono()
    .use(recordCalls(clock, () => state.calls))
    .route("/openai/v1", openaiRoutes(state))
    .route("/openrouter/api/v1", openrouter.routes)
    .route("/replicate/delivery", deliveryRoutes(predictions))
    .route("/replicate/v1", replicateRoutes({ state, predictions, files, webhookSecret }))
    .route("/auth", await identityRoutes(stateDir, () => `${state.url}/auth`, clock))
    .route("/_sandbox", controlRoutes(state, reset))
    .all("/neon/sql", async (c) =>
      database ? database.handler(c.req.raw) : c.json({ message: "This sandbox has no database" }, 404),
    )
    .get("/", (c) => c.json({ name: "OMVEE sandbox", state: `${state.url}/_sandbox/state` }));
  app.onError((error) => {
    // Passed on to `listen`, which cuts the connection without an answer.
    if (error instanceof DropConnection) throw error;
    console.error(error);
    return Response.json({ detail: `The sandbox failed: ${error.message}` }, { status: 500 });
  });

  const server = await listen((request) => app.fetch(request), port, host);
  state.url = server.url;
  return {
    url: server.url,
    webhookSecret,
    state,
    async close() {
      courier.close();
      predictions.reset();
      studio.close();
      await server.close();
    },
  };
}
