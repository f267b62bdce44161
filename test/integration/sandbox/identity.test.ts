import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../../src/sandbox/server.ts";
import { sandbox } from "../../support/sandbox.ts";

async function token(
  url: string,
  body: object,
): Promise<{ status: number; body: { access_token: string; expires_in: number } }> {
  const response = await fetch(`${url}/auth/token`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const verified = (url: string, jwt: string) =>
  jwtVerify(jwt, createRemoteJWKSet(new URL(`${url}/auth/.well-known/jwks.json`)), {
    issuer: `${url}/auth`,
    audience: "omvee",
    algorithms: ["ES256"],
  });

test("any caller gets a token for any subject, which the published keys verify", async () => {
  const { url } = await sandbox();
  const { body } = await token(url, { sub: "ada", expires_in: 60 });
  const { payload, protectedHeader } = await verified(url, body.access_token);
  expect(payload).toMatchObject({ sub: "ada", aud: "omvee" });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  expect(protectedHeader).toMatchObject({ alg: "ES256", kid: expect.any(String) });
});

test("a token request without a subject is refused", async () => {
  const { url } = await sandbox();
  expect((await token(url, {})).status).toBe(400);
});

test("the key stays the same after a restart where there is a state directory", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "omvee-identity-"));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const keys = async () => {
    const started = await startSandbox({ port: 0, stateDir });
    const answer = await (await fetch(`${started.url}/auth/.well-known/jwks.json`)).json();
    await started.close();
    return answer;
  };
  expect(await keys()).toEqual(await keys());
});

test("Neon's address answers with the database that was given, and 404 without one", async () => {
  const handler = async (request: Request) => Response.json({ echo: await request.text() });
  const [given, none] = [await sandbox({ database: { handler } }), await sandbox()];
  const ask = (url: string) => fetch(`${url}/neon/sql`, { method: "POST", body: "select 1" });
  expect(await (await ask(given.url)).json()).toEqual({ echo: "select 1" });
  expect((await ask(none.url)).status).toBe(404);
});
