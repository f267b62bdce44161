import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { CHARGED, STAGES, TASK_STATUSES } from "../domain/record.ts";
import { projectView, taskView } from "../domain/views.ts";
import { cancelRun, requestRun, retry } from "../operations/control.ts";
import { listTasks } from "../operations/lists.ts";
import { IdempotencyHeader, once, REPEAT_PROBLEMS, replayedHeader } from "./idempotency.ts";
import { orRefuse, problems } from "./problem.ts";
import { Project } from "./project-schema.ts";
import { router } from "./router.ts";
import {
  bearerAuth,
  body,
  Failure,
  json,
  listRoute,
  Moment,
  orNull,
  ProjectParams,
  pageView,
  StageName,
  Uuid,
} from "./wire.ts";

const accepted = { ...json(Project, "Accepted: it happens by itself."), headers: replayedHeader };

const run = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/run",
  operationId: "runProject",
  tags: ["Pipeline"],
  summary: "Start the work, up to a stage",
  description:
    "Makes everything that is missing or stale, stage by stage, up to and including `target`; follow it by the feed. It stops where a person must approve, and goes on when they have. It covers the project as it is now: what is edited afterwards waits for another run. Asking again retries what failed and makes nothing twice; tasks that need a decision (`needs_decision`) are left to their own retry.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IdempotencyHeader,
    body: body(z.strictObject({ target: StageName.openapi({ example: "assemble_video" }) })),
  },
  responses: {
    202: accepted,
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "audio_missing",
      "payload_too_large",
      "unsupported_media_type",
      ...REPEAT_PROBLEMS,
    ),
  },
});

const cancel = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/cancel",
  operationId: "cancelProject",
  tags: ["Pipeline"],
  summary: "Stop the work, from a stage on",
  description:
    "Ends the jobs of this stage and of all behind it, and lowers the target. No new attempt starts after the answer; providers are asked to stop what they work on, and what they deliver all the same is kept. Start the run again to go on.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IdempotencyHeader,
    body: body(z.strictObject({ from: StageName.default(STAGES[0]) })),
  },
  responses: {
    202: accepted,
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "payload_too_large",
      "unsupported_media_type",
      ...REPEAT_PROBLEMS,
    ),
  },
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

const Attempt = z
  .object({
    attempt: z.int(),
    at: Moment,
    provider: z.string().nullable(),
    model: z.string().nullable(),
    code: z.string(),
    message: z.string(),
    charged: z.enum(CHARGED),
  })
  .openapi("Attempt", { description: "An attempt that did not bring the result." });

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
    attempts: z.array(Attempt).openapi({ description: "The newest that failed, oldest first." }),
    created_at: Moment,
    updated_at: Moment,
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

export function controlRoutes(deps: Deps) {
  const app = router();
  app.openapi(run, (c) =>
    once(c, deps, "kept", async (deps) => {
      const projectId = c.req.valid("param").project_id;
      const { target } = c.req.valid("json");
      return c.json(projectView(orRefuse(await requestRun(deps, c.var.actor, { projectId, target }))), 202);
    }),
  );
  app.openapi(cancel, (c) =>
    once(c, deps, "kept", async (deps) => {
      const projectId = c.req.valid("param").project_id;
      const { from } = c.req.valid("json");
      return c.json(projectView(orRefuse(await cancelRun(deps, c.var.actor, { projectId, from }))), 202);
    }),
  );
  app.openapi(retryJob, (c) =>
    once(c, deps, "kept", async (deps) => {
      const { project_id: projectId, job_id: jobId } = c.req.valid("param");
      const includeUnknown = c.req.valid("json").include_unknown;
      const project = await retry(deps, c.var.actor, { projectId, jobId, includeUnknown });
      return c.json(projectView(orRefuse(project)), 202);
    }),
  );
  app.openapi(retryTask, (c) =>
    once(c, deps, "kept", async (deps) => {
      const { project_id: projectId, task_id: taskId } = c.req.valid("param");
      return c.json(projectView(orRefuse(await retry(deps, c.var.actor, { projectId, taskId }))), 202);
    }),
  );
  app.openapi(tasks, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listTasks(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, taskView), 200);
  });
  return app;
}
