/** Schemas that several resources use, and the routes that list a project's resources. */
import { createRoute, z } from "@hono/zod-openapi";
import { policyOf } from "../../domain/controller/stages/index.ts";
import { FAILURES } from "../../domain/record/failure-codes.ts";
import { PUBLIC_FAILURE_CODES } from "../../domain/record/failures.ts";
import { STAGES } from "../../domain/record/record.ts";
import { explained, problems } from "./problem.ts";

export { text } from "../../domain/record/text.ts";

export const Uuid = z.uuid().openapi({ example: "0193a5b2-7c1e-7000-8000-3f2a9c1d5e70" });
export const Timestamp = z.iso.datetime().openapi({ example: "2026-11-22T17:30:00.000Z" });
export const Frame = z.int().min(0).openapi({ description: "Frame of song time, from 0: seconds × fps." });
export const Seconds = z.number().min(0);
/** A span of song time, in frames and in seconds. */
export const songSpan = {
  start_frame: Frame.openapi({ description: "Its first frame of song time: seconds × fps, from 0." }),
  end_frame: Frame.openapi({ description: "The first frame after it." }),
  start_seconds: Seconds.openapi({ description: "Seconds from the start of the song." }),
  end_seconds: Seconds.openapi({ description: "Seconds from the start of the song." }),
};
export const StageName = z.enum(STAGES).openapi("Stage", {
  description: `The stages, in their order: ${STAGES.map((stage) => `${stage} (${policyOf(stage).summary})`).join(", ")}. A clip is made once its image is approved, the film once every clip is.`,
});

export const FailureCode = z.enum(PUBLIC_FAILURE_CODES).openapi("FailureCode", {
  description: explained(
    "The kind of failure, for programs. Each code is explained at `/docs#failure-<code>`.",
    Object.entries(FAILURES).map(([code, { meaning }]) => [code, meaning]),
  ),
});

export const Failure = z
  .object({
    code: FailureCode,
    message: z.string().openapi({ description: "What went wrong, in a sentence to show to the user." }),
    retryable: z.boolean().openapi({ description: "Whether a retry without any change may help." }),
    next_action: z.string().nullable().openapi({
      description: "What the user, or the operator, can do about it; null where there is no advice.",
    }),
  })
  .openapi("Failure", { description: "Why something failed or was canceled." });

/** A named schema or null. (`nullable()` would make the component itself nullable, wherever it is used.) */
export const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]);

export const CoverCertificate = z
  .object({
    frames: z.int().openapi({ description: "Frames of the song, all of them covered." }),
    scenes: z.int().openapi({ description: "Number of scenes." }),
    gaps: z.int().openapi({ description: "Number of gaps between scenes: 0." }),
    overlaps: z.int().openapi({ description: "Number of overlaps of scenes: 0." }),
    repairs: z.array(z.string()).openapi({
      description:
        "What was changed in the scenes that the language model proposed, or left out, one sentence each.",
    }),
  })
  .openapi("CoverCertificate", {
    description: "Proof that the scenes cover the song exactly: gaps and overlaps are 0.",
  });

export const AssetStatus = z.enum(["pending", "completed", "failed"]).openapi({
  description:
    "pending: ordered or being made, no file yet. completed: its file can be read. failed: `error` says why.",
});

export const AssetUrl = z.url().nullable().openapi({
  description: "URL to read the file from, valid for at least an hour; null until it is completed.",
});

export const ProjectParams = z.object({
  project_id: Uuid.openapi({ param: { name: "project_id", in: "path" } }),
});

export const PageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(50)
    .openapi({ description: "Most items on a page." }),
  cursor: z
    .string()
    .max(200)
    .optional()
    .openapi({ description: "`next_cursor` of the previous page; leave it out for the first page." }),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item).openapi({ description: "The page, in the order that the operation states." }),
    next_cursor: z
      .string()
      .nullable()
      .openapi({ description: "Send it as `cursor` to get the next page; null on the last page." }),
  });

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** A required JSON body. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { "application/json": { schema } },
});

export const bearerAuth: Record<string, string[]>[] = [{ bearer: [] }];

/** GET /api/projects/{project_id}/<name>: one page of the project's resources of that name. */
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

/** A page as JSON, each item through `view`. */
export const pageView = <T, V>(page: { items: T[]; nextCursor: string | null }, view: (item: T) => V) => ({
  items: page.items.map(view),
  next_cursor: page.nextCursor,
});
