/** The tasks of a project: their list, and the retry of one. */
import { createRoute, z } from "@hono/zod-openapi";
import { CHARGED, TASK_STATUSES } from "../domain/record/record.ts";
import { MAX_FEED_TASKS, projectView, taskView } from "../domain/views/views.ts";
import { listOf } from "../operations/lists.ts";
import { retryTasks } from "../operations/runs.ts";
import type { Deps } from "../ports/deps.ts";
import { accepted } from "./accepted.ts";
import { IDEMPOTENCY_PROBLEMS, IdempotencyHeader, onceForProject } from "./lib/idempotency.ts";
import { orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
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

const retryTask = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/tasks/{task_id}/retry",
  operationId: "retryTask",
  tags: ["Pipeline"],
  summary: "Retry a task",
  description:
    "Retries a task that failed or was canceled. For one with `needs_decision`, this is the decision: the provider may charge for it twice. 409 where the task neither failed nor was canceled.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({ task_id: Uuid.openapi({ param: { name: "task_id", in: "path" } }) }),
    headers: IdempotencyHeader,
  },
  responses: {
    202: accepted,
    ...problems("invalid_request", "unauthenticated", "not_found", "conflict", ...IDEMPOTENCY_PROBLEMS),
  },
});

const FailedAttempt = z
  .object({
    attempt: z.int().openapi({ description: "Number of the attempt, as in the task's `attempt`." }),
    at: Timestamp.openapi({ description: "When it failed." }),
    provider: z.string().nullable().openapi({ description: "As in the task, at that time." }),
    model: z.string().nullable().openapi({ description: "As in the task, at that time." }),
    code: FailureCode,
    message: z.string().openapi({ description: "What went wrong, in a sentence to show to the user." }),
    charged: z.enum(CHARGED).openapi({ description: "Whether the provider charged for it." }),
  })
  .openapi("FailedAttempt", { description: "An attempt that failed." });

const Task = z
  .object({
    id: Uuid,
    project_id: Uuid,
    job_id: Uuid,
    type: StageName,
    scene_id: Uuid.nullable().openapi({
      description: "The scene that it is for; null for work on the whole song.",
    }),
    status: z.enum(TASK_STATUSES).openapi({
      description:
        "pending: waits for its first or next attempt. running: a worker works on it. waiting: a provider works on its order. succeeded. failed: no further attempt is made. canceled: by a person, or because it is no longer needed.",
    }),
    attempt: z.int().openapi({
      description:
        "Number of the current or last attempt, from 1. Delays by a rate limiter count as attempts.",
    }),
    provider: z.string().nullable().openapi({
      description:
        "The provider of the current attempt; null for work that no provider does. May change between attempts.",
    }),
    model: z.string().nullable().openapi({
      description:
        "The model of the current attempt; null without a provider. Changes when the task falls back.",
    }),
    cost_estimated_usd: z.number().openapi({
      description: "US dollars that one attempt is estimated to cost; reserved while it is under way.",
    }),
    cost_charged_usd: z.number().nullable().openapi({
      description:
        "US dollars that the last successful attempt cost, estimated where the provider does not say; null where none succeeded. A song transcribed in parts: its last part.",
    }),
    charged: z.enum(CHARGED).openapi({
      description: "Whether the provider charged for the newest attempt that ended; unknown: it may have.",
    }),
    needs_decision: z.boolean().openapi({
      description:
        "true: it failed with an unknown outcome and may have been charged. No run repeats it; retryTask does, or retryJob with `include_unknown`.",
    }),
    error: orNull(Failure).openapi({
      description: "The newest failure, or why the task was canceled; null before any, and once it succeeds.",
    }),
    failed_attempts: z
      .array(FailedAttempt)
      .openapi({ description: "The newest attempts that failed, up to 20, oldest first." }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .openapi("Task", { description: "One unit of a job, such as one image, one clip or the transcription." });

/** Without what changes at every attempt or can be long: see `feedTaskView`. */
export const FeedTask = Task.omit({
  attempt: true,
  cost_charged_usd: true,
  charged: true,
  failed_attempts: true,
  created_at: true,
  updated_at: true,
}).openapi("FeedTask", {
  description: `A task as the feed sends it; listTasks has the rest. The feed has the open tasks, those that failed in the current run and were not retried, and those with \`needs_decision\`; at most the ${MAX_FEED_TASKS} newest. It removes a task that succeeded: what it made is an entity of its own.`,
});

const tasks = listRoute({
  name: "tasks",
  operationId: "listTasks",
  tag: "Pipeline",
  summary: "List the tasks",
  description:
    "Newest first: for each unit of work its provider and model, what it cost, and the attempts that failed.",
  item: Task,
});

export function taskRoutes(deps: Deps) {
  const app = router();
  app.openapi(tasks, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(await listOf(deps, c.var.actor, "tasks", { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, taskView), 200);
  });
  app.openapi(retryTask, (c) =>
    onceForProject(c, deps, {
      work: async (deps) => {
        const { project_id: projectId, task_id: taskId } = c.req.valid("param");
        return orProblem(await retryTasks(deps, c.var.actor, { projectId, taskId }));
      },
      show: (project) => c.json(projectView(project), 202),
    }),
  );
  return app;
}
