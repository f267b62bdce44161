/** The scenes of a project. */
import { createRoute, z } from "@hono/zod-openapi";
import { MOTIF_WAYS } from "../domain/record/record.ts";
import { sceneView } from "../domain/views/views.ts";
import { listOf } from "../operations/lists.ts";
import { chooseMotif } from "../operations/scenes.ts";
import type { Deps } from "../ports/deps.ts";
import { BODY_PROBLEMS, orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, body, json, listRoute, ProjectParams, pageView, songSpan, Uuid } from "./lib/schemas.ts";

const TAG = "Story";
const MOTIF =
  "How the scene is made if its lyrics repeat those of an earlier scene: see settings.motifs, which null stands for.";

export const Scene = z
  .object({
    id: Uuid,
    project_id: Uuid,
    order_idx: z.int().openapi({ description: "Its position in the film, from 0." }),
    ...songSpan,
    lyric_excerpt: z
      .string()
      .openapi({ description: "The lyrics sung in it, cut where they are long; empty for none." }),
    theme: z.string().openapi({ description: "What the scene shows, in a few words." }),
    ai_reasoning: z
      .string()
      .openapi({ description: "Why the language model proposed it; empty where it did not." }),
    energy: z.number().min(0).max(1).openapi({ description: "0 (still) to 1 (the song's peak)." }),
    origin: z
      .enum(["planned", "manual"])
      .openapi({ description: "planned: by the pipeline. manual: by a person; it is not planned again." }),
    motif: z.enum(MOTIF_WAYS).nullable().openapi({ description: MOTIF }),
    version: z
      .int()
      .openapi({ description: "Rises when the scene is moved in the song, or its `motif` is set." }),
  })
  .openapi("Scene", { description: "A span of the song with one clip." });

const scenes = listRoute({
  name: "scenes",
  operationId: "listScenes",
  tag: TAG,
  summary: "List the scenes",
  description:
    "In the order of the film; none until they are planned. Together they cover the song exactly, without gap or overlap.",
  item: Scene,
});

const choose = createRoute({
  method: "patch",
  path: "/api/projects/{project_id}/scenes/{scene_id}",
  operationId: "updateScene",
  tags: [TAG],
  summary: "Choose how a scene over repeated lyrics is made",
  description:
    "Starts no work: the next run makes what is then missing. What was made for the scene before is kept.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({ scene_id: Uuid.openapi({ param: { name: "scene_id", in: "path" } }) }),
    body: body(z.strictObject({ motif: z.enum(MOTIF_WAYS).nullable().openapi({ description: MOTIF }) })),
  },
  responses: {
    200: json(Scene, "The scene after the change."),
    ...problems(...BODY_PROBLEMS, "unauthenticated", "not_found"),
  },
});

export function sceneRoutes(deps: Deps) {
  const app = router();
  app.openapi(scenes, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(await listOf(deps, c.var.actor, "scenes", { projectId, ...c.req.valid("query") }));
    return c.json(
      pageView(page, (scene) => sceneView(scene, page.fps)),
      200,
    );
  });
  app.openapi(choose, async (c) => {
    const { project_id: projectId, scene_id: sceneId } = c.req.valid("param");
    const { motif } = c.req.valid("json");
    const { scene, fps } = orProblem(await chooseMotif(deps, c.var.actor, { projectId, sceneId, motif }));
    return c.json(sceneView(scene, fps), 200);
  });
  return app;
}
