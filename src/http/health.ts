import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../ports/deps.ts";
import { sharedFor, withTimeout } from "../retry.ts";
import { router } from "./lib/router.ts";
import { json } from "./lib/schemas.ts";

const TIMEOUT_MS = 2_000;
/** How long one check serves everybody who asks this isolate. */
const SHARED_MS = 5_000;
/** R2 takes one write a second to one key (R2, "Limits", page read on 2026-11-27). */
const BUCKET_KEYS = 16;
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
  description:
    "Checks the database, the bucket (by writing to it), the queues and the coordinator, each for at most 2 seconds. One check serves everybody for up to 5 seconds.",
  responses: { 200: json(Health, "All parts answer."), 503: json(Health, "At least one part does not.") },
});

/** `timeoutMs`: how long each part may take to answer. */
export function healthRoutes(deps: Deps, timeoutMs = TIMEOUT_MS) {
  const check = checker(deps, timeoutMs);
  const checks = sharedFor(
    SHARED_MS,
    () => deps.now().getTime(),
    async () => {
      const [database, bucket, queue, coordinator] = await Promise.all([
        check("database", () => deps.reader.ping()),
        check("bucket", () => writeToBucket(deps)),
        check("queue", () => deps.queue.ping()),
        check("coordinator", () => deps.coordinator(NO_PROJECT).ping()),
      ]);
      return { database, bucket, queue, coordinator };
    },
  );
  const app = router();
  app.openapi(health, async (c) => {
    const found = await checks();
    const healthy = Object.values(found).every((one) => one.status === "ok");
    c.header("Cache-Control", "no-store");
    return healthy
      ? c.json({ status: "ok" as const, checks: found }, 200)
      : c.json({ status: "degraded" as const, checks: found }, 503);
  });
  return app;
}

/** A bucket that can be read and not written takes no song and no image. */
const writeToBucket = ({ storage, random }: Deps) =>
  storage.put(`health/${Math.floor(random() * BUCKET_KEYS)}`, new Uint8Array(1), "application/octet-stream");

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
