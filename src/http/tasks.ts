/** The tasks of a project, and their retry. */
import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { CHARGED, TASK_STATUSES } from "../domain/record/record.ts";
import { projectView, taskView } from "../domain/views/views.ts";
import { listTasks } from "../operations/lists.ts";
import { retry } from "../operations/runs.ts";
import { accepted } from "./lib/accepted.ts";
import { IdempotencyHeader, once, REPEAT_PROBLEMS } from "./lib/idempotency.ts";
import { orRefuse, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
  Failure,
  listRoute,
  orNull,
  ProjectParams,
  pageView,
  StageName,
  Timestamp,
  Uuid,
} from "./lib/schemas.ts";

const retryTask = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/tasks/{task_id}/retry",
  operationId: "retryTask",
  tags: ["Pipeline"],
  summary: "Make one task again",
  description:
    "For a task that failed or was canceled. Where it says `needs_decision`, this is the decision: the provider may charge for it twice.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({ task_id: Uuid.openapi({ param: { name: "task_id", in: "path" } }) }),
    headers: IdempotencyHeader,
  },
  responses: {
    202: accepted,
    ...problems("invalid_request", "unauthenticated", "not_found", "conflict", ...REPEAT_PROBLEMS),
  },
});

const FailedAttempt = z
  .object({
    attempt: z.int(),
    at: Timestamp,
    provider: z.string().nullable(),
    model: z.string().nullable(),
    code: z.string(),
    message: z.string(),
    charged: z.enum(CHARGED),
  })
  .openapi("FailedAttempt", { description: "An attempt that did not bring the result." });

const Task = z
  .object({
    id: Uuid,
    project_id: Uuid,
    job_id: Uuid,
    type: StageName,
    scene_id: Uuid.nullable().openapi({ description: "null for work on the whole song." }),
    status: z.enum(TASK_STATUSES),
    attempt: z.int().openapi({ description: "Counts every attempt, waits for our turn included." }),
    provider: z.string().nullable(),
    model: z.string().nullable().openapi({ description: "Whom it is with; another one after a switch." }),
    cost_estimated_usd: z.number(),
    cost_charged_usd: z.number().nullable(),
    charged: z.enum(CHARGED),
    needs_decision: z.boolean().openapi({
      description: "It may have been paid for and nobody can tell: only its own retry makes it again.",
    }),
    error: orNull(Failure),
    failed_attempts: z.array(FailedAttempt).openapi({ description: "The newest that failed, oldest first." }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .openapi("Task", { description: "One unit of a job: one image, one clip, one transcription." });

const tasks = listRoute({
  name: "tasks",
  operationId: "listTasks",
  tag: "Pipeline",
  summary: "List the tasks",
  description: "Newest first: what each unit of work cost, whom it is with, and what went wrong on the way.",
  item: Task,
});

export function taskRoutes(deps: Deps) {
  const app = router();
  app.openapi(tasks, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listTasks(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, taskView), 200);
  });
  app.openapi(retryTask, (c) =>
    once(c, deps, "kept", async (deps) => {
      const { project_id: projectId, task_id: taskId } = c.req.valid("param");
      return c.json(projectView(orRefuse(await retry(deps, c.var.actor, { projectId, taskId }))), 202);
    }),
  );
  return app;
}
