/** /auth: an identity provider that issues a token for any subject to any caller. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { z } from "zod";

const AUDIENCE = "omvee";
const TokenRequest = z.object({
  sub: z.string().min(1).max(255),
  expires_in: z.int().min(1).max(604_800).default(43_200),
  /** Other claims, such as `email`. */
  claims: z.record(z.string(), z.unknown()).default({}),
});
const StoredKey = z.object({
  kty: z.literal("EC"),
  crv: z.string(),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
});

async function newKey(): Promise<z.infer<typeof StoredKey>> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  return StoredKey.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
}

/** The signing key, kept in `stateDir` so that tokens stay valid after a restart. */
async function signingKey(stateDir: string | null): Promise<z.infer<typeof StoredKey>> {
  if (stateDir === null) return newKey();
  const file = join(stateDir, "identity.json");
  const kept = await readFile(file, "utf8").catch(() => null);
  if (kept !== null) return StoredKey.parse(JSON.parse(kept));
  const key = await newKey();
  await mkdir(stateDir, { recursive: true });
  await writeFile(file, JSON.stringify(key), { mode: 0o600 });
  return key;
}

/** `issuer` is a function because the port may not be known yet. */
export async function identityRoutes(
  stateDir: string | null,
  issuer: () => string,
  clock: () => number,
): Promise<Hono> {
  const { d, ...shared } = await signingKey(stateDir);
  const key = await importJWK({ ...shared, d } satisfies JWK, "ES256");
  const publicKey = { ...shared, alg: "ES256", use: "sig" };
  return new Hono()
    .use(cors())
    .get("/.well-known/jwks.json", (c) => c.json({ keys: [publicKey] }))
    .get("/.well-known/openid-configuration", (c) =>
      c.json({
        issuer: issuer(),
        jwks_uri: `${issuer()}/.well-known/jwks.json`,
        token_endpoint: `${issuer()}/token`,
        id_token_signing_alg_values_supported: ["ES256"],
      }),
    )
    .post("/token", async (c) => {
      const wanted = TokenRequest.safeParse(await c.req.json().catch(() => null));
      if (!wanted.success) {
        return c.json({ error: "invalid_request", error_description: z.prettifyError(wanted.error) }, 400);
      }
      const { sub, expires_in, claims } = wanted.data;
      const now = Math.floor(clock() / 1000);
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: shared.kid, typ: "JWT" })
        .setIssuer(issuer())
        .setAudience(AUDIENCE)
        .setSubject(sub)
        .setIssuedAt(now)
        .setExpirationTime(now + expires_in)
        .sign(key);
      return c.json({ access_token: token, token_type: "Bearer", expires_in });
    });
}
