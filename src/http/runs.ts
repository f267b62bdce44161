/** Starting and canceling the work of a project. */
import { createRoute, z } from "@hono/zod-openapi";
import { STAGES } from "../domain/record/record.ts";
import { projectView } from "../domain/views/views.ts";
import { cancelRun, requestRun } from "../operations/runs.ts";
import type { Deps } from "../ports/deps.ts";
import { accepted } from "./accepted.ts";
import { IDEMPOTENCY_PROBLEMS, IdempotencyHeader, onceForProject } from "./lib/idempotency.ts";
import { BODY_PROBLEMS, orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, body, ProjectParams, StageName } from "./lib/schemas.ts";

const run = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/run",
  operationId: "runProject",
  tags: ["Pipeline"],
  summary: "Start the work, up to a stage",
  description:
    "Makes everything that is missing or stale, stage by stage, up to and including `target`; the feed shows its progress. It waits where a person must approve, and goes on once they have. It covers the project as it is now: what is edited afterwards waits for the next run. A further run retries what failed and makes nothing twice. Tasks with `needs_decision` are left out: only retryTask, or retryJob with `include_unknown`, repeats them.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IdempotencyHeader,
    body: body(
      z.strictObject({
        target: StageName.openapi({ description: "The last stage to do.", example: "assemble_video" }),
      }),
    ),
  },
  responses: {
    202: accepted,
    ...problems(
      ...BODY_PROBLEMS,
      "unauthenticated",
      "not_found",
      "audio_missing",
      "limit_reached",
      ...IDEMPOTENCY_PROBLEMS,
    ),
  },
});

const cancel = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/cancel",
  operationId: "cancelProject",
  tags: ["Pipeline"],
  summary: "Cancel the work, from a stage on",
  description:
    "Cancels the open jobs of the stage `from` and of all later stages, and lowers the target stage to the one before `from`. No attempt of theirs starts after the response. Providers are asked to stop; what they deliver nevertheless is kept, and may be charged. Start a run to go on.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IdempotencyHeader,
    body: body(
      z.strictObject({
        from: StageName.default(STAGES[0]).openapi({
          description: "The first stage to cancel; by default the first of all, which cancels everything.",
        }),
      }),
    ),
  },
  responses: {
    202: accepted,
    ...problems(...BODY_PROBLEMS, "unauthenticated", "not_found", ...IDEMPOTENCY_PROBLEMS),
  },
});

export function runRoutes(deps: Deps) {
  const app = router();
  app.openapi(run, (c) =>
    onceForProject(c, deps, {
      work: async (deps) => {
        const projectId = c.req.valid("param").project_id;
        const { target } = c.req.valid("json");
        return orProblem(await requestRun(deps, c.var.actor, { projectId, target }));
      },
      show: (project) => c.json(projectView(project), 202),
    }),
  );
  app.openapi(cancel, (c) =>
    onceForProject(c, deps, {
      work: async (deps) => {
        const projectId = c.req.valid("param").project_id;
        const { from } = c.req.valid("json");
        return orProblem(await cancelRun(deps, c.var.actor, { projectId, from }));
      },
      show: (project) => c.json(projectView(project), 202),
    }),
  );
  return app;
}
