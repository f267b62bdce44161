/** The jobs of a project: their list, and the retry of one. */
import { createRoute, z } from "@hono/zod-openapi";
import { JOB_STATUSES } from "../domain/record/record.ts";
import { jobView, projectView } from "../domain/views/views.ts";
import { listOf } from "../operations/lists.ts";
import { retryTasks } from "../operations/runs.ts";
import type { Deps } from "../ports/deps.ts";
import { accepted } from "./accepted.ts";
import { IDEMPOTENCY_PROBLEMS, IdempotencyHeader, onceForProject } from "./lib/idempotency.ts";
import { BODY_PROBLEMS, orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
  body,
  Failure,
  FailureCode,
  listRoute,
  orNull,
  ProjectParams,
  pageView,
  StageName,
  Timestamp,
  Uuid,
} from "./lib/schemas.ts";

const FailedTask = z
  .object({
    task_id: Uuid.openapi({ description: "The task; listTasks has the rest of it." }),
    scene_id: Uuid.nullable().openapi({
      description: "The scene that it is for; null for work on the whole song.",
    }),
    code: FailureCode,
    message: z.string().openapi({ description: "What went wrong, in a sentence to show to the user." }),
  })
  .openapi("FailedTask", { description: "A task that failed." });
const JobResult = z
  .object({
    failed: z.array(FailedTask).openapi({ description: "Up to 100 of them, with the last failure of each." }),
  })
  .openapi("JobResult", { description: "What a job that has ended could not make." });

export const Job = z
  .object({
    id: Uuid,
    project_id: Uuid,
    type: StageName,
    status: z.enum(JOB_STATUSES).openapi({
      description:
        "pending: no task of it has started. running. completed: no task failed. failed: at least one task failed. canceled: by a person, or because nothing of it is needed any more.",
    }),
    progress: z.int().min(0).max(100).openapi({
      description:
        "Percent: of its tasks, those that have ended (99 at most) while it is open. completed: 100. failed: of its tasks, those that succeeded.",
    }),
    result: orNull(JobResult).openapi({ description: "The tasks that failed; null where none did." }),
    error: orNull(Failure).openapi({ description: "Why it failed or was canceled; null otherwise." }),
    tasks: z
      .object({
        total: z.int().openapi({ description: "Number of tasks; more may join while the job is open." }),
        succeeded: z.int().openapi({ description: "Those that succeeded." }),
        failed: z.int().openapi({ description: "Those that failed." }),
      })
      .openapi({ description: "Its tasks: one for each scene, or one for the whole song." }),
    created_at: Timestamp,
    started_at: Timestamp.nullable().openapi({ description: "When its first task started; null before." }),
    finished_at: Timestamp.nullable().openapi({ description: "When it ended; null while it is open." }),
  })
  .openapi("Job", { description: "The work of one stage in one run." });

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
  summary: "Retry the failed tasks of a job",
  description:
    "Retries the tasks of the job that failed or were canceled; what was made stays and is not paid for again. Tasks with `needs_decision` are left out unless `include_unknown` is true: they may be paid for twice. 409 where no task is left to retry.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({ job_id: Uuid.openapi({ param: { name: "job_id", in: "path" } }) }),
    headers: IdempotencyHeader,
    body: body(
      z.strictObject({
        include_unknown: z.boolean().default(false).openapi({
          description: "true: also retry tasks with `needs_decision`, which may be paid for twice.",
        }),
      }),
    ),
  },
  responses: {
    202: accepted,
    ...problems(...BODY_PROBLEMS, "unauthenticated", "not_found", "conflict", ...IDEMPOTENCY_PROBLEMS),
  },
});

export function jobRoutes(deps: Deps) {
  const app = router();
  app.openapi(list, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(await listOf(deps, c.var.actor, "jobs", { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, jobView), 200);
  });
  app.openapi(retryJob, (c) =>
    onceForProject(c, deps, {
      work: async (deps) => {
        const { project_id: projectId, job_id: jobId } = c.req.valid("param");
        const includeUnknown = c.req.valid("json").include_unknown;
        return orProblem(await retryTasks(deps, c.var.actor, { projectId, jobId, includeUnknown }));
      },
      show: (project) => c.json(projectView(project), 202),
    }),
  );
  return app;
}
