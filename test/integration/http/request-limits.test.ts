import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApi } from "../../../src/app.ts";
import { addressKey, REQUEST_POLICIES } from "../../../src/domain/request-policies.ts";
import { requestLimitsOf } from "../../../src/request-limits.ts";
import { type Api, openApi } from "../../support/api.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

/** The API with counters that take one request for each key; `asked` has what was counted. */
function strict() {
  const asked: string[] = [];
  const requestLimits = {
    admit: async (policy: string, key: string) => {
      asked.push(`${policy} ${key}`);
      return asked.filter((one) => one === `${policy} ${key}`).length === 1;
    },
  };
  return { asked, app: createApi({ deps: { ...api.deps, requestLimits }, verifyToken: api.verifyToken }) };
}

describe("too many requests", () => {
  test("of an owner are refused with 429 and when to go on, and those of others are not", async () => {
    const [ada, bob] = [await api.person(), await api.person()];
    const { app } = strict();
    const ask = (token: string) =>
      app.request("/api/projects", { headers: { authorization: `Bearer ${token}` } });
    const first = await ask(ada.token);
    expect([first.status, first.headers.get("ratelimit-policy")]).toEqual([
      200,
      '"owner";q=200;w=10, "address";q=100;w=10',
    ]);
    const second = await ask(ada.token);
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "10"]);
    expect(await second.json()).toMatchObject({ code: "too_many_requests" });
    expect((await ask(bob.token)).status).toBe(200);
  });

  test("change nothing, and keep no Idempotency-Key", async () => {
    const ada = await api.person();
    const { app } = strict();
    const create = () =>
      app.request("/api/projects", {
        method: "POST",
        headers: {
          authorization: `Bearer ${ada.token}`,
          "content-type": "application/json",
          "idempotency-key": "k",
        },
        body: JSON.stringify({ name: "Night Drive" }),
      });
    const statuses = [(await create()).status, (await create()).status];
    expect(statuses).toEqual([201, 429]);
    const again = await ada.call(
      "POST",
      "/api/projects",
      { name: "Night Drive" },
      { "idempotency-key": "k" },
    );
    expect([again.status, again.response.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
  });

  const ID = "0193a5b2-7c1e-7000-8000-3f2a9c1d5e70";
  test.each<[string, string, RequestInit]>([
    ["the first page", "/", {}],
    ["health", "/health", {}],
    ["the reference", "/docs", {}],
    ["the OpenAPI document", "/openapi.json", {}],
    ["a film's file", `/films/${ID}/without-edits.mp4?t=x`, {}],
    ["a request without a token", "/api/projects", {}],
    ["a forged webhook", `/webhooks/replicate/${ID}/${ID}/1?t=x`, { method: "POST", body: "{}" }],
    ["a made-up ticket", `/api/projects/${ID}/feed?ticket=x`, { headers: { upgrade: "websocket" } }],
    ["a feed without a token", `/api/projects/${ID}/feed`, { headers: { upgrade: "websocket" } }],
  ])("of an address are refused: %s", async (_, path, init) => {
    const { app, asked } = strict();
    const headers = { ...init.headers, "cf-connecting-ip": "2001:db8::7" };
    const send = async () => (await app.request(path, { ...init, headers })).status;
    expect(await send()).not.toBe(429);
    expect(await send()).toBe(429);
    expect(asked).toEqual(["address 2001:db8:0:0::/64", "address 2001:db8:0:0::/64"]);
  });

  test("are let through where the platform's counter fails", async () => {
    const events: string[] = [];
    const broken = { limit: () => Promise.reject(new Error("no answer")) };
    const limits = requestLimitsOf({ owner: broken, address: broken }, (_, event) => void events.push(event));
    expect(await limits.admit("owner", "ada")).toBe(true);
    expect(events).toEqual(["request_limit_unanswered"]);
  });
});

test("wrangler.toml counts as the policies say", () => {
  const toml = readFileSync("wrangler.toml", "utf8");
  for (const [name, { requests, seconds }] of Object.entries(REQUEST_POLICIES))
    expect(toml).toMatch(
      new RegExp(
        `name = "${name.toUpperCase()}_REQUESTS"\nnamespace_id = "\\d+"\nsimple = { limit = ${requests}, period = ${seconds} }`,
      ),
    );
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["fe80::1:2:3:4:5", "fe80:0:0:1::/64"],
])("the address %s is counted as %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});
