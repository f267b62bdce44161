/**
 * The whole API in this process: real routes, operations and Postgres; bucket, queue and coordinators are
 * fakes that record.
 */
import { randomUUID } from "node:crypto";
import { createApi } from "../../src/app.ts";
import { parseConfig } from "../../src/config.ts";
import { connect, type Db } from "../../src/db/client.ts";
import { postgresKeys } from "../../src/db/idempotency.ts";
import { postgresReader } from "../../src/db/reader.ts";
import { postgresStore } from "../../src/db/store.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import { tokenVerifier } from "../../src/http/lib/auth.ts";
import type { Point } from "../../src/metrics.ts";
import type { Coordinator, TaskQueue, WakeUp } from "../../src/ports/work.ts";
import { memoryBucket } from "./bucket.ts";
import { fakeDeps, never } from "./deps.ts";
import { openPostgres } from "./postgres.ts";
import { AUDIENCE, ISSUER, identityProvider } from "./tokens.ts";

const PUBLIC_URL = "https://api.test";
export const FRONTEND = "https://app.test";
export const WEBHOOK_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

const variables = {
  DATABASE_URL: "postgresql://omvee:omvee@localhost/omvee",
  PUBLIC_URL,
  CORS_ORIGINS: FRONTEND,
  AUTH_JWKS_URL: "https://id.test/jwks.json",
  AUTH_ISSUER: ISSUER,
  AUTH_AUDIENCE: AUDIENCE,
  OPENAI_API_KEY: "sk-test",
  OPENROUTER_API_KEY: "sk-or-test",
  REPLICATE_API_TOKEN: "r8_test",
  REPLICATE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  CALLBACK_SECRET: "callback-secret-of-tests",
  OWNER_BUDGET_USD: "unlimited",
  DAILY_BUDGET_USD: "unlimited",
  S3_ENDPOINT: "https://bucket.test",
  S3_ACCESS_KEY_ID: "local",
  S3_SECRET_ACCESS_KEY: "local-secret",
};

/** The parsed JSON of a response. */
export const read = async (response: Response) => JSON.parse(await response.text());

export async function openApi(options: Parameters<typeof openPostgres>[0] = {}) {
  const postgres = await openPostgres(options);
  const config = parseConfig({ ...variables, DATABASE_FETCH_ENDPOINT: postgres.url });
  const bucket = memoryBucket();
  const calls: string[] = [];
  const sent: Parameters<TaskQueue["send"]>[0] = [];
  const received: { webhookId: string; news: WakeUp }[] = [];
  const points: Point[] = [];
  const coordinator = (id: string): Coordinator => ({
    wake: async () => void calls.push(`wake ${id}`),
    receive: async (webhookId, news) => void received.push({ webhookId, news }),
    destroy: async () => void calls.push(`destroy ${id}`),
    ping: async () => {},
    progress: never,
    issueTicket: async () => ({ ticket: "a1b2c3d4".repeat(6), expiresAt: new Date(Date.now() + 30_000) }),
    redeem: async () => {
      calls.push(`redeem ${id}`);
      return false;
    },
    connect: async () => {
      calls.push(`connect ${id}`);
      return new Response(null, { status: 200 });
    },
  });
  const db = connect(config.database.url, config.database.fetchEndpoint);
  const newId = () => uuidv7(Date.now());
  /** The parts over a database; tests put faults into it. */
  const databaseDeps = (over: Db) => ({
    store: postgresStore(over, { newId, ownerBudgetUsd: config.ownerBudgetUsd }),
    reader: postgresReader(over),
    keys: postgresKeys(over),
  });
  const deps = fakeDeps(config, {
    ...databaseDeps(db),
    newId,
    storage: bucket,
    queue: { send: async (wakeUps) => void sent.push(...wakeUps), ping: async () => {} },
    coordinator,
    log: (level, event) => void calls.push(`${level} ${event}`),
    metrics: (point) => void points.push(point),
  });
  const provider = await identityProvider();
  const verifyToken = tokenVerifier(config.auth, provider.keys);
  const api = createApi({ deps, verifyToken });

  /** A user with a token; `sub` is new unless given. */
  async function person(sub: string = randomUUID()) {
    const token = await provider.token(sub);
    const call = async (
      method: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => {
      const response = await api.request(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      });
      const answer = await response.clone().text();
      // Files of other types are given as text.
      const isJson = /json/.test(response.headers.get("content-type") ?? "application/json");
      return {
        response,
        status: response.status,
        json: answer && isJson ? JSON.parse(answer) : answer || null,
      };
    };
    const project = async (name = "Night Drive") => {
      const { json, status } = await call("POST", "/api/projects", { name });
      if (status !== 201) throw new Error(`No project: ${JSON.stringify(json)}`);
      return json;
    };
    return { sub, token, call, project };
  }

  return {
    api,
    db: postgres.db,
    databaseDeps,
    deps,
    bucket,
    calls,
    sent,
    received,
    points,
    provider,
    verifyToken,
    person,
    roundTrips: postgres.trips,
    close: postgres.close,
  };
}

export type Api = Awaited<ReturnType<typeof openApi>>;
export type Person = Awaited<ReturnType<Api["person"]>>;
