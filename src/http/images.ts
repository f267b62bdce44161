/** The images of a project: one list. */
import { z } from "@hono/zod-openapi";
import { imageView } from "../domain/views/views.ts";
import { listImages } from "../operations/lists.ts";
import type { Deps } from "../ports/deps.ts";
import { assetShape } from "./assets.ts";
import { orProblem } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { AssetUrl, listRoute, pageView, Uuid } from "./lib/schemas.ts";

export const Image = z
  .object({
    ...assetShape,
    prompt_id: Uuid.nullable().openapi({
      description: "The prompt that it was made from; null for none, or where the prompt is gone.",
    }),
    origin: z
      .enum(["generated", "uploaded"])
      .openapi({ description: "generated: made by `model`. uploaded: a person's own file." }),
  })
  .openapi("Image", { description: "One take of a scene's image." });

const images = listRoute({
  name: "images",
  operationId: "listImages",
  tag: "Images and clips",
  summary: "List the images",
  description: "Newest first, all takes. Which one is the scene's now, the timeline says (`shown`).",
  item: z
    .object({ ...Image.shape, url: AssetUrl })
    .openapi("ImageWithUrl", { description: "An image and where to read it." }),
});

export function imageRoutes(deps: Deps) {
  const app = router();
  app.openapi(images, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(await listImages(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(
      pageView(page, (image) => ({ ...imageView(image), url: image.url })),
      200,
    );
  });
  return app;
}
