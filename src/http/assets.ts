import { z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { clipView, imageView } from "../domain/views.ts";
import { listClips, listImages } from "../operations/lists.ts";
import { orRefuse } from "./problem.ts";
import { router } from "./router.ts";
import {
  AssetStatus,
  AssetUrl,
  Failure,
  listRoute,
  Moment,
  orNull,
  pageView,
  Seconds,
  Uuid,
} from "./wire.ts";

const ProvenanceMark = z
  .object({
    kind: z.enum(["c2pa", "xmp", "aigc", "text"]).openapi({
      description:
        "A C2PA manifest store, an XMP packet, the label of China's GB 45438-2025, or a note of a PNG.",
    }),
    bytes: z.int().openapi({ description: "How much of the file it is." }),
    name: z.string().nullable().openapi({ description: "The keyword of a note." }),
    digital_source_types: z.array(z.string()).openapi({
      description: "What it states of IPTC's terms (cv.iptc.org/newscodes/digitalsourcetype).",
    }),
    watermark: z
      .enum(["SynthID"])
      .nullable()
      .openapi({ description: "A watermark in the pictures that it speaks of." }),
  })
  .openapi("ProvenanceMark", { description: "Told as it stands in the file; no signature was checked." });

const asset = {
  id: Uuid,
  project_id: Uuid,
  scene_id: Uuid,
  status: AssetStatus,
  model: z.string().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  bytes: z.int().nullable(),
  content_type: z.string().nullable(),
  provenance: z.array(ProvenanceMark).nullable().openapi({
    description:
      "What the provider's file says of how it was made; null until somebody has looked. The file at `url` has it in full.",
  }),
  error: orNull(Failure),
  created_at: Moment,
};

export const Image = z
  .object({ ...asset, prompt_id: Uuid.nullable(), origin: z.enum(["generated", "uploaded"]) })
  .openapi("Image");

export const Clip = z
  .object({
    ...asset,
    image_id: Uuid,
    frames: z.int().nullable(),
    fps: z.number().nullable(),
    duration_seconds: Seconds.nullable(),
  })
  .openapi("Clip");

const images = listRoute({
  name: "images",
  operationId: "listImages",
  tag: "Images and clips",
  summary: "List the images",
  description: "Newest first. The newest completed image of a scene is the one to approve.",
  item: z.object({ ...Image.shape, url: AssetUrl }).openapi("ImageWithUrl"),
});

const clips = listRoute({
  name: "clips",
  operationId: "listClips",
  tag: "Images and clips",
  summary: "List the clips",
  description: "Newest first. A clip may be longer than its scene: the film trims it.",
  item: z.object({ ...Clip.shape, url: AssetUrl }).openapi("ClipWithUrl"),
});

export function assetRoutes(deps: Deps) {
  const app = router();
  app.openapi(images, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listImages(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(
      pageView(page, (image) => ({ ...imageView(image), url: image.url })),
      200,
    );
  });
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
