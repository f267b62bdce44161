import { createRoute, z } from "@hono/zod-openapi";
import type { OperationError } from "../domain/record/errors.ts";
import { connectFeed, issueFeedTicket } from "../operations/feed.ts";
import type { Deps } from "../ports/deps.ts";
import { authenticate, type VerifyToken } from "./lib/auth.ts";
import { IDEMPOTENCY_PROBLEMS, IdempotencyHeader, once } from "./lib/idempotency.ts";
import { orProblem, ProblemError, problems } from "./lib/problem.ts";
import { admit } from "./lib/request-limits.ts";
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
  description:
    "For browsers, which cannot send an Authorization header with a WebSocket. A ticket can be used once, within 30 seconds.",
  security: bearerAuth,
  request: { params: ProjectParams, headers: IdempotencyHeader },
  responses: {
    201: json(
      z
        .object({
          ticket: z.string().openapi({ description: "Already part of `url`." }),
          expires_at: Timestamp.openapi({ description: "30 seconds from now." }),
          url: z.string().openapi({
            description: "Open a WebSocket to this URL; append `&after=<epoch>.<seq>` to resume.",
          }),
        })
        .openapi("FeedTicket", { description: "A ticket for one connection to the feed." }),
      "The ticket.",
    ),
    ...problems("invalid_request", "unauthenticated", "not_found", ...IDEMPOTENCY_PROBLEMS),
  },
});

const connect = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/feed",
  operationId: "connectFeed",
  tags: [TAG],
  summary: "Follow a project (WebSocket)",
  description:
    "Opens a WebSocket that sends each `FeedMessage` as JSON text. It begins with a snapshot or, with `after`, with the events since that position if they are still stored (the last 1000 are). Then every change follows as a numbered event: within an epoch `seq` rises by exactly one. A new epoch begins with a snapshot. Send the text `ping` to get `pong`. Close code 4404: the project was deleted. Send a ticket or an Authorization header.",
  security: bearerOrTicket,
  request: {
    params: ProjectParams,
    query: z.object({
      ticket: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: "From createFeedTicket; leave it out to send a token." }),
      after: z.string().max(200).optional().openapi({
        description: "Position of the last message received, as `<epoch>.<seq>`.",
        example: "0193a5b2-7c1e-7000-8000-000000000000.42",
      }),
    }),
  },
  responses: {
    101: { description: "The WebSocket is open." },
    ...problems("invalid_request", "unauthenticated", "forbidden_origin", "not_found", "upgrade_required"),
  },
});

export function feedTicketRoutes(deps: Deps) {
  const app = router();
  app.openapi(ticket, (c) =>
    once(c, deps, async (deps) => {
      const projectId = c.req.valid("param").project_id;
      const issued = orProblem(await issueFeedTicket(deps, c.var.actor, projectId));
      const url = `${deps.config.publicUrl.replace(/^http/, "ws")}/api/projects/${projectId}/feed?ticket=${issued.ticket}`;
      return c.json({ ticket: issued.ticket, expires_at: issued.expiresAt.toISOString(), url }, 201);
    }),
  );
  return app;
}

/**
 * Mount before the middleware that sets headers and asks for a bearer token: the response to an upgrade takes
 * no further headers, and a browser's upgrade carries a ticket instead of a token.
 */
export function feedRoutes(deps: Deps, verify: VerifyToken) {
  const app = router();
  app.openapi(connect, async (c) => {
    const { project_id } = c.req.valid("param");
    checkUpgrade(c.req.raw.headers, deps);
    const { ticket } = c.req.valid("query");
    const refused = async (error: OperationError) => {
      await admit(c, deps, "address");
      return new ProblemError(error);
    };
    const actor = ticket === undefined ? await authenticate(c, verify) : null;
    if (actor && !actor.ok) throw await refused(actor.error);
    const caller = actor ? { actor: actor.value } : { ticket: ticket ?? "" };
    const opened = await connectFeed(deps, caller, { projectId: project_id, request: c.req.raw });
    if (!opened.ok) throw await refused(opened.error);
    return opened.value;
  });
  return app;
}

/** Refuses what is no WebSocket upgrade, and pages of other origins: CORS does not apply to WebSockets. */
function checkUpgrade(headers: Headers, { config }: Pick<Deps, "config">): void {
  if (headers.get("upgrade")?.toLowerCase() !== "websocket")
    throw new ProblemError({ code: "upgrade_required", detail: "Open this URL as a WebSocket." });
  const origin = headers.get("origin");
  const known = [...config.corsOrigins, new URL(config.publicUrl).origin];
  if (origin !== null && !known.includes(origin))
    throw new ProblemError({
      code: "forbidden_origin",
      detail: `Pages of the origin ${JSON.stringify(origin)} may not connect to the feed.`,
    });
}
