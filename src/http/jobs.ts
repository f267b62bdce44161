/** The jobs of a project, and their retry. */
import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { JOB_STATUSES } from "../domain/record/record.ts";
import { jobView, projectView } from "../domain/views/views.ts";
import { listJobs } from "../operations/lists.ts";
import { retry } from "../operations/runs.ts";
import { accepted } from "./lib/accepted.ts";
import { IdempotencyHeader, once, REPEAT_PROBLEMS } from "./lib/idempotency.ts";
import { orRefuse, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
  body,
  Failure,
  listRoute,
  orNull,
  ProjectParams,
  pageView,
  StageName,
  Timestamp,
  Uuid,
} from "./lib/schemas.ts";

export const Job = z
  .object({
    id: Uuid,
    project_id: Uuid,
    type: StageName,
    status: z.enum(JOB_STATUSES),
    progress: z.int().min(0).max(100).openapi({ description: "Percent." }),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: orNull(Failure),
    tasks: z
      .object({ total: z.int(), succeeded: z.int(), failed: z.int() })
      .openapi({ description: "Its units: one for each scene, or one for the whole song." }),
    created_at: Timestamp,
    started_at: Timestamp.nullable(),
    finished_at: Timestamp.nullable(),
  })
  .openapi("Job", { description: "One run of one stage." });

const list = listRoute({
  name: "jobs",
  operationId: "listJobs",
  tag: "Pipeline",
  summary: "List the jobs",
  description: "Newest first.",
  item: Job,
});

const retryJob = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/jobs/{job_id}/retry",
  operationId: "retryJob",
  tags: ["Pipeline"],
  summary: "Make again what failed in a job",
  description:
    "Only what failed or was canceled; what is there stays and is not paid for again. Tasks whose outcome is unknown are left out unless `include_unknown` is true: these may be paid for twice.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({ job_id: Uuid.openapi({ param: { name: "job_id", in: "path" } }) }),
    headers: IdempotencyHeader,
    body: body(z.strictObject({ include_unknown: z.boolean().default(false) })),
  },
  responses: {
    202: accepted,
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "conflict",
      "payload_too_large",
      "unsupported_media_type",
      ...REPEAT_PROBLEMS,
    ),
  },
});

export function jobRoutes(deps: Deps) {
  const app = router();
  app.openapi(list, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listJobs(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, jobView), 200);
  });
  app.openapi(retryJob, (c) =>
    once(c, deps, "kept", async (deps) => {
      const { project_id: projectId, job_id: jobId } = c.req.valid("param");
      const includeUnknown = c.req.valid("json").include_unknown;
      const project = await retry(deps, c.var.actor, { projectId, jobId, includeUnknown });
      return c.json(projectView(orRefuse(project)), 202);
    }),
  );
  return app;
}
