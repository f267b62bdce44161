import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { fail } from "../domain/record/errors.ts";
import { connectFeed, issueFeedTicket } from "../operations/feed.ts";
import { authenticate, type VerifyToken } from "./lib/auth.ts";
import { IdempotencyHeader, once, REPEAT_PROBLEMS } from "./lib/idempotency.ts";
import { orRefuse, problems, Refused } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, json, ProjectParams, Timestamp } from "./lib/schemas.ts";

const TAG = "Feed";
const bearerOrTicket: typeof bearerAuth = [...bearerAuth, {}];

const ticket = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/feed/tickets",
  operationId: "createFeedTicket",
  tags: [TAG],
  summary: "Get a ticket for the feed",
  description: "For browsers, which can not send a header with a WebSocket. It is good once, for 30 seconds.",
  security: bearerAuth,
  request: { params: ProjectParams, headers: IdempotencyHeader },
  responses: {
    201: json(
      z
        .object({
          ticket: z.string(),
          expires_at: Timestamp,
          url: z
            .string()
            .openapi({ description: "Open a WebSocket to this; append `&after=<epoch>.<seq>` to resume." }),
        })
        .openapi("FeedTicket"),
      "The ticket.",
    ),
    ...problems("invalid_request", "unauthenticated", "not_found", ...REPEAT_PROBLEMS),
  },
});

const connect = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/feed",
  operationId: "connectFeed",
  tags: [TAG],
  summary: "Follow a project (WebSocket)",
  description:
    "Opens a WebSocket that sends `FeedMessage` as JSON text: first a snapshot, or with `after` the events since then where they are still kept; then every change as a numbered event. Within an epoch `seq` counts up by one without a gap. A new epoch begins with a snapshot. Send the text `ping` to get `pong`. Close code 4404: the project was deleted. Give a ticket, or an Authorization header.",
  security: bearerOrTicket,
  request: {
    params: ProjectParams,
    query: z.object({
      ticket: z.string().max(200).optional(),
      after: z.string().max(200).optional().openapi({
        description: "`<epoch>.<seq>` of the last message seen.",
        example: "0193a5b2-7c1e-7000-8000-000000000000.42",
      }),
    }),
  },
  responses: {
    101: { description: "The feed is open." },
    ...problems("invalid_request", "unauthenticated", "forbidden_origin", "not_found", "upgrade_required"),
  },
});

export function feedTicketRoutes(deps: Deps) {
  const app = router();
  app.openapi(ticket, (c) =>
    once(c, deps, "fresh", async (deps) => {
      const projectId = c.req.valid("param").project_id;
      const issued = orRefuse(await issueFeedTicket(deps, c.var.actor, projectId));
      const url = `${deps.config.publicUrl.replace(/^http/, "ws")}/api/projects/${projectId}/feed?ticket=${issued.ticket}`;
      return c.json({ ticket: issued.ticket, expires_at: issued.expiresAt.toISOString(), url }, 201);
    }),
  );
  return app;
}

/** Mounted ahead of what writes headers and asks for a bearer token: an upgrade carries neither. */
export function feedRoutes(deps: Deps, verify: VerifyToken) {
  const app = router();
  app.openapi(connect, async (c) => {
    const { project_id } = c.req.valid("param");
    checkUpgrade(c.req.raw.headers, deps);
    if (c.req.valid("query").ticket === undefined) {
      const actor = orRefuse(await authenticate(c, verify));
      return orRefuse(await connectFeed(deps, actor, { projectId: project_id, request: c.req.raw }));
    }
    const response = await deps.coordinator(project_id).connect(c.req.raw, false);
    if (response.status !== 401) return response;
    return orRefuse(fail("unauthenticated", "The ticket is unknown, used or expired. Get a new one."));
  });
  return app;
}

/** CORS does not bind WebSockets: a page of another origin is turned away here. */
function checkUpgrade(headers: Headers, { config }: Pick<Deps, "config">): void {
  if (headers.get("upgrade")?.toLowerCase() !== "websocket")
    throw new Refused({ code: "upgrade_required", detail: "Open this address as a WebSocket." });
  const origin = headers.get("origin");
  const known = [...config.corsOrigins, new URL(config.publicUrl).origin];
  if (origin !== null && !known.includes(origin))
    throw new Refused({
      code: "forbidden_origin",
      detail: `Pages of ${JSON.stringify(origin)} may not follow projects.`,
    });
}
