/** The file of a film without edit lists, at the signed URL that `getFinalVideo` returns. */
import { createRoute, z } from "@hono/zod-openapi";
import { attachment } from "../domain/views/filename.ts";
import { FILM_FILE_PATH, fileWithoutEdits } from "../operations/film-file.ts";
import type { Deps } from "../ports/deps.ts";
import { problem, problems } from "./lib/problem.ts";
import { byteRange } from "./lib/range.ts";
import { router } from "./lib/router.ts";
import { Uuid } from "./lib/schemas.ts";

const file = createRoute({
  method: "get",
  path: FILM_FILE_PATH,
  operationId: "readFilmWithoutEdits",
  tags: ["Films"],
  summary: "Read a film without edit lists",
  description:
    "Use the URL that getFinalVideo returns with `edits=none`: its signature stands in for a token. Supports one byte range.",
  request: {
    params: z.object({ film_id: Uuid.openapi({ param: { name: "film_id", in: "path" } }) }),
    query: z.object({
      expires: z.coerce
        .number()
        .int()
        .min(0)
        .max(1e11)
        .openapi({
          type: "integer",
          minimum: 0,
          maximum: 1e11,
          param: { name: "expires", in: "query", required: true },
          description: "When the URL expires, in seconds since 1970 (UTC).",
        }),
      signature: z.string().max(64).openapi({ description: "Signs the film's id and `expires`." }),
      download: z
        .literal("1")
        .optional()
        .openapi({ description: "1: browsers save the file. Leave it out to play it." }),
    }),
  },
  responses: {
    200: {
      description: "The file.",
      content: { "video/mp4": { schema: { type: "string", format: "binary" } } },
    },
    206: {
      description: "The range that was asked for.",
      content: { "video/mp4": { schema: { type: "string", format: "binary" } } },
    },
    416: { description: "The file does not have this range; no body." },
    ...problems("invalid_request", "not_found"),
  },
});

const GONE = "There is no such file, or its URL has expired. Read the film again to get a new one.";

export function filmFileRoutes(deps: Deps) {
  const app = router();
  app.openapi(file, async (c) => {
    const { expires, signature, download } = c.req.valid("query");
    const filmId = c.req.valid("param").film_id;
    const found = await fileWithoutEdits(deps, { filmId, expires, signature, download: download === "1" });
    if (!found) return problem(c, { code: "not_found", detail: GONE });
    const { bytes, filename } = found;
    const etag = `"${found.etag}-without-edits"`;
    const unchanged = c.req.header("if-range") ?? etag;
    const range = byteRange(unchanged === etag ? c.req.header("range") : undefined, bytes);
    const headers: Record<string, string> = {
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=3600",
      "cross-origin-resource-policy": "cross-origin",
      etag,
    };
    if (range.kind === "unsatisfiable")
      return new Response(null, {
        status: 416,
        headers: { ...headers, "content-range": `bytes */${bytes}` },
      });
    const { start, end } = range.kind === "part" ? range : { start: 0, end: bytes };
    headers["content-type"] = "video/mp4";
    headers["content-length"] = String(end - start);
    if (range.kind === "part") headers["content-range"] = `bytes ${start}-${end - 1}/${bytes}`;
    if (filename !== null) headers["content-disposition"] = attachment(filename);
    const status = range.kind === "part" ? 206 : 200;
    if (c.req.method === "HEAD") return new Response(null, { status, headers });
    const body = await found.open(start, end);
    return body ? new Response(body, { status, headers }) : problem(c, { code: "not_found", detail: GONE });
  });
  return app;
}
