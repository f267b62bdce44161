/** What images and clips have in common. */
import { z } from "@hono/zod-openapi";
import { AssetStatus, Failure, orNull, Timestamp, Uuid } from "./lib/schemas.ts";

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

export const asset = {
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
  created_at: Timestamp,
};
