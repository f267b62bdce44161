import { createRoute, z } from "@hono/zod-openapi";
import { MAX_AUDIO_BYTES, UPLOAD_CONTENT_TYPES } from "../domain/record/keys.ts";
import { projectView } from "../domain/views/views.ts";
import { confirmAudio } from "../operations/audio.ts";
import { presignUpload } from "../operations/uploads.ts";
import type { Deps } from "../ports/deps.ts";
import { etagHeader, etagOf } from "./lib/etag.ts";
import {
  IDEMPOTENCY_PROBLEMS,
  IdempotencyHeader,
  once,
  onceForProject,
  replayedHeader,
} from "./lib/idempotency.ts";
import { BODY_PROBLEMS, orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, body, json, ProjectParams, Timestamp, text, Uuid } from "./lib/schemas.ts";
import { Project } from "./project-schema.ts";

const TAG = "Song";

const Upload = z
  .object({
    key: z.string().openapi({ description: "Identifies the upload: send it to confirmAudio." }),
    url: z.url().openapi({ description: "Where to PUT the file, once, until `expires_at`." }),
    method: z.literal("PUT"),
    headers: z.record(z.string(), z.string()).openapi({
      description:
        "Headers to send with the PUT, exactly these: they are signed. Browsers set content-length themselves.",
    }),
    expires_at: Timestamp.openapi({ description: "15 minutes from now." }),
  })
  .openapi("PresignedUpload", { description: "A URL for one upload." });

const presign = createRoute({
  method: "post",
  path: "/api/uploads/presign",
  operationId: "presignUpload",
  tags: [TAG],
  summary: "Get a URL to upload a song to",
  description:
    "The first of three steps: ask for a URL, PUT the file to it (once, within 15 minutes), then confirm the key. The file goes straight to the bucket: a browser can send it. A file that is not confirmed within two hours is deleted.",
  security: bearerAuth,
  request: {
    headers: IdempotencyHeader,
    body: body(
      z.strictObject({
        project_id: Uuid.openapi({ description: "The project that the song is for." }),
        filename: text(255).min(1).openapi({
          description: "The file's name; its ending states the format.",
          example: "night-drive.mp3",
        }),
        content_type: text(100).openapi({
          description: `One of ${UPLOAD_CONTENT_TYPES.join(", ")}; it must match the ending of the file name.`,
          example: "audio/mpeg",
        }),
        bytes: z
          .int()
          .min(1)
          .max(MAX_AUDIO_BYTES)
          .openapi({ description: "The exact size of the file, in bytes.", example: 5_242_880 }),
      }),
    ),
  },
  responses: {
    201: json(Upload, "Where and how to send the file."),
    ...problems(...BODY_PROBLEMS, "unauthenticated", "not_found", "limit_reached", ...IDEMPOTENCY_PROBLEMS),
  },
});

const tagged = etagHeader("If-Match and If-None-Match");

const confirm = createRoute({
  method: "post",
  path: "/api/projects/{project_id}/audio",
  operationId: "confirmAudio",
  tags: [TAG],
  summary: "Attach the uploaded song",
  description:
    "Measures the file and attaches it to the project. A file that cannot be used is refused with 422 and deleted: `errors[0].code` says why, and `detail` is a text to show to the user. A song with other bytes removes the lyrics, the beat and the pins of the previous one; the next run plans the scenes anew unless `keep_scenes` is true. Confirming the same key again changes nothing.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    headers: IdempotencyHeader,
    body: body(
      z.strictObject({
        key: text(500).openapi({ description: "`key` of the presigned upload." }),
        keep_scenes: z.boolean().default(false).openapi({
          description:
            "true: this is another mix or edit of the same song. The next run moves the scenes to where their lyrics are sung in it; they keep their images and, where these are long enough, their clips.",
        }),
      }),
    ),
  },
  responses: {
    200: {
      ...json(Project, "The project with its song, measured."),
      headers: { ...tagged, ...replayedHeader },
    },
    ...problems(
      ...BODY_PROBLEMS,
      "unauthenticated",
      "not_found",
      "upload_missing",
      "audio_rejected",
      ...IDEMPOTENCY_PROBLEMS,
    ),
  },
});

export function audioRoutes(deps: Deps) {
  const app = router();

  app.openapi(presign, (c) =>
    once(c, deps, async (deps) => {
      const { project_id, filename, content_type, bytes } = c.req.valid("json");
      const upload = orProblem(
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
    onceForProject(c, deps, {
      work: async (deps) => {
        const projectId = c.req.valid("param").project_id;
        const { key, keep_scenes } = c.req.valid("json");
        return orProblem(await confirmAudio(deps, c.var.actor, { projectId, key, keepScenes: keep_scenes }));
      },
      show: (confirmed) => {
        const project = projectView(confirmed);
        return c.json(project, 200, { ETag: etagOf(project) });
      },
    }),
  );

  return app;
}
