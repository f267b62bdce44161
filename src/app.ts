/** Puts the API together: the middleware that every request passes, in its order, and the routes. */
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { approvalRoutes } from "./http/approvals.ts";
import { audioRoutes } from "./http/audio.ts";
import { clipRoutes } from "./http/clips.ts";
import { docsRoutes } from "./http/docs.ts";
import { feedRoutes, feedTicketRoutes } from "./http/feed.ts";
import { filmFileRoutes } from "./http/film-file.ts";
import { filmRoutes } from "./http/films.ts";
import { healthRoutes } from "./http/health.ts";
import { imageRoutes } from "./http/images.ts";
import { jobRoutes } from "./http/jobs.ts";
import { bearer, type VerifyToken } from "./http/lib/auth.ts";
import { onError, onNotFound, utf8Only } from "./http/lib/failures.ts";
import { REPLAYED } from "./http/lib/idempotency.ts";
import { requestMetrics } from "./http/lib/metrics.ts";
import { problem } from "./http/lib/problem.ts";
import { byAddress, policyHeader, RATE_LIMIT_POLICY } from "./http/lib/request-limits.ts";
import { router } from "./http/lib/router.ts";
import { lyricsRoutes } from "./http/lyrics.ts";
import { meRoutes } from "./http/me.ts";
import { motifRoutes } from "./http/motifs.ts";
import { projectRoutes } from "./http/projects.ts";
import { promptRoutes } from "./http/prompts.ts";
import { rootRoutes } from "./http/root.ts";
import { runRoutes } from "./http/runs.ts";
import { sceneRoutes } from "./http/scenes.ts";
import { taskRoutes } from "./http/tasks.ts";
import { timelineRoutes } from "./http/timeline.ts";
import { webhookRoutes } from "./http/webhooks.ts";
import type { Deps } from "./ports/deps.ts";

const MAX_JSON_BYTES = 256 * 1024;

export interface Parts {
  deps: Deps;
  verifyToken: VerifyToken;
}

/** The API over its parts; tests pass their own. */
export function createApi({ deps, verifyToken }: Parts) {
  const app = router();
  app.onError(onError(deps));
  app.notFound(onNotFound(() => app.routes));

  app.use(requestId());
  app.use(requestMetrics(deps));
  app.route("/", feedRoutes(deps, verifyToken));
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      xFrameOptions: "DENY",
      overwrite: false,
    }),
  );
  app.use(
    cors({
      origin: deps.config.corsOrigins,
      allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      allowHeaders: [
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "X-Request-Id",
      ],
      exposeHeaders: [
        "Content-Disposition",
        "ETag",
        "Location",
        RATE_LIMIT_POLICY,
        "Retry-After",
        "WWW-Authenticate",
        "X-Request-Id",
        REPLAYED,
      ],
      maxAge: 86_400,
    }),
  );
  for (const open of ["/", "/health", "/docs/*", "/openapi.json", "/films/*"]) app.use(open, byAddress(deps));
  app.route("/", rootRoutes());
  app.route("/", healthRoutes(deps));
  app.route(
    "/",
    docsRoutes(deps, () => app),
  );
  app.route("/", webhookRoutes(deps));
  app.route("/", filmFileRoutes(deps));

  app.use("/api/*", bearer(deps, verifyToken));
  app.use(
    "/api/*",
    bodyLimit({
      maxSize: MAX_JSON_BYTES,
      onError: (c) =>
        problem(c, {
          code: "payload_too_large",
          detail: `The body may have at most ${MAX_JSON_BYTES} bytes.`,
        }),
    }),
  );
  app.use("/api/*", utf8Only);
  app.use("/api/*", async (c, next) => {
    await next();
    c.res.headers.set(RATE_LIMIT_POLICY, policyHeader);
    // Responses are for one person, and the URLs in them expire.
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
  });
  app.route("/", meRoutes(deps));
  app.route("/", projectRoutes(deps));
  app.route("/", audioRoutes(deps));
  app.route("/", runRoutes(deps));
  app.route("/", lyricsRoutes(deps));
  app.route("/", sceneRoutes(deps));
  app.route("/", promptRoutes(deps));
  app.route("/", motifRoutes(deps));
  app.route("/", imageRoutes(deps));
  app.route("/", clipRoutes(deps));
  app.route("/", approvalRoutes(deps));
  app.route("/", jobRoutes(deps));
  app.route("/", taskRoutes(deps));
  app.route("/", filmRoutes(deps));
  app.route("/", timelineRoutes(deps));
  app.route("/", feedTicketRoutes(deps));
  return app;
}
