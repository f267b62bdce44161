import { createRoute, z } from "@hono/zod-openapi";
import { tappedBeat } from "../domain/cover/beat-grid.ts";
import { projectView } from "../domain/views/views.ts";
import {
  createProject,
  editProject,
  getProject,
  listProjects,
  removeProject,
} from "../operations/projects.ts";
import type { Deps } from "../ports/deps.ts";
import {
  etagHeader,
  etagOf,
  IfNoneMatch,
  isFresh,
  notModified,
  revalidated,
  versionsOf,
} from "./lib/etag.ts";
import {
  IDEMPOTENCY_PROBLEMS,
  IdempotencyHeader,
  onceForProject,
  replayedHeader,
} from "./lib/idempotency.ts";
import { BODY_PROBLEMS, orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, body, json, orNull, PageQuery, ProjectParams, pageOf, pageView } from "./lib/schemas.ts";
import { Name, Pin, Project, toPin } from "./project-schema.ts";
import { SettingsInput, toPatch } from "./settings-schema.ts";
import { BeatInput } from "./song-schema.ts";

const IfMatch = z.object({
  "if-match": z.string().optional().openapi({
    description:
      "The ETag of the project as you read it. The edit is refused with 412 if it has been edited since.",
  }),
});

const TAG = "Projects";
const tagged = etagHeader("If-Match and If-None-Match");
const locationHeader = {
  Location: { description: "Path of the project.", schema: { type: "string" as const } },
};

const create = createRoute({
  method: "post",
  path: "/api/projects",
  operationId: "createProject",
  tags: [TAG],
  summary: "Create a project",
  description: "Settings that are left out have their defaults. Nothing is made yet.",
  security: bearerAuth,
  request: {
    headers: IdempotencyHeader,
    body: body(z.strictObject({ name: Name, settings: SettingsInput.optional() })),
  },
  responses: {
    201: {
      ...json(Project, "The new project."),
      headers: { ...tagged, ...locationHeader, ...replayedHeader },
    },
    ...problems(...BODY_PROBLEMS, "unauthenticated", "limit_reached", ...IDEMPOTENCY_PROBLEMS),
  },
});

const total = z.int().openapi({ description: "Number of all your projects; only with `total=true`." });

const list = createRoute({
  method: "get",
  path: "/api/projects",
  operationId: "listProjects",
  tags: [TAG],
  summary: "List your projects",
  description: "Newest first.",
  security: bearerAuth,
  request: {
    query: PageQuery.extend({
      total: z
        .enum(["true", "false"])
        .default("false")
        .openapi({ description: "true: the response also has `total`." }),
    }),
  },
  responses: {
    200: json(pageOf(Project).extend({ total: total.optional() }), "One page."),
    ...problems("invalid_request", "invalid_cursor", "unauthenticated"),
  },
});

const get = createRoute({
  method: "get",
  path: "/api/projects/{project_id}",
  operationId: "getProject",
  tags: [TAG],
  summary: "Read a project",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IfNoneMatch,
  },
  responses: {
    200: { ...json(Project, "The project."), headers: tagged },
    304: notModified(tagged),
    ...problems("unauthenticated", "not_found"),
  },
});

const EDIT_PROBLEMS = problems(
  ...BODY_PROBLEMS,
  "unauthenticated",
  "not_found",
  "conflict",
  "precondition_failed",
);

const replace = createRoute({
  method: "put",
  path: "/api/projects/{project_id}",
  operationId: "replaceProject",
  tags: [TAG],
  summary: "Replace the name and the settings",
  description: "Settings that are left out go back to their defaults. The beat and the pins stay.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IfMatch,
    body: body(z.strictObject({ name: Name, settings: SettingsInput.optional() })),
  },
  responses: {
    200: { ...json(Project, "The project after the edit."), headers: tagged },
    ...EDIT_PROBLEMS,
  },
});

