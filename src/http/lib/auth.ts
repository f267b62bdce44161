import type { Context, MiddlewareHandler } from "hono";
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Config } from "../../config.ts";
import { fail, ok, type Result } from "../../domain/record/errors.ts";
import type { Actor } from "../../operations/shared.ts";
import type { Deps } from "../../ports/deps.ts";
import type { AppEnv } from "./app-env.ts";
import { problem } from "./problem.ts";
import { admit } from "./request-limits.ts";

export type VerifyToken = (token: string) => Promise<Result<Actor>>;

const ALGORITHMS = ["ES256", "RS256", "EdDSA"];
const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_SUBJECT = 255;

/**
 * Returns a function that verifies access tokens by the identity provider's keys, which are fetched once and
 * cached. Make one for each isolate. `keys` replaces the fetched keys, for tests.
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
      // jose checks that the claim is there, not its type.
      if (typeof sub !== "string" || sub === "" || sub.length > LONGEST_SUBJECT)
        return fail("unauthenticated", "The subject of the token must be a text of 1 to 255 characters.");
      return ok({ ownerId: sub });
    } catch (error) {
      return tokenFailure(error);
    }
  };
}

/** A bad token is 401; unreachable keys are 503. */
function tokenFailure(error: unknown): Result<never> {
  if (error instanceof errors.JWTExpired)
    return fail("unauthenticated", "The token has expired. Get a new one from your identity provider.");
  if (error instanceof errors.JWTClaimValidationFailed)
    return fail(
      "unauthenticated",
      `The claim ${JSON.stringify(error.claim)} of the token is missing or not valid for this service.`,
    );
  const unreachable =
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === "ERR_JOSE_GENERIC";
  return unreachable
    ? fail("unavailable", "The keys of the identity provider cannot be read at the moment.")
    : fail("unauthenticated", "The token is not valid. Sign in again.");
}

/** The person that the Authorization header names; `unauthenticated` where there is no valid token. */
export async function authenticate(c: Context<AppEnv>, verify: VerifyToken): Promise<Result<Actor>> {
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (!token) return fail("unauthenticated", 'Send "Authorization: Bearer <access token>".');
  return verify(token);
}

/** Middleware that asks for a bearer token, sets `actor` and counts the request. */
export const bearer =
  (deps: Deps, verify: VerifyToken): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const actor = await authenticate(c, verify);
    if (!actor.ok) {
      await admit(c, deps, "address");
      return problem(c, actor.error);
    }
    c.set("actor", { ...actor.value, requestId: c.get("requestId") });
    await admit(c, deps, "owner");
    await next();
  };
