import { randomUUID } from "node:crypto";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  exportJWK,
  generateKeyPair,
  SignJWT,
} from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tokenVerifier } from "../../../src/http/lib/auth.ts";
import { type Api, FRONTEND, openApi } from "../../support/api.ts";
import { AUDIENCE, ISSUER } from "../../support/tokens.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const now = () => Math.floor(Date.now() / 1000);
const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const get = (authorization?: string) =>
  api.api.request("/api/projects", { headers: authorization === undefined ? {} : { authorization } });

describe("tokens", () => {
  test("a valid one gives its subject access to their own projects only", async () => {
    const ada = await api.person(`auth0|${randomUUID()}`);
    await ada.project();
    expect((await ada.call("GET", "/api/projects")).json.items).toHaveLength(1);
    const bob = await api.person();
    expect((await bob.call("GET", "/api/projects")).json.items).toEqual([]);
  });

  const sign = (claims: object) => api.provider.sign({ sub: "ada", exp: now() + 60, ...claims });
  const forgeries: [string, () => Promise<string> | string][] = [
    ["none", () => ""],
    ["no JWT", () => "Bearer abc"],
    ["another scheme", async () => `Basic ${await sign({})}`],
    ["expired", async () => `Bearer ${await sign({ exp: now() - 60 })}`],
    ["not valid yet", async () => `Bearer ${await sign({ nbf: now() + 60 })}`],
    ["of another issuer", async () => `Bearer ${await sign({ iss: "https://evil.test/" })}`],
    ["for another audience", async () => `Bearer ${await sign({ aud: "another" })}`],
    ["without an end", async () => `Bearer ${await api.provider.sign({ sub: "ada" })}`],
    ["without a subject", async () => `Bearer ${await api.provider.sign({ exp: now() + 60 })}`],
    ["with an empty subject", async () => `Bearer ${await sign({ sub: "" })}`],
    ["with a number as its subject", async () => `Bearer ${await sign({ sub: 1 })}`],
    ["with an object as its subject", async () => `Bearer ${await sign({ sub: { a: 1 } })}`],
    ["with a list as its subject", async () => `Bearer ${await sign({ sub: ["ada"] })}`],
    ["of alg none", () => `Bearer ${b64({ alg: "none" })}.${b64({ sub: "ada", exp: now() + 60 })}.`],
    [
      "HS256 by the public key",
      async () => {
        const key = new TextEncoder().encode(JSON.stringify(api.provider.jwk));
        const jwt = new SignJWT({ sub: "ada", iss: ISSUER, aud: AUDIENCE, exp: now() + 60 });
        return `Bearer ${await jwt.setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(key)}`;
      },
    ],
    [
      "by another key of the same name",
      async () => {
        const { privateKey } = await generateKeyPair("ES256");
        const jwt = new SignJWT({ sub: "ada", iss: ISSUER, aud: AUDIENCE, exp: now() + 60 });
        return `Bearer ${await jwt.setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(privateKey)}`;
      },
    ],
    [
      "by an unknown key",
      async () => `Bearer ${await api.provider.sign({ sub: "a" }, { alg: "ES256", kid: "k9" })}`,
    ],
    [
      "altered",
      async () => {
        const [head, , signature] = (await sign({})).split(".");
        const claims = { sub: "bob", iss: ISSUER, aud: AUDIENCE, exp: now() + 60 };
        return `Bearer ${head}.${b64(claims)}.${signature}`;
      },
    ],
  ];
  test.each(forgeries)("one that is %s is refused", async (_, make) => {
    const token = await make();
    const response = await get(token);
    expect(response.status).toBe(401);
    const challenge = response.headers.get("www-authenticate") ?? "";
    expect(challenge).toBe(`Bearer realm="omvee"${token ? ', error="invalid_token"' : ""}`);
    expect(await response.json()).toMatchObject({ code: "unauthenticated" });
  });

  test("one signed by a known key with an algorithm that is not accepted is refused", async () => {
    const { publicKey, privateKey } = await generateKeyPair("PS256", { extractable: true });
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: "k2", alg: "PS256" }] });
    const token = await new SignJWT({ sub: "ada", iss: ISSUER, aud: AUDIENCE, exp: now() + 60 })
      .setProtectedHeader({ alg: "PS256", kid: "k2" })
      .sign(privateKey);
    const verify = tokenVerifier(api.deps.config.auth, keys);
    expect(await verify(token)).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
  });

  test("a clock that is a few seconds off is accepted", async () => {
    expect((await get(`Bearer ${await sign({ exp: now() - 2 })}`)).status).toBe(200);
  });

  const outages: [string, () => Promise<Response>][] = [
    ["refuses connections", () => Promise.reject(new TypeError("fetch failed"))],
    ["answers 500", async () => new Response("oops", { status: 500 })],
    ["answers no key set", async () => Response.json({ hello: "there" })],
    ["answers no JSON", async () => new Response("<html>")],
  ];
  test.each(outages)(
    "an identity provider that %s is answered as unavailable, not as a bad token",
    async (_, answer) => {
      const keys = createRemoteJWKSet(new URL("https://id.test/jwks.json"), { [customFetch]: answer });
      const verify = tokenVerifier(api.deps.config.auth, keys);
      expect(await verify(await sign({}))).toMatchObject({ ok: false, error: { code: "unavailable" } });
    },
  );

  test("fetched keys are cached, and still verify tokens during an outage", async () => {
    let fetches = 0;
    const keys = createRemoteJWKSet(new URL("https://id.test/jwks.json"), {
      [customFetch]: async () => {
        if (++fetches > 1) throw new TypeError("fetch failed");
        return Response.json({ keys: [api.provider.jwk] });
      },
    });
    const verify = tokenVerifier(api.deps.config.auth, keys);
    for (const sub of ["ada", "bob"]) expect(await verify(await sign({ sub }))).toMatchObject({ ok: true });
    expect(fetches).toBe(1);
  });
});

