/** The prompts of scenes. */
import { z } from "@hono/zod-openapi";
import { SOFTENING_LEVELS } from "../domain/record/record.ts";
import { promptView } from "../domain/views/views.ts";
import { listOf } from "../operations/lists.ts";
import type { Deps } from "../ports/deps.ts";
import { orProblem } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { listRoute, pageView, Timestamp, Uuid } from "./lib/schemas.ts";

const TAG = "Story";

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

const prompts = listRoute({
  name: "prompts",
  operationId: "listPrompts",
  tag: TAG,
  summary: "List the prompts",
  description: "Newest first, all versions.",
  item: Prompt,
});

export function promptRoutes(deps: Deps) {
  const app = router();
  app.openapi(prompts, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(
      await listOf(deps, c.var.actor, "prompts", { projectId, ...c.req.valid("query") }),
    );
    return c.json(pageView(page, promptView), 200);
  });
  return app;
}
