/** The clips of a project: one list. */
import { z } from "@hono/zod-openapi";
import { clipView } from "../domain/views/views.ts";
import { listClips } from "../operations/lists.ts";
import type { Deps } from "../ports/deps.ts";
import { assetShape } from "./assets.ts";
import { orProblem } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { AssetUrl, listRoute, pageView, Seconds, Uuid } from "./lib/schemas.ts";

export const Clip = z
  .object({
    ...assetShape,
    image_id: Uuid.openapi({ description: "The approved image that it was made from." }),
    frames: z
      .int()
      .nullable()
      .openapi({ description: "Frames in the file, at its own `fps`; null until it is completed." }),
    fps: z
      .number()
      .nullable()
      .openapi({ description: "Frames per second of the file; null until it is completed." }),
    duration_seconds: Seconds.nullable().openapi({
      description: "frames ÷ fps; null until it is completed.",
    }),
  })
  .openapi("Clip", { description: "One take of a scene's clip." });

const clips = listRoute({
  name: "clips",
  operationId: "listClips",
  tag: "Images and clips",
  summary: "List the clips",
  description:
    "Newest first, all takes. Which one is the scene's now, the timeline says (`shown`). A clip may be longer than its scene: the film uses its start.",
  item: z
    .object({ ...Clip.shape, url: AssetUrl })
    .openapi("ClipWithUrl", { description: "A clip and where to read it." }),
});

export function clipRoutes(deps: Deps) {
  const app = router();
  app.openapi(clips, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(await listClips(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(
      pageView(page, (clip) => ({ ...clipView(clip), url: clip.url })),
      200,
    );
  });
  return app;
}
