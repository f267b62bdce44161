/** Refuses requests of an owner or an address that sends too many. */
import type { Context, MiddlewareHandler } from "hono";
import { addressKey, REQUEST_POLICIES, type RequestPolicy } from "../../domain/request-policies.ts";
import type { Deps } from "../../ports/deps.ts";
import type { AppEnv } from "./app-env.ts";
import { ProblemError } from "./problem.ts";

export const RATE_LIMIT_POLICY = "RateLimit-Policy";

/** As draft-ietf-httpapi-ratelimit-headers has it: the quota `q` in a window of `w` seconds. */
export const policyHeader = Object.entries(REQUEST_POLICIES)
  .map(([name, { requests, seconds }]) => `"${name}";q=${requests};w=${seconds}`)
  .join(", ");

const addressOf = (c: Context<AppEnv>) => addressKey(c.req.header("cf-connecting-ip") ?? "unknown");

/** Throws `too_many_requests` where the owner, or the address, has sent too many. */
export async function admit(c: Context<AppEnv>, deps: Deps, policy: RequestPolicy): Promise<void> {
  const key = policy === "owner" ? c.var.actor.ownerId : addressOf(c);
  if (await deps.requestLimits.admit(policy, key)) return;
  const { requests, seconds } = REQUEST_POLICIES[policy];
  const whose = policy === "owner" ? "You" : "Your address";
  throw new ProblemError({
    code: "too_many_requests",
    detail: `${whose} sent more than ${requests} requests in ${seconds} seconds. Wait ${seconds} seconds, then send fewer.`,
  });
}

/** Middleware for paths that need no token: counts by address. */
export const byAddress =
  (deps: Deps): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    await admit(c, deps, "address");
    await next();
  };
