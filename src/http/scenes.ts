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
  json,
  listRoute,
  ProjectParams,
  pageView,
  songSpan,
  Timestamp,
  Uuid,
} from "./lib/schemas.ts";

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

export const Prompt = z
  .object({
    id: Uuid,
    project_id: Uuid,
    scene_id: Uuid,
    version: z.int().openapi({ description: "Counts the prompts of a scene, from 1." }),
    image_prompt: z.string().openapi({ description: "What the image model is told." }),
    motion_prompt: z.string().openapi({ description: "What the clip model is told." }),
    negative_prompt: z
      .string()
      .openapi({ description: "What neither should show, for models that take this." }),
    style_notes: z.string().openapi({ description: "What must stay the same in every shot of the film." }),
    setting: z.string().openapi({ description: "Where the scene takes place." }),
    shot_type: z.string().openapi({ description: "The camera's shot: `wide`, say." }),
    mood: z.string().openapi({ description: "The mood, in words." }),
    palette: z.array(z.string()).openapi({ description: "Colours as #rrggbb." }),
    generated_by_model: z
      .string()
      .nullable()
      .openapi({ description: "The language model that wrote it; null for a person." }),
    edited: z.boolean().openapi({ description: "true: a person wrote or changed it." }),
    softening_level: z.enum(SOFTENING_LEVELS).openapi({
      description:
        "How plainly it shows the scene. Each refusal by moderation leads one level further: literal, implied, symbolic.",
    }),
    created_at: Timestamp,
  })
  .openapi("Prompt", { description: "The words that a scene's image and clip are made from." });

const scenes = listRoute({
  name: "scenes",
  operationId: "listScenes",
  tag: TAG,
  summary: "List the scenes",
  description:
    "In the order of the film; none until they are planned. Together they cover the song exactly, without gap or overlap.",
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

const Usd = (description: string) => z.number().min(0).openapi({ description });
const motifs = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/motifs",
  operationId: "listMotifs",
  tags: [TAG],
  summary: "List the motifs: scenes over the same lyrics",
  description:
    "A motif is two or more scenes over the same lyrics, such as a chorus. For each way of making its scenes, `remaining_usd` says what the prompts, images and clips that the project lacks would then cost: the differences are the savings.",
  security: bearerAuth,
  request: { params: ProjectParams },
  responses: {
    200: json(
      z
        .object({
          remaining_usd: Usd(
            "US dollars that the missing prompts, images and clips cost as chosen now, estimated.",
          ),
          motifs: z
            .array(
              z
                .object({
                  key: z
                    .string()
                    .openapi({ description: "Identifies the lyrics: the same words have the same key." }),
                  lyric: z.string().openapi({ description: "The lyrics, as in its first scene." }),
                  leader_scene_id: Uuid.openapi({
                    description: "Its first scene, whose image or clip the others may use.",
                  }),
                  scenes: z
                    .array(
                      z.object({
                        scene_id: Uuid,
                        motif: z
                          .enum(MOTIF_WAYS)
                          .openapi({ description: "How it is made now, by its own choice or the settings." }),
                      }),
                    )
                    .openapi({ description: "Its other scenes, in the order of the film." }),
                  remaining_usd: z
                    .object({
                      new: Usd("With all of them made new."),
                      vary: Usd("With all of them varied."),
                      reuse: Usd("With all of them reusing its clip."),
                    })
                    .openapi({
                      description:
                        "US dollars that the whole project would still cost, estimated, by how `scenes` are made.",
                    }),
                })
                .openapi("Motif", { description: "Scenes over the same lyrics." }),
            )
            .openapi({ description: "In the order of their first scenes." }),
        })
        .openapi("Motifs", { description: "The motifs of a project." }),
      "All motifs.",
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
