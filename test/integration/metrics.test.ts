import { NeonDbError } from "@neondatabase/serverless";
import { DrizzleQueryError } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApi } from "../../src/app.ts";
import type { Log } from "../../src/log.ts";
import { analytics, type Point, requestPoint, taskPoint } from "../../src/metrics.ts";
import { Unavailable } from "../../src/ports/errors.ts";
import { type Api, FRONTEND, openApi, WEBHOOK_SECRET } from "../support/api.ts";

describe("the dataset", () => {
  const point: Point = {
    kind: "request",
    index: "/health",
    blobs: ["GET", "/health", "2xx", ""],
    doubles: [3],
  };
  const written = (point: Point) => {
    const points: AnalyticsEngineDataPoint[] = [];
    analytics({ writeDataPoint: (p) => void points.push(p ?? {}) })(point);
    return points;
  };

  test("gets the kind of a point as the first blob", () => {
    expect(written(point)).toEqual([
      { indexes: ["/health"], blobs: ["request", "GET", "/health", "2xx", ""], doubles: [3] },
    ]);
  });

  test("gets no longer index or blob than it takes", () => {
    const [long] = written({ ...point, index: "x".repeat(200), blobs: Array(10).fill("y".repeat(100_000)) });
    expect(long?.indexes).toEqual(["x".repeat(96)]);
    expect(long?.blobs?.join("").length).toBeLessThan(16_000);
  });

  test("may be missing, and may fail: writing a point does not throw", () => {
    const broken = {
      writeDataPoint() {
        throw new Error("You have exceeded the number of data points");
      },
    };
    expect(() => analytics(undefined)(point)).not.toThrow();
    expect(() => analytics(broken)(point)).not.toThrow();
  });
});

describe("the columns, which queries name by their position", () => {
  test("of a request", () => {
    const asked = { method: "GET", route: "/api/projects", status: 503, milliseconds: 12 };
    expect(requestPoint({ ...asked, problem: "unavailable", bytes: 240 })).toEqual({
      kind: "request",
      index: "/api/projects",
      blobs: ["GET", "/api/projects", "5xx", "unavailable"],
      doubles: [12, 503, 240],
    });
    expect(requestPoint({ ...asked, route: null, status: 101, problem: null, bytes: null })).toEqual({
      kind: "request",
      index: "unmatched",
      blobs: ["GET", "unmatched", "1xx", ""],
      doubles: [12, 101, -1],
    });
  });

  test("of a task", () => {
    const task = {
      type: "generate_clips" as const,
      provider: "replicate",
      model: "bytedance/seedance-1-lite",
      projectId: "0198c0de-0000-7000-8000-000000000001",
      attempt: 2,
      claimedAt: new Date("2026-11-22T10:00:00.000Z"),
    };
    const ran = { kind: "declined", failureCode: "provider_refused", spentUsd: 0.18, deliveries: 3 };
    const now = new Date("2026-11-22T10:00:01.500Z");
    expect(taskPoint({ task, ...ran, now })).toEqual({
      kind: "task",
      index: "generate_clips",
      blobs: [
        "generate_clips",
        "replicate",
        "bytedance/seedance-1-lite",
        "declined",
        "provider_refused",
        task.projectId,
      ],
      doubles: [1_500, 2, 0.18, 3],
    });
    const local = { ...task, provider: null, model: null, claimedAt: null };
    expect(taskPoint({ task: local, ...ran, failureCode: null, now })).toMatchObject({
      blobs: ["generate_clips", "", "", "declined", "", task.projectId],
      doubles: [0, 2, 0.18, 3],
    });
  });
});