describe("origins", () => {
  const preflight = (origin: string) =>
    api.api.request("/api/projects", {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,if-match",
      },
    });

  test("the frontend may send requests and read the response headers that it needs", async () => {
    const { status, headers } = await preflight(FRONTEND);
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe(FRONTEND);
    for (const name of ["Authorization", "Content-Type", "If-Match"])
      expect(headers.get("access-control-allow-headers")).toContain(name);
    const answer = await api.api.request("/api/projects", { headers: { origin: FRONTEND } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(FRONTEND);
    for (const name of ["ETag", "Location", "X-Request-Id", "Retry-After"])
      expect(answer.headers.get("access-control-expose-headers")).toContain(name);
    expect(answer.headers.get("vary")).toContain("Origin");
  });

  test.each([
    "https://evil.test",
    "null",
    `${FRONTEND}.evil.test`,
    `https://evil-${new URL(FRONTEND).host}`,
    `${FRONTEND}:8443`,
    FRONTEND.replace("https", "http"),
    "*",
  ])("%s may not", async (origin) => {
    for (const response of [
      await preflight(origin),
      await api.api.request("/api/projects", { headers: { origin } }),
    ]) {
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    }
  });
});

describe("the feed", () => {
  const upgrade = (path: string, headers: Record<string, string> = {}) =>
    api.api.request(path, { headers: { upgrade: "websocket", ...headers } });

  test("a request without an upgrade answers upgrade_required", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { status, json, response } = await ada.call("GET", `/api/projects/${id}/feed`);
    expect([status, json.code]).toEqual([426, "upgrade_required"]);
    expect(response.headers.get("upgrade")).toBe("websocket");
  });

  test("its owner connects by token in one round trip", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { result, trips } = await api.roundTrips(async () =>
      upgrade(`/api/projects/${id}/feed`, { authorization: `Bearer ${ada.token}` }),
    );
    expect([result.status, trips]).toEqual([200, 1]);
    expect(api.calls).toContain(`connect ${id}`);
  });

  test("the coordinator redeems a ticket, without a query to Postgres", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { json } = await ada.call("POST", `/api/projects/${id}/feed/tickets`);
    const { result, trips } = await api.roundTrips(async () =>
      upgrade(`/api/projects/${id}/feed?ticket=${json.ticket}`, { authorization: `Bearer ${ada.token}` }),
    );
    expect([result.status, trips]).toEqual([401, 0]);
    expect(await result.json()).toMatchObject({ code: "unauthenticated" });
    expect(api.calls).toContain(`redeem ${id}`);
    expect(api.calls).not.toContain(`connect ${id}`);
  });

  test("a ticket that this service did not issue for this project is refused before its coordinator is asked", async () => {
    const ada = await api.person();
    const [{ id }, other] = [await ada.project(), await ada.project()];
    const { ticket } = (await ada.call("POST", `/api/projects/${other.id}/feed/tickets`)).json;
    const [random = "", signature = ""] = ticket.split(".");
    const { ticket: own } = (await ada.call("POST", `/api/projects/${id}/feed/tickets`)).json;
    for (const made of [
      ticket,
      "used",
      "",
      random,
      `${random}.`,
      `.${signature}`,
      `${own}0`,
      own.toUpperCase(),
    ]) {
      const { status } = await upgrade(`/api/projects/${id}/feed?ticket=${made}`);
      expect([made, status]).toEqual([made, 401]);
    }
    expect(api.calls).not.toContain(`redeem ${id}`);
    await upgrade(`/api/projects/${id}/feed?ticket=${own}`);
    expect(api.calls).toContain(`redeem ${id}`);
  });

  test("strangers, requests without a token and malformed ids are refused", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const authorization = `Bearer ${(await api.person()).token}`;
    const answers = await Promise.all([
      upgrade(`/api/projects/${id}/feed`),
      upgrade(`/api/projects/${id}/feed`, { authorization }),
      upgrade("/api/projects/7/feed", { authorization }),
      upgrade("/api/projects/7/feed?ticket=a"),
    ]);
    expect(answers.map((a) => a.status)).toEqual([401, 404, 404, 404]);
    expect(api.calls.filter((call) => call.startsWith(`connect ${id}`))).toEqual([]);
  });

  test.each([
    [FRONTEND, 200],
    ["https://api.test", 200],
    ["https://evil.test", 403],
    ["null", 403],
    [`${FRONTEND}.evil.test`, 403],
  ])("a page of %s gets %i", async (origin, status) => {
    const ada = await api.person();
    const { id } = await ada.project();
    const authorization = `Bearer ${ada.token}`;
    const answer = await upgrade(`/api/projects/${id}/feed`, { authorization, origin });
    expect(answer.status).toBe(status);
  });

  test("a ticket comes with the URL to open", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { json } = await ada.call("POST", `/api/projects/${id}/feed/tickets`);
    expect(json.url).toBe(`wss://api.test/api/projects/${id}/feed?ticket=${json.ticket}`);
  });
});
