import { z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { RUNGS } from "../domain/record.ts";
import { promptView, sceneView } from "../domain/views.ts";
import { listPrompts, listScenes } from "../operations/lists.ts";
import { orRefuse } from "./problem.ts";
import { router } from "./router.ts";
import { Frame, listRoute, Moment, pageView, Seconds, Uuid } from "./wire.ts";

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
    rung: z.enum(RUNGS).openapi({
      description: "How plainly it shows the scene: each refusal by moderation leads one rung down.",
    }),
    created_at: Moment,
  })
  .openapi("Prompt");

const scenes = listRoute({
  name: "scenes",
  operationId: "listScenes",
  tag: "Story",
  summary: "List the scenes",
  description: "In the order of the film. Together they cover the song exactly: no gap, no overlap.",
  item: Scene,
});

const prompts = listRoute({
  name: "prompts",
  operationId: "listPrompts",
  tag: "Story",
  summary: "List the prompts",
  description: "Newest first, all versions.",
  item: Prompt,
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
  return app;
}