const patch = createRoute({
  method: "patch",
  path: "/api/projects/{project_id}",
  operationId: "updateProject",
  tags: [TAG],
  summary: "Change the name, some settings, the beat or the pins",
  description:
    "Members that are left out keep their value. An edit starts no work and costs nothing: what depends on it waits for the next run, and other work under way goes on. What was made before an edit counts again once the edit is taken back.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IfMatch,
    body: body(
      z
        .strictObject({
          name: Name,
          settings: SettingsInput,
          beat: orNull(BeatInput).openapi({
            description:
              "The beat as a person tapped it; null removes it, and the next plan of scenes estimates one.",
          }),
          pins: z.array(Pin).max(500).openapi({ description: "Replaces all pins." }),
        })
        .partial()
        .refine(
          (edit) => Object.keys(edit).length > 0,
          "Send at least one of name, settings, beat and pins.",
        ),
    ),
  },
  responses: {
    200: { ...json(Project, "The project after the edit."), headers: tagged },
    ...EDIT_PROBLEMS,
  },
});

const remove = createRoute({
  method: "delete",
  path: "/api/projects/{project_id}",
  operationId: "deleteProject",
  tags: [TAG],
  summary: "Delete a project with everything in it",
  description:
    "After 204 or 404 nothing of it is left, files included. After 503 some files may be left: send it again.",
  security: bearerAuth,
  request: { params: ProjectParams },
  responses: { 204: { description: "Deleted; no body." }, ...problems("unauthenticated", "not_found") },
});

export function projectRoutes(deps: Deps) {
  const app = router();

  app.openapi(create, (c) =>
    onceForProject(c, deps, {
      work: async (deps) => {
        const { name, settings } = c.req.valid("json");
        const input = { name, settings: toPatch(settings ?? {}) };
        return orProblem(await createProject(deps, c.var.actor, input));
      },
      show: (created) => {
        const project = projectView(created);
        return c.json(project, 201, { Location: `/api/projects/${project.id}`, ETag: etagOf(project) });
      },
    }),
  );

  app.openapi(list, async (c) => {
    const { total, ...page } = c.req.valid("query");
    const found = orProblem(await listProjects(deps, c.var.actor, { ...page, total: total === "true" }));
    const counted = found.total === undefined ? {} : { total: found.total };
    return c.json({ ...pageView(found, projectView), ...counted }, 200);
  });

  app.openapi(get, async (c) => {
    const { project_id } = c.req.valid("param");
    const project = projectView(orProblem(await getProject(deps, c.var.actor, project_id)));
    const headers = revalidated(etagOf(project));
    if (isFresh(c.req.valid("header")["if-none-match"], headers.ETag)) return c.body(null, 304, headers);
    return c.json(project, 200, headers);
  });

  app.openapi(replace, async (c) => {
    const { name, settings } = c.req.valid("json");
    const project = projectView(
      orProblem(
        await editProject(deps, c.var.actor, {
          projectId: c.req.valid("param").project_id,
          name,
          settings: toPatch(settings ?? {}),
          replace: true,
          expected: versionsOf(c.req.valid("header")["if-match"]),
        }),
      ),
    );
    return c.json(project, 200, { ETag: etagOf(project) });
  });

  app.openapi(patch, async (c) => {
    const { name, settings, beat, pins } = c.req.valid("json");
    const project = projectView(
      orProblem(
        await editProject(deps, c.var.actor, {
          projectId: c.req.valid("param").project_id,
          name,
          settings: settings && toPatch(settings),
          beat:
            beat &&
            tappedBeat({
              bpm: beat.bpm,
              offsetSeconds: beat.offset_seconds,
              beatsPerBar: beat.beats_per_bar,
            }),
          pins: pins?.map(toPin),
          replace: false,
          expected: versionsOf(c.req.valid("header")["if-match"]),
        }),
      ),
    );
    return c.json(project, 200, { ETag: etagOf(project) });
  });

  app.openapi(remove, async (c) => {
    orProblem(await removeProject(deps, c.var.actor, c.req.valid("param").project_id));
    return c.body(null, 204);
  });

  return app;
}
