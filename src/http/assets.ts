/** The members that images and clips share. */
import { z } from "@hono/zod-openapi";
import { AssetStatus, Failure, orNull, Timestamp, Uuid } from "./lib/schemas.ts";

const ProvenanceMark = z
  .object({
    kind: z.enum(["c2pa", "xmp", "aigc", "text"]).openapi({
      description:
        "c2pa: a C2PA manifest store. xmp: an XMP packet. aigc: the label of China's GB 45438-2025. text: a text chunk of a PNG.",
    }),
    bytes: z.int().openapi({ description: "Its size in the file, in bytes." }),
    name: z.string().nullable().openapi({ description: "The keyword of a PNG text chunk; null otherwise." }),
    digital_source_types: z.array(z.string()).openapi({
      description:
        "The terms of IPTC's vocabulary (cv.iptc.org/newscodes/digitalsourcetype) that it states; empty for none.",
    }),
    watermark: z
      .enum(["SynthID"])
      .nullable()
      .openapi({ description: "The watermark in the pixels that it mentions; null for none." }),
  })
  .openapi("ProvenanceMark", {
    description:
      "A statement in the provider's file of how it was made, as it stands there: no signature was checked.",
  });

export const assetShape = {
  id: Uuid,
  project_id: Uuid,
  scene_id: Uuid,
  status: AssetStatus,
  model: z
    .string()
    .nullable()
    .openapi({ description: "The model that makes it; null for an uploaded file." }),
  width: z.int().nullable().openapi({ description: "In pixels; null until it is completed." }),
  height: z.int().nullable().openapi({ description: "In pixels; null until it is completed." }),
  bytes: z
    .int()
    .nullable()
    .openapi({ description: "Size of the file in bytes; null until it is completed." }),
  content_type: z
    .string()
    .nullable()
    .openapi({ description: "Media type of the file; null until it is completed." }),
  provenance: z.array(ProvenanceMark).nullable().openapi({
    description:
      "What the provider's file states about how it was made: empty where it states nothing, null where the file has not been read. The file at `url` has it in full.",
  }),
  error: orNull(Failure).openapi({ description: "Why it failed; null unless `status` is failed." }),
  created_at: Timestamp,
};
