import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { projectView } from "../domain/views/views.ts";
import { confirmAudio } from "../operations/audio.ts";
import { presignUpload } from "../operations/uploads.ts";
import { MAX_AUDIO_BYTES, UPLOAD_CONTENT_TYPES } from "../storage/keys.ts";
import { etagOf } from "./lib/etag.ts";
import { IdempotencyHeader, once, REPEAT_PROBLEMS, replayedHeader } from "./lib/idempotency.ts";
import { orRefuse, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, body, json, ProjectParams, Timestamp, text, Uuid } from "./lib/schemas.ts";
import { Project } from "./project-schema.ts";

const TAG = "Song";

const Upload = z
  .object({
    key: z.string().openapi({ description: "Send it back to confirm the upload." }),
    url: z.url(),
    method: z.literal("PUT"),
    headers: z.record(z.string(), z.string()).openapi({
      description: "To be sent exactly so: they are signed. Browsers set content-length by themselves.",
    }),
    expires_at: Timestamp,
  })
  .openapi("PresignedUpload");

const presign = createRoute({
  method: "post",
  path: "/api/uploads/presign",
  operationId: "presignUpload",
  tags: [TAG],
  summary: "Get a URL to upload a song to",
  description:
    "First of three steps: ask for a URL, PUT the file to it from the browser (once, within 15 minutes), then confirm the key.",
  security: bearerAuth,
  request: {
    headers: IdempotencyHeader,
    body: body(
      z.strictObject({
        project_id: Uuid,
        filename: text(255).min(1).openapi({ example: "night-drive.mp3" }),
        content_type: text(100).openapi({
          description: `One of ${UPLOAD_CONTENT_TYPES.join(", ")}, matching the file name.`,
          example: "audio/mpeg",
        }),
        bytes: z
          .int()
          .min(1)
          .max(MAX_AUDIO_BYTES)
          .openapi({ description: "The exact size of the file.", example: 5_242_880 }),
      }),
    ),
  },
  responses: {
    201: json(Upload, "Where to send the file."),
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "payload_too_large",
      "unsupported_media_type",
      ...REPEAT_PROBLEMS,
    ),
  },
});

const confirm = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/audio",
  operationId: "confirmAudio",
  tags: [TAG],
  summary: "Attach the uploaded song",
  description:
    "Measures the file and attaches it. A file that can not be used is refused with 422 and deleted; `errors[0].code` says why, `detail` is meant to be shown. Another song makes the lyrics of the one before it go, and its scenes too unless `keep_scenes` says that it is the same song. Repeating it is harmless.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IdempotencyHeader,
    body: body(
      z.strictObject({
        key: text(500),
        keep_scenes: z.boolean().default(false).openapi({
          description:
            "True for another mix or edit of the same song: the scenes follow it by their lyrics, with their pictures and, where these still fit, their clips.",
        }),
      }),
    ),
  },
  responses: {
    200: { ...json(Project, "The project with its song."), headers: replayedHeader },
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "upload_missing",
      "payload_too_large",
      "unsupported_media_type",
      "audio_rejected",
      ...REPEAT_PROBLEMS,
    ),
  },
});

export function audioRoutes(deps: Deps) {
  const app = router();

  app.openapi(presign, (c) =>
    once(c, deps, "fresh", async (deps) => {
      const { project_id, filename, content_type, bytes } = c.req.valid("json");
      const upload = orRefuse(
        await presignUpload(deps, c.var.actor, {
          projectId: project_id,
          filename,
          contentType: content_type,
          bytes,
        }),
      );
      const { key, url, headers } = upload;
      const expires_at = upload.expiresAt.toISOString();
      return c.json({ key, url, method: "PUT" as const, headers, expires_at }, 201);
    }),
  );

  app.openapi(confirm, (c) =>
    once(c, deps, "kept", async (deps) => {
      const projectId = c.req.valid("param").project_id;
      const { key, keep_scenes } = c.req.valid("json");
      const project = projectView(
        orRefuse(await confirmAudio(deps, c.var.actor, { projectId, key, keepScenes: keep_scenes })),
      );
      return c.json(project, 200, { ETag: etagOf(project) });
    }),
  );

  return app;
}
