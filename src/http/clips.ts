/** The clips of a project. */
import { z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { clipView } from "../domain/views/views.ts";
import { listClips } from "../operations/lists.ts";
import { asset } from "./assets.ts";
import { orRefuse } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { AssetUrl, listRoute, pageView, Seconds, Uuid } from "./lib/schemas.ts";

export const Clip = z
  .object({
    ...asset,
    image_id: Uuid,
    frames: z.int().nullable(),
    fps: z.number().nullable(),
    duration_seconds: Seconds.nullable(),
  })
  .openapi("Clip");

const clips = listRoute({
  name: "clips",
  operationId: "listClips",
  tag: "Images and clips",
  summary: "List the clips",
  description: "Newest first. A clip may be longer than its scene: the film trims it.",
  item: z.object({ ...Clip.shape, url: AssetUrl }).openapi("ClipWithUrl"),
});

export function clipRoutes(deps: Deps) {
  const app = router();
  app.openapi(clips, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listClips(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(
      pageView(page, (clip) => ({ ...clipView(clip), url: clip.url })),
      200,
    );
  });
  return app;
}
