import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { MOTIF_WAYS, SOFTENING_LEVELS } from "../domain/record/record.ts";
import { promptView, sceneView } from "../domain/views/views.ts";
import { listPrompts, listScenes } from "../operations/lists.ts";
import { chooseMotif, listMotifs } from "../operations/scenes.ts";
import { orRefuse, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
  body,
  Frame,
  json,
  listRoute,
  ProjectParams,
  pageView,
  Seconds,
  Timestamp,
  Uuid,
} from "./lib/schemas.ts";

const TAG = "Story";

export const Scene = z
  .object({
    id: Uuid,
    project_id: Uuid,
    order_idx: z.int().openapi({ description: "Its place in the film, from 0." }),
    start_frame: Frame,
    end_frame: Frame.openapi({ description: "The first frame that is not part of it: scenes meet exactly." }),
    start_seconds: Seconds,
    end_seconds: Seconds,
    lyric_excerpt: z.string(),
    theme: z.string(),
    ai_reasoning: z.string(),
    energy: z.number().min(0).max(1).openapi({ description: "0 is still, 1 is the peak." }),
    origin: z.enum(["planned", "manual"]),
    motif: z.enum(MOTIF_WAYS).nullable().openapi({
      description: "What it is made of where its lyrics were sung before; null: as settings.motifs says.",
    }),
    version: z.int(),
  })
  .openapi("Scene");

export const Prompt = z
  .object({
    id: Uuid,
    project_id: Uuid,
    scene_id: Uuid,
    version: z.int().openapi({ description: "The highest of a scene counts." }),
    image_prompt: z.string(),
    motion_prompt: z.string(),
    negative_prompt: z.string(),
    style_notes: z.string(),
    setting: z.string(),
    shot_type: z.string(),
    mood: z.string(),
    palette: z.array(z.string()).openapi({ description: "Colours as #rrggbb." }),
    generated_by_model: z.string().nullable(),
    edited: z.boolean(),
    softening_level: z.enum(SOFTENING_LEVELS).openapi({
      description: "How plainly it shows the scene: each refusal by moderation leads one level further down.",
    }),
    created_at: Timestamp,
  })
  .openapi("Prompt");

const scenes = listRoute({
  name: "scenes",
  operationId: "listScenes",
  tag: TAG,
  summary: "List the scenes",
  description: "In the order of the film. Together they cover the song exactly: no gap, no overlap.",
  item: Scene,
});

const prompts = listRoute({
  name: "prompts",
  operationId: "listPrompts",
  tag: TAG,
  summary: "List the prompts",
  description: "Newest first, all versions.",
  item: Prompt,
});

const choose = createRoute({
  method: "patch",
  path: "/api/projects/{project_id}/scenes/{scene_id}",
  operationId: "updateScene",
  tags: [TAG],
  summary: "Choose what a scene over repeated lyrics is made of",
  description: "The next run makes what is missing then. What was made for it before is kept.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({ scene_id: Uuid.openapi({ param: { name: "scene_id", in: "path" } }) }),
    body: body(z.strictObject({ motif: z.enum(MOTIF_WAYS).nullable() })),
  },
  responses: {
    200: json(Scene, "As it is now."),
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "payload_too_large",
      "unsupported_media_type",
    ),
  },
});

const Usd = z.number().min(0).openapi({ description: "US dollars, estimated." });
const motifs = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/motifs",
  operationId: "listMotifs",
  tags: [TAG],
  summary: "List lyrics that come again",
  description:
    "Scenes over the same lines are one motif: a chorus. Each says what the project's missing prompts, pictures and clips would cost with its scenes made in each of the ways: the differences are the savings.",
  security: bearerAuth,
  request: { params: ProjectParams },
  responses: {
    200: json(
      z
        .object({
          remaining_usd: Usd.openapi({
            description: "What is still to be bought as things stand, estimated.",
          }),
          motifs: z.array(
            z
              .object({
                key: z.string(),
                lyric: z.string(),
                leader_scene_id: Uuid.openapi({ description: "The first: the others may show what is its." }),
                scenes: z.array(z.object({ scene_id: Uuid, motif: z.enum(MOTIF_WAYS) })),
                remaining_usd: z.object({ new: Usd, vary: Usd, reuse: Usd }),
              })
              .openapi("Motif"),
          ),
        })
        .openapi("Motifs"),
      "All of them.",
    ),
    ...problems("unauthenticated", "not_found"),
  },
});

export function sceneRoutes(deps: Deps) {
  const app = router();
  app.openapi(scenes, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listScenes(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(
      pageView(page, (scene) => sceneView(scene, page.fps)),
      200,
    );
  });
  app.openapi(prompts, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listPrompts(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, promptView), 200);
  });
  app.openapi(choose, async (c) => {
    const { project_id: projectId, scene_id: sceneId } = c.req.valid("param");
    const { motif } = c.req.valid("json");
    const { scene, fps } = orRefuse(await chooseMotif(deps, c.var.actor, { projectId, sceneId, motif }));
    return c.json(sceneView(scene, fps), 200);
  });
  app.openapi(motifs, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const found = orRefuse(await listMotifs(deps, c.var.actor, { projectId }));
    return c.json(
      {
        remaining_usd: found.remainingUsd,
        motifs: found.motifs.map((motif) => ({
          key: motif.key,
          lyric: motif.lyric,
          leader_scene_id: motif.leaderId,
          scenes: Object.entries(motif.ways).map(([scene_id, way]) => ({ scene_id, motif: way })),
          remaining_usd: motif.remainingUsd,
        })),
      },
      200,
    );
  });
  return app;
}
