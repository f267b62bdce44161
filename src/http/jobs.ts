import { z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { JOB_STATUSES } from "../domain/record.ts";
import { jobView } from "../domain/views.ts";
import { listJobs } from "../operations/lists.ts";
import { orRefuse } from "./problem.ts";
import { router } from "./router.ts";
import { Failure, listRoute, Moment, orNull, pageView, StageName, Uuid } from "./wire.ts";

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
    created_at: Moment,
    started_at: Moment.nullable(),
    finished_at: Moment.nullable(),
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

export function jobRoutes(deps: Deps) {
  const app = router();
  app.openapi(list, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listJobs(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, jobView), 200);
  });
  return app;
}
