import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { snapping } from "../domain/cover/beat-grid.ts";
import { FILLS } from "../domain/record/record.ts";
import { MISSING } from "../domain/timeline.ts";
import { beatView, certificateView, lyricsView, span } from "../domain/views/views.ts";
import {
  EXPORT_FORMATS,
  exportTimeline,
  getTimeline,
  type TimelineSceneWithUrl,
} from "../operations/timeline.ts";
import { attachment } from "../storage/filename.ts";
import { orRefuse, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
  CoverCertificate,
  Frame,
  json,
  orNull,
  ProjectParams,
  Seconds,
  Uuid,
} from "./lib/schemas.ts";
import { Beat, Lyrics } from "./project-schema.ts";

const TAG = "Timeline";

const Shown = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("clip"),
      clip_id: Uuid,
      url: z.url(),
      frames: z.int().nullable().openapi({ description: "The clip's own, at its own fps." }),
      fps: z.number().nullable(),
      fill: z.enum(FILLS).nullable().openapi({
        description:
          "How a clip that is shorter than the scene is to be shown; null: from its start, cut at the end.",
      }),
    }),
    z.object({ kind: z.literal("still"), image_id: Uuid, url: z.url() }),
    z.object({ kind: z.literal("card") }),
  ])
  .openapi("Shown", { description: "What to show for the scene now. Addresses hold for an hour at least." });

const TimelineEntry = z
  .object({
    scene_id: Uuid.nullable().openapi({
      description: "Null before the scenes are planned: a line of the lyrics.",
    }),
    start_frame: Frame,
    end_frame: Frame,
    start_seconds: Seconds,
    end_seconds: Seconds,
    title: z.string(),
    lyric: z.string(),
    shown: Shown,
    missing: z
      .enum(MISSING)
      .nullable()
      .openapi({ description: "What it lacks first on its way into the film." }),
    regenerate_reason: z.enum(["too_short", "outdated"]).nullable().openapi({
      description: "Why the clip that it had is not its clip any more: after another mix, say.",
    }),
  })
  .openapi("TimelineEntry");

const Timeline = z
  .object({
    project_id: Uuid,
    fps: z.number(),
    frames: z.int(),
    duration_seconds: Seconds,
    song_url: z.url(),
    entries: z.array(TimelineEntry).openapi({ description: "In song order, without gap or overlap." }),
    certificate: orNull(CoverCertificate).openapi({ description: "Of the scenes as they were planned." }),
    lyrics: orNull(Lyrics),
    beat: orNull(Beat),
    snaps_to_beat: z.boolean().openapi({ description: "Whether cuts are drawn to the beat." }),
    film: z.boolean().openapi({ description: "Whether a film of exactly this exists: see final-videos." }),
  })
  .openapi("Timeline");

const show = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/timeline",
  operationId: "getTimeline",
  tags: [TAG],
  summary: "Play the film as it stands",
  description:
    "Playable at every stage: each scene's clip if it is ready, else its picture, else a card with its lyric. Play `song_url` and show each entry from its start to its end.",
  security: bearerAuth,
  request: { params: ProjectParams },
  responses: {
    200: json(Timeline, "The timeline."),
    ...problems("unauthenticated", "not_found", "audio_missing"),
  },
});

const exported = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/timeline/{format}",
  operationId: "exportTimeline",
  tags: [TAG],
  summary: "Take the timeline elsewhere",
  description:
    "`srt`, `vtt` (with the time of each word) and `lrc` are the lyrics; `otio` (OpenTimelineIO), `fcpxml` (Final Cut Pro, DaVinci Resolve) and `edl` (CMX 3600) are the cuts. Addresses inside hold for a day.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({
      format: z.enum(EXPORT_FORMATS).openapi({ param: { name: "format", in: "path" } }),
    }),
  },
  responses: {
    200: {
      description: "The file, to be saved under the name of the project.",
      headers: { "Content-Disposition": { schema: { type: "string" as const } } },
      content: {
        "application/x-subrip": { schema: z.string() },
        "text/vtt": { schema: z.string() },
        "text/plain": { schema: z.string() },
        "application/json": { schema: z.unknown() },
        "application/xml": { schema: z.string() },
      },
    },
    ...problems("unauthenticated", "not_found", "audio_missing", "invalid_request"),
  },
});

function shownView({ shown, url }: TimelineSceneWithUrl): z.infer<typeof Shown> {
  if (!url || shown.kind === "card") return { kind: "card" };
  if (shown.kind === "still") return { kind: "still", image_id: shown.image.id, url };
  const { clip, fill } = shown;
  return { kind: "clip", clip_id: clip.id, url, frames: clip.frames, fps: clip.fps, fill };
}

export function timelineRoutes(deps: Deps) {
  const app = router();
  app.openapi(show, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const timeline = orRefuse(await getTimeline(deps, c.var.actor, { projectId }));
    const { record, fps, frames, scenes, songUrl, film } = timeline;
    const { lyrics, beat, coverCertificate } = record.project;
    return c.json(
      {
        project_id: projectId,
        fps,
        frames,
        duration_seconds: frames / fps,
        song_url: songUrl,
        entries: scenes.map((entry) => ({
          scene_id: entry.scene?.id ?? null,
          ...span(entry, fps),
          title: entry.title,
          lyric: entry.lyric,
          shown: shownView(entry),
          missing: entry.missing,
          regenerate_reason: entry.regenerateReason,
        })),
        certificate: coverCertificate && certificateView(coverCertificate),
        lyrics: lyrics && lyricsView(lyrics, fps),
        beat: beat && beatView(beat),
        snaps_to_beat: beat !== null && snapping(beat),
        film,
      },
      200,
    );
  });
  app.openapi(exported, async (c) => {
    const { project_id: projectId, format } = c.req.valid("param");
    const { text, contentType, filename } = orRefuse(
      await exportTimeline(deps, c.var.actor, { projectId, format }),
    );
    return c.body(text, 200, {
      "Content-Type": `${contentType}; charset=utf-8`,
      "Content-Disposition": attachment(filename),
    });
  });
  return app;
}
