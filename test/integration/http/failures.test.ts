import { NeonDbError } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ERRORS, INPUT_ERRORS } from "../../../src/domain/record/errors.ts";
import { FAILURES, SONG_REFUSALS } from "../../../src/domain/record/failure-codes.ts";
import { healthRoutes } from "../../../src/http/health.ts";
import { Unavailable, WriteUnconfirmed } from "../../../src/ports/errors.ts";
import { type Api, openApi, read } from "../../support/api.ts";
import { Document, parserOf } from "../../support/document.ts";

let api: Api;
let Problem: z.ZodType;
beforeAll(async () => {
  api = await openApi();
  const document = Document.parse(await read(await api.api.request("/openapi.json")));
  Problem = parserOf(document, document.components.schemas.Problem);
}, 60_000);
afterAll(() => api.close());

/** Runs a request while every call of one part throws `error`. */
async function whileBroken<T>(
  part: "reader" | "storage" | "queue" | "coordinator",
  error: Error,
  work: () => Promise<T>,
) {
  const whole = api.deps[part];
  const broken = new Proxy(() => {}, {
    get: () => () => {
      throw error;
    },
    apply: () => {
      throw error;
    },
  });
  Reflect.set(api.deps, part, broken);
  try {
    return await work();
  } finally {
    Reflect.set(api.deps, part, whole);
  }
}