let api: Api;
/** Every line of the log, as it would be printed. */
let lines: string[] = [];
let points: Point[] = [];
const log: Log = (level, event, fields) => void lines.push(JSON.stringify({ level, event, ...fields }));
let measured: ReturnType<typeof createApi>;
beforeAll(async () => {
  api = await openApi();
  const { deps, verifyToken } = api;
  measured = createApi({
    deps: {
      ...deps,
      log,
      metrics: (point) => void points.push(point),
    },
    verifyToken,
  });
}, 60_000);
afterAll(() => api.close());
beforeEach(() => {
  lines = [];
  points = [];
});

/** A part that fails whenever it is used. */
const failing = <T extends object>(part: T, error: Error): T =>
  new Proxy(part, {
    get() {
      throw error;
    },
  });

const ID = "0198c0de-0000-7000-8000-000000000001";

describe("every request", () => {
  test.each<[string, string, RequestInit, string[], number]>([
    ["that succeeds", "/", {}, ["GET", "/", "2xx", ""], 200],
    ["for a page", "/docs", {}, ["GET", "/docs", "2xx", ""], 200],
    [
      "without a token, to a known route",
      `/api/projects/${ID}/scenes`,
      {},
      ["GET", "/api/projects/:project_id/scenes", "4xx", "unauthenticated"],
      401,
    ],
    [
      "to no route: its path is not recorded",
      "/wp-login.php?a=1",
      {},
      ["GET", "unmatched", "4xx", "not_found"],
      404,
    ],
    [
      "with a method that is not offered",
      "/docs",
      { method: "DELETE" },
      ["DELETE", "unmatched", "4xx", "method_not_allowed"],
      405,
    ],
    [
      "of a browser's preflight",
      "/api/projects",
      { method: "OPTIONS", headers: { origin: FRONTEND, "access-control-request-method": "POST" } },
      ["OPTIONS", "unmatched", "2xx", ""],
      204,
    ],
    [
      "for the feed, which is mounted before other middleware",
      `/api/projects/${ID}/feed`,
      {},
      ["GET", "/api/projects/:project_id/feed", "4xx", "upgrade_required"],
      426,
    ],
    [
      "with a forged webhook",
      `/webhooks/replicate/${ID}/${ID}/1?t=x`,
      { method: "POST", body: "{}", headers: { "content-type": "application/json" } },
      ["POST", "/webhooks/replicate/:project_id/:task_id/:attempt", "4xx", "webhook_forged"],
      401,
    ],
  ])("%s is one point and one line", async (_, path, init, blobs, status) => {
    const response = await measured.request(path, init);
    expect(response.status).toBe(status);
    expect(points).toEqual([
      { kind: "request", index: blobs[1], blobs, doubles: [expect.any(Number), status, expect.any(Number)] },
    ]);
    const requests = lines.map((line) => JSON.parse(line)).filter((line) => line.event === "request");
    expect(requests).toEqual([
      expect.objectContaining({
        level: "info",
        method: blobs[0],
        route: blobs[1] === "unmatched" ? null : blobs[1],
        status,
        ms: expect.any(Number),
        request_id: response.headers.get("x-request-id"),
      }),
    ]);
  });

  test("takes as long as the clock says", async () => {
    let at = 0;
    const now = () => {
      at += 7;
      return new Date(at);
    };
    const { deps, verifyToken } = api;
    const metrics = (point: Point) => void points.push(point);
    const clocked = createApi({ deps: { ...deps, metrics, now }, verifyToken });
    await clocked.request("/nope");
    expect(points[0]?.doubles[0]).toBe(7);
  });

  test("names its project where the route has one, and the value is an id", async () => {
    await measured.request(`/api/projects/${ID}`);
    await measured.request("/api/projects/sk-or-v1-something");
    await measured.request("/");
    const project = (line: string) => JSON.parse(line).project;
    expect(lines.map(project)).toEqual([ID, undefined, undefined]);
  });

  test("that fails by a bug is measured all the same", async () => {
    const { deps, verifyToken } = api;
    const metrics = (point: Point) => void points.push(point);
    const reader = failing(deps.reader, new TypeError("x is not a function"));
    const broken = createApi({ deps: { ...deps, reader, metrics }, verifyToken });
    const { token } = await api.person();
    const response = await broken.request("/api/projects", { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(500);
    expect(points[0]?.blobs).toEqual(["GET", "/api/projects", "5xx", "internal"]);
  });
});

describe("no line of the log", () => {
  /** What only the caller and we may know, and a person's contents. */
  const SECRETS = {
    query: "query-of-a-stranger",
    ticket: "ticket-0f1e2d3c",
    callback: "callback-token-77",
    signature: "v1,c2lnbmF0dXJl",
    body: "lyrics that nobody else has heard",
    statement: "select * from projects where name = $1",
  };
  const json = { "content-type": "application/json" };

  test("has a token, a query, a body or a secret of ours in it, whatever goes wrong", async () => {
    const ada = await api.person();
    const authorization = `Bearer ${ada.token}`;
    const own = (headers: Record<string, string> = {}) => ({ headers: { authorization, ...headers } });
    const without = (error: Error) => {
      const reader = failing(api.deps.reader, error);
      const store = failing(api.deps.store, error);
      return createApi({ deps: { ...api.deps, reader, store, log }, verifyToken: api.verifyToken });
    };
    const stated = (cause: Error) => new DrizzleQueryError(SECRETS.statement, [SECRETS.body], cause);
    const constraint = Object.assign(new NeonDbError("violates check constraint"), { code: "23514" });
    const silence = Object.assign(new NeonDbError("Error connecting to database: TypeError: fetch failed"), {
      sourceError: new TypeError("fetch failed"),
    });
    const project = { name: SECRETS.body };
    const statuses = await Promise.all(
      [
        measured.request(`/?${SECRETS.query}`),
        measured.request(`/api/projects?cursor=${SECRETS.query}`, own()),
        measured.request(`/api/projects?limit=${SECRETS.query}`, own()),
        measured.request("/api/projects", { headers: { authorization: `${authorization}x` } }),
        measured.request("/api/projects", {
          method: "POST",
          body: `{"name": "${SECRETS.body}`,
          ...own(json),
        }),
        measured.request("/api/projects", {
          method: "POST",
          body: JSON.stringify({ [SECRETS.body]: 1 }),
          ...own(json),
        }),
        measured.request(`/api/projects/${ID}/feed?ticket=${SECRETS.ticket}`, {
          headers: { upgrade: "websocket" },
        }),
        measured.request(`/webhooks/replicate/${ID}/${ID}/1?t=${SECRETS.callback}`, {
          method: "POST",
          body: JSON.stringify({ id: "x", input: { prompt: SECRETS.body } }),
          headers: { ...json, "webhook-signature": SECRETS.signature },
        }),
        measured.request(`/${SECRETS.query}?${SECRETS.query}`),
        without(stated(constraint)).request(`/api/projects?${SECRETS.query}`, own()),
        without(new Unavailable("no answer", { cause: stated(silence) })).request("/api/projects", {
          method: "POST",
          body: JSON.stringify(project),
          ...own(json),
        }),
      ].map(async (response) => (await response).status),
    );
    expect(statuses).toEqual([200, 400, 400, 401, 400, 400, 401, 401, 404, 500, 503]);
    expect(lines.filter((line) => JSON.parse(line).event === "request")).toHaveLength(statuses.length);
    expect(lines.some((line) => line.includes("uncaught"))).toBe(true);

    const { config } = api.deps;
    const forbidden = [
      ...Object.values(SECRETS),
      ada.token,
      "Bearer",
      config.database.url,
      config.openai.apiKey,
      config.openrouter.apiKey,
      config.replicate.token,
      config.callbackSecret,
      config.s3.secretAccessKey,
      WEBHOOK_SECRET,
    ];
    for (const line of lines) for (const secret of forbidden) expect(line).not.toContain(secret);
    for (const line of lines) expect(line).not.toMatch(/\?\w/);
  });
});
