import { createHash } from "node:crypto";
import type { MiddlewareHandler } from "hono";

/** A POST that a provider would charge for, as it arrived, whether or not it was accepted. */
export interface PaidCall {
  /** Milliseconds since 1970. */
  at: number;
  provider: "openai" | "openrouter" | "replicate";
  /**
   * What is bought: the webhook's address, else the SHA-256 of the JSON body; `upload` for any other body.
   */
  about: string;
  /** HTTP status of the answer; null before it, and where the connection was cut without one. */
  status: number | null;
}

const PATHS: readonly [RegExp, PaidCall["provider"]][] = [
  [/^\/openai\/v1\/audio\/transcriptions$/, "openai"],
  [/^\/openrouter\/api\/v1\/chat\/completions$/, "openrouter"],
  [/^\/replicate\/v1\/(models\/[^/]+\/[^/]+\/)?predictions$/, "replicate"],
];

/**
 * Middleware that records every paid call whose body has arrived completely, before a provider's route
 * handles it.
 */
export function recordCalls(clock: () => number, calls: () => PaidCall[]): MiddlewareHandler {
  return async (c, next) => {
    const provider = PATHS.find(([path]) => c.req.method === "POST" && path.test(c.req.path))?.[1];
    const body =
      provider &&
      (await c.req.raw
        .clone()
        .text()
        .catch(() => null));
    // A call that broke off before its body was complete bought nothing.
    if (!provider || body === null || body === undefined) return next();
    const call: PaidCall = { at: clock(), provider, about: subjectOf(body), status: null };
    calls().push(call);
    await next();
    call.status = c.res.status;
  };
}

function subjectOf(body: string): string {
  if (!body.startsWith("{")) return "upload";
  const webhook = /"webhook"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(body)?.[1];
  return webhook ? String(JSON.parse(webhook)) : createHash("sha256").update(body).digest("hex");
}
