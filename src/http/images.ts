/** The images of a project. */
import { z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { imageView } from "../domain/views/views.ts";
import { listImages } from "../operations/lists.ts";
import { asset } from "./assets.ts";
import { orRefuse } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { AssetUrl, listRoute, pageView, Uuid } from "./lib/schemas.ts";

export const Image = z
  .object({ ...asset, prompt_id: Uuid.nullable(), origin: z.enum(["generated", "uploaded"]) })
  .openapi("Image");

const images = listRoute({
  name: "images",
  operationId: "listImages",
  tag: "Images and clips",
  summary: "List the images",
  description: "Newest first. The newest completed image of a scene is the one to approve.",
  item: z.object({ ...Image.shape, url: AssetUrl }).openapi("ImageWithUrl"),
});

export function imageRoutes(deps: Deps) {
  const app = router();
  app.openapi(images, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listImages(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(
      pageView(page, (image) => ({ ...imageView(image), url: image.url })),
      200,
    );
  });
  return app;
}