describe("every error response is a problem", () => {
  const json = { "content-type": "application/json" };
  test.each<[string, string, RequestInit, number, string]>([
    ["an unknown path", "/nope", {}, 404, "not_found"],
    ["an unknown path of the API", "/api/nope", {}, 404, "not_found"],
    ["a path that is badly escaped", "/api/projects/%zz", {}, 404, "not_found"],
    ["a trailing slash", "/api/projects/", {}, 404, "not_found"],
    ["an unknown method", "/api/projects", { method: "PROPFIND" }, 405, "method_not_allowed"],
    ["a method that is not offered", "/health", { method: "POST" }, 405, "method_not_allowed"],
    ["malformed JSON", "/api/projects", { method: "POST", headers: json, body: "{" }, 400, "malformed_json"],
    ["an empty body", "/api/projects", { method: "POST", headers: json, body: "" }, 400, "malformed_json"],
    [
      "JSON that is not UTF-8",
      "/api/projects",
      {
        method: "POST",
        headers: json,
        body: Uint8Array.from([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')]),
      },
      400,
      "malformed_json",
    ],
    ["no body", "/api/projects", { method: "POST" }, 400, "invalid_request"],
    [
      "JSON that is not an object",
      "/api/projects",
      { method: "POST", headers: json, body: "7" },
      400,
      "invalid_request",
    ],
    [
      "a form",
      "/api/projects",
      { method: "POST", body: new URLSearchParams("name=x") },
      415,
      "unsupported_media_type",
    ],
    [
      "bytes of no type",
      "/api/projects",
      { method: "POST", body: new Uint8Array(3) },
      415,
      "unsupported_media_type",
    ],
    ["no token", "/api/projects", { headers: { authorization: "" } }, 401, "unauthenticated"],
  ])("%s", async (_, path, init, status, code) => {
    const { token } = await api.person();
    const response = await api.api.request(path, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = z.looseObject({ code: z.string(), request_id: z.string() }).parse(await read(response));
    Problem.parse(problem);
    expect(problem.code).toBe(code);
    expect(problem.request_id).toBe(response.headers.get("x-request-id"));
  });

  test("a body that grows too large while it is read is cut off", async () => {
    const { token } = await api.person();
    const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (++sent > 100) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const response = await api.api.request("/api/projects", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body,
      duplex: "half",
    } as RequestInit);
    expect([response.status, (await read(response)).code]).toEqual([413, "payload_too_large"]);
    expect(sent).toBeLessThan(20);
  });

  test("the caller's own request id is kept where it is valid", async () => {
    const ids = await Promise.all(
      ["trace-1", "a b", "x".repeat(300)].map(async (id) => {
        const response = await api.api.request("/nope", { headers: { "x-request-id": id } });
        return (await read(response)).request_id;
      }),
    );
    expect(ids[0]).toBe("trace-1");
    expect(ids.slice(1)).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
  });
});

describe("what breaks inside", () => {
  test("is logged under the request's id and not shown", async () => {
    const ada = await api.person();
    const error = new Error("password=hunter2 at /srv/app.ts:7");
    const { status, json, response } = await whileBroken("reader", error, () =>
      ada.call("GET", "/api/projects"),
    );
    expect([status, json.code]).toEqual([500, "internal"]);
    expect(JSON.stringify(json)).not.toMatch(/hunter2|srv/);
    expect(api.calls).toContain("error uncaught");
    expect(response.headers.get("access-control-expose-headers")).toContain("X-Request-Id");
  });

  test.each<[string, Error, number, string]>([
    ["an outage", new Unavailable("Postgres can't be reached"), 503, "unavailable"],
    ["a write whose answer was lost", new WriteUnconfirmed("no answer"), 503, "write_unconfirmed"],
    [
      "a broken constraint",
      Object.assign(new NeonDbError("so says Postgres"), { code: "23514" }),
      500,
      "internal",
    ],
    ["a defect", new TypeError("x is not a function"), 500, "internal"],
  ])("%s is answered as such", async (_, error, expected, code) => {
    const ada = await api.person();
    const { status, json, response } = await whileBroken("reader", error, () =>
      ada.call("GET", "/api/projects"),
    );
    expect([status, json.code]).toEqual([expected, code]);
    expect(response.headers.get("retry-after")).toBe(expected === 503 ? "2" : null);
  });
});

describe("health", () => {
  test("asks every part", async () => {
    const health = healthRoutes(api.deps);
    const { result, trips } = await api.roundTrips(async () => health.request("/health"));
    expect([result.status, trips]).toEqual([200, 1]);
    const { status, checks } = await read(result);
    expect(status).toBe("ok");
    expect(Object.keys(checks).sort()).toEqual(["bucket", "coordinator", "database", "queue"]);
  });

  test.each(["reader", "storage", "queue", "coordinator"] as const)(
    "names %s when it is down, and the others as well",
    async (part) => {
      const response = await whileBroken(part, new Error("connect ECONNREFUSED 10.0.0.7"), async () =>
        healthRoutes(api.deps).request("/health"),
      );
      expect(response.status).toBe(503);
      const { status, checks } = await read(response);
      expect(status).toBe("degraded");
      const name = { reader: "database", storage: "bucket", queue: "queue", coordinator: "coordinator" }[
        part
      ];
      for (const [check, { status, error }] of Object.entries<{ status: string; error?: string }>(checks)) {
        expect([check, status]).toEqual([check, check === name ? "down" : "ok"]);
        expect(error ?? "").not.toContain("10.0.0.7");
      }
    },
  );

  test("is degraded while the bucket can be read and not written", async () => {
    const storage = { ...api.deps.storage, put: () => Promise.reject(new Error("read-only")) };
    const response = await healthRoutes({ ...api.deps, storage }).request("/health");
    expect((await read(response)).checks.bucket.status).toBe("down");
  });

  test("is checked once for all who ask within five seconds", async () => {
    let [at, pings] = [Date.parse("2026-11-27T10:00:00Z"), 0];
    const queue = { ...api.deps.queue, ping: async () => void pings++ };
    const health = healthRoutes({ ...api.deps, queue, now: () => new Date(at) });
    const ask = () => Promise.all(Array.from({ length: 20 }, () => health.request("/health")));
    await ask();
    at += 4_999;
    await ask();
    expect(pings).toBe(1);
    at += 1;
    await ask();
    expect(pings).toBe(2);
  });

  test("a part that does not answer is down after the timeout", async () => {
    const queue = { ...api.deps.queue, ping: () => new Promise<void>(() => {}) };
    const response = await healthRoutes({ ...api.deps, queue }, 300).request("/health");
    expect(response.status).toBe(503);
    const { checks } = await read(response);
    expect(checks.queue).toMatchObject({ status: "down", error: expect.stringContaining("0.3 seconds") });
    expect(checks.database.status).toBe("ok");
  });
});

describe("the reference", () => {
  test("is a page that loads nothing from elsewhere", async () => {
    const response = await api.api.request("/docs");
    expect(response.headers.get("content-type")).toContain("text/html");
    const csp = response.headers.get("content-security-policy") ?? "";
    expect(csp).toContain("default-src 'none'");
    expect(csp).toContain("script-src 'self'");
    const page = await response.text();
    expect(page).toContain('spec-url="/openapi.json"');
    expect(page).not.toMatch(/https?:\/\//);
  });

  test("describes every route that answers, and every route it describes answers", async () => {
    const document = Document.parse(await read(await api.api.request("/openapi.json")));
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((m) => `${m.toUpperCase()} ${path.replace(/{(\w+)}/g, ":$1")}`),
    );
    const answering = api.api.routes
      .filter((route) => route.method !== "ALL")
      .map((route) => `${route.method} ${route.path}`);
    const apart = ["GET /docs", "GET /openapi.json"];
    expect([...new Set(answering)].filter((route) => !apart.includes(route)).sort()).toEqual(
      described.sort(),
    );
  });

  test("lists the codes of the catalogues, with what each means", async () => {
    const { schemas } = (await read(await api.api.request("/openapi.json"))).components;
    const meanings = (texts: Record<string, string | { meaning: string }>) =>
      Object.entries(texts).map(([code, text]) => [code, typeof text === "string" ? text : text.meaning]);
    for (const [name, texts] of [
      ["FailureCode", meanings(FAILURES)],
      ["ProblemCode", meanings(ERRORS)],
      ["InputErrorCode", meanings({ ...INPUT_ERRORS, ...SONG_REFUSALS })],
    ] as const) {
      const { enum: codes, description } = schemas[name];
      expect(codes).toEqual(texts.map(([code]) => code));
      for (const [code, meaning] of texts) expect(description).toContain(`- \`${code}\`: ${meaning}`);
    }
    const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    expect(schemas.Failure.properties.code).toEqual(ref("FailureCode"));
    expect(schemas.FailedAttempt.properties.code).toEqual(ref("FailureCode"));
    expect(schemas.Problem.properties.code).toEqual(ref("ProblemCode"));
    expect(schemas.Problem.properties.errors.items.properties.code).toEqual(ref("InputErrorCode"));
  });

  test("the `type` of a problem leads to its entry", async () => {
    const { type } = await read(await api.api.request("/nowhere"));
    const [path, id] = type.split("#");
    const page = await (await api.api.request(path)).text();
    expect(page).toContain(`<article id="${id}">`);
  });

  test("everything in it is described: summary, tag, and for the API its security", async () => {
    const document = await read(await api.api.request("/openapi.json"));
    const tags = document.tags.map((tag: { name: string }) => tag.name);
    for (const [path, methods] of Object.entries<Record<string, Record<string, unknown>>>(document.paths))
      for (const operation of Object.values(methods)) {
        expect(operation.summary).toBeTruthy();
        expect(tags).toContain((operation.tags as string[])[0]);
        if (path.startsWith("/api/")) expect(operation.security).toContainEqual({ bearer: [] });
      }
    expect(document.components.schemas.FeedMessage.oneOf.length).toBeGreaterThan(3);
    expect(document.openapi).toBe("3.1.0");
  });
});
