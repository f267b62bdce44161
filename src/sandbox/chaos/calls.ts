import { createHash } from "node:crypto";
import type { MiddlewareHandler } from "hono";

/** A POST that a provider would charge for, as it arrived, whether or not it was accepted. */
export interface PaidCall {
  /** Milliseconds since 1970. */
  at: number;
  provider: "openai" | "openrouter" | "replicate";
  /** What tells it from others: the webhook's address, or a hash of the JSON that it asks; the same for all uploads. */
  about: string;
  /** Of the answer; null while there is none, and where the connection was cut instead. */
  status: number | null;
}

const PATHS: readonly [RegExp, PaidCall["provider"]][] = [
  [/^\/openai\/v1\/audio\/transcriptions$/, "openai"],
  [/^\/openrouter\/api\/v1\/chat\/completions$/, "openrouter"],
  [/^\/replicate\/v1\/(models\/[^/]+\/[^/]+\/)?predictions$/, "replicate"],
];

/** Writes down every paid call that arrives whole, before anybody answers it. */
export function recordCalls(clock: () => number, calls: () => PaidCall[]): MiddlewareHandler {
  return async (c, next) => {
    const provider = PATHS.find(([path]) => c.req.method === "POST" && path.test(c.req.path))?.[1];
    const body =
      provider &&
      (await c.req.raw
        .clone()
        .text()
        .catch(() => null));
    // Of a caller that died while it sent, nothing was asked.
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
