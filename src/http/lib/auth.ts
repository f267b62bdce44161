import type { Context, MiddlewareHandler } from "hono";
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Config } from "../../config.ts";
import { fail, ok, type Result } from "../../domain/record/errors.ts";
import type { Actor } from "../../operations/shared.ts";
import { problem } from "./problem.ts";
import type { AppEnv } from "./router.ts";

export type VerifyToken = (token: string) => Promise<Result<Actor>>;

const ALGORITHMS = ["ES256", "RS256", "EdDSA"];
const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_SUBJECT = 255;

/**
 * Checks access tokens against the identity provider's keys, which are fetched once and kept.
 * Make one for each isolate. `keys` stands in for the provider.
 */
export function tokenVerifier(
  auth: Config["auth"],
  keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(auth.jwksUrl)),
): VerifyToken {
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer: auth.issuer,
        audience: auth.audience,
        requiredClaims: ["sub", "exp"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      const { sub } = payload;
      if (!sub || sub.length > LONGEST_SUBJECT) return fail("unauthenticated", "The token names nobody.");
      return ok({ ownerId: sub });
    } catch (error) {
      return refusal(error);
    }
  };
}

/** What is wrong with the token is its bearer's to mend; that the keys can't be had is not. */
function refusal(error: unknown): Result<never> {
  if (error instanceof errors.JWTExpired)
    return fail("unauthenticated", "The token has expired. Get a new one from your identity provider.");
  if (error instanceof errors.JWTClaimValidationFailed)
    return fail("unauthenticated", `The token's ${error.claim} is not the one expected here.`);
  const unreachable =
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === "ERR_JOSE_GENERIC";
  return unreachable
    ? fail("unavailable", "The keys of the identity provider can not be read at the moment.")
    : fail("unauthenticated", "The token does not verify. Sign in again.");
}

export async function authenticate(c: Context<AppEnv>, verify: VerifyToken): Promise<Result<Actor>> {
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (!token) return fail("unauthenticated", 'Send "Authorization: Bearer <access token>".');
  return verify(token);
}

export const bearer =
  (verify: VerifyToken): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const actor = await authenticate(c, verify);
    if (!actor.ok) return problem(c, actor.error);
    c.set("actor", actor.value);
    await next();
  };
