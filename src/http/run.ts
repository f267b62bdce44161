import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { projectView } from "../domain/views.ts";
import { requestRun } from "../operations/run.ts";
import { orRefuse, problems } from "./problem.ts";
import { Project } from "./project-schema.ts";
import { router } from "./router.ts";
import { bearerAuth, body, json, ProjectParams, StageName } from "./wire.ts";

const run = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/run",
  operationId: "runProject",
  tags: ["Pipeline"],
  summary: "Start the work, up to a stage",
  description:
    "Makes everything that is missing or stale, stage by stage, up to and including `target`; follow it by the feed. It stops where a person must approve, and goes on when they have. Asking again retries what failed and makes nothing twice.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    body: body(z.strictObject({ target: StageName.openapi({ example: "assemble_video" }) })),
  },
  responses: {
    202: json(Project, "Accepted: the work goes on by itself."),
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "audio_missing",
      "payload_too_large",
      "unsupported_media_type",
    ),
  },
});

export function runRoutes(deps: Deps) {
  const app = router();
  app.openapi(run, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const { target } = c.req.valid("json");
    return c.json(projectView(orRefuse(await requestRun(deps, c.var.actor, { projectId, target }))), 202);
  });
  return app;
}
