/** Parts that the schemas of several resources are made of. */
import { createRoute, z } from "@hono/zod-openapi";
import { STAGES } from "../../domain/record/record.ts";
import { problems } from "./problem.ts";

export const Uuid = z.uuid().openapi({ example: "0193a5b2-7c1e-7000-8000-3f2a9c1d5e70" });
export const Timestamp = z.iso.datetime().openapi({ example: "2026-11-22T17:30:00.000Z" });
export const Frame = z.int().min(0).openapi({ description: "A frame of song time; seconds × fps." });
export const Seconds = z.number().min(0);
export const StageName = z.enum(STAGES).openapi("Stage", {
  description:
    "The stages in their order: transcribe, analyze_scenes, generate_prompts, generate_images, generate_clips, assemble_video. Clips wait until images are approved, the film until clips are.",
});

/** Text that Postgres can keep: no NUL, no half of a surrogate pair. */
export const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((s) => s.isWellFormed() && !s.includes("\0"), "Must be valid Unicode without NUL characters");

export const Failure = z
  .object({
    code: z.string(),
    message: z.string().openapi({ description: "What went wrong, for the person who reads it." }),
    retryable: z.boolean().openapi({ description: "Whether starting the run again may help." }),
    next_action: z.string().nullable().openapi({ description: "What the person can do about it." }),
  })
  .openapi("Failure");

/** A named schema or null. `nullable()` would make its component nullable wherever it is used. */
export const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]);

export const CoverCertificate = z
  .object({
    frames: z.int(),
    scenes: z.int(),
    gaps: z.int(),
    overlaps: z.int(),
    repairs: z.array(z.string()).openapi({
      description: "What had to be changed of the director's proposal, and what was left out, in words.",
    }),
  })
  .openapi("CoverCertificate", {
    description: "That the scenes cover the song exactly: gaps and overlaps are 0.",
  });

export const AssetStatus = z.enum(["pending", "completed", "failed"]);

export const AssetUrl = z
  .url()
  .nullable()
  .openapi({ description: "Where to read the file, for an hour at least; null until it is completed." });

export const ProjectParams = z.object({
  project_id: Uuid.openapi({ param: { name: "project_id", in: "path" } }),
});

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z
    .string()
    .max(200)
    .optional()
    .openapi({ description: "next_cursor of the page before; absent for the first." }),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().openapi({ description: "null on the last page." }),
  });

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** A body that must be there. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { "application/json": { schema } },
});

export const bearerAuth: Record<string, string[]>[] = [{ bearer: [] }];

/** GET /api/projects/{project_id}/<name>: one page of what belongs to a project. */
export const listRoute = <const Name extends string, Item extends z.ZodType>(list: {
  name: Name;
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  item: Item;
}) =>
  createRoute({
    method: "get",
    path: `/api/projects/{project_id}/${list.name}`,
    operationId: list.operationId,
    tags: [list.tag],
    summary: list.summary,
    description: list.description,
    security: bearerAuth,
    request: { params: ProjectParams, query: PageQuery },
    responses: {
      200: json(pageOf(list.item), "One page."),
      ...problems("invalid_request", "invalid_cursor", "unauthenticated", "not_found"),
    },
  });

/** A page as it goes out, each item by its view. */
export const pageView = <T, V>(page: { items: T[]; nextCursor: string | null }, view: (item: T) => V) => ({
  items: page.items.map(view),
  next_cursor: page.nextCursor,
});
