import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../ports/deps.ts";
import { withTimeout } from "../retry.ts";
import { router } from "./lib/router.ts";
import { json } from "./lib/schemas.ts";

const TIMEOUT_MS = 2_000;
const NO_PROJECT = "00000000-0000-0000-0000-000000000000";

const Check = z
  .object({
    status: z
      .enum(["ok", "down"])
      .openapi({ description: "down: it did not answer in time, or with an error." }),
    latency_ms: z
      .number()
      .openapi({ description: "Time to its answer, or to the timeout, in milliseconds." }),
    error: z.string().optional().openapi({ description: "What is wrong; absent where it is ok." }),
  })
  .openapi("HealthCheck", { description: "Whether one part of the service answers." });
const Health = z
  .object({
    status: z.enum(["ok", "degraded"]).openapi({ description: "degraded: at least one check is down." }),
    checks: z
      .object({ database: Check, bucket: Check, queue: Check, coordinator: Check })
      .openapi({ description: "One check for each part." }),
  })
  .openapi("Health", { description: "Whether the service's parts answer." });

const health = createRoute({
  method: "get",
  path: "/health",
  operationId: "getHealth",
  tags: ["Service"],
  summary: "Check the service",
  description: "Checks the database, the bucket, the queues and the coordinator, each for at most 2 seconds.",
  responses: { 200: json(Health, "All parts answer."), 503: json(Health, "At least one part does not.") },
});

/** `timeoutMs`: how long each part may take to answer. */
export function healthRoutes(deps: Deps, timeoutMs = TIMEOUT_MS) {
  const check = checker(deps, timeoutMs);
  const app = router();
  app.openapi(health, async (c) => {
    const [database, bucket, queue, coordinator] = await Promise.all([
      check("database", () => deps.reader.ping()),
      check("bucket", () => deps.storage.head("health")),
      check("queue", () => deps.queue.ping()),
      check("coordinator", () => deps.coordinator(NO_PROJECT).ping()),
    ]);
    const checks = { database, bucket, queue, coordinator };
    const healthy = Object.values(checks).every((one) => one.status === "ok");
    c.header("Cache-Control", "no-store");
    return healthy
      ? c.json({ status: "ok" as const, checks }, 200)
      : c.json({ status: "degraded" as const, checks }, 503);
  });
  return app;
}

/** Error messages go to the log only: they may name hosts and credentials. */
const checker =
  ({ now, log }: Deps, timeoutMs: number) =>
  async (part: string, ask: () => Promise<unknown>): Promise<z.infer<typeof Check>> => {
    const start = now().getTime();
    const latency = () => now().getTime() - start;
    try {
      const hasAnswered = await withTimeout(
        () => ask().then(() => true),
        timeoutMs,
        () => false,
      );
      if (hasAnswered) return { status: "ok", latency_ms: latency() };
      log("error", "health_silent", { part });
      return {
        status: "down",
        latency_ms: latency(),
        error: `It did not answer within ${timeoutMs / 1000} seconds.`,
      };
    } catch (error) {
      log("error", "health_failed", { part, error: String(error) });
      return {
        status: "down",
        latency_ms: latency(),
        error: "It answered with an error, which has been logged.",
      };
    }
  };
