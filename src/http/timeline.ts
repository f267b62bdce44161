import { createRoute, z } from "@hono/zod-openapi";
import { snapping } from "../domain/cover/beat-grid.ts";
import { FILLS } from "../domain/record/record.ts";
import { MISSING } from "../domain/timeline.ts";
import { attachment } from "../domain/views/filename.ts";
import { beatView, certificateView, lyricsView, span } from "../domain/views/views.ts";
import {
  EXPORT_FORMATS,
  exportTimeline,
  getTimeline,
  type TimelineSceneWithUrl,
} from "../operations/timeline.ts";
import type { Deps } from "../ports/deps.ts";
import { orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
  CoverCertificate,
  json,
  orNull,
  ProjectParams,
  Seconds,
  songSpan,
  Uuid,
} from "./lib/schemas.ts";
import { Lyrics } from "./lyrics.ts";
import { Beat } from "./song-schema.ts";

const TAG = "Timeline";

const FileUrl = z.url().openapi({ description: "URL to read the file from, valid for at least an hour." });
const Shown = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("clip"),
      clip_id: Uuid,
      url: FileUrl,
      frames: z
        .int()
        .nullable()
        .openapi({ description: "Frames in the file, at its own `fps`; null where they were not counted." }),
      fps: z
        .number()
        .nullable()
        .openapi({ description: "Frames per second of the file; null where it was not measured." }),
      fill: z.enum(FILLS).nullable().openapi({
        description:
          "For a clip that is shorter than the scene: slow it down (stretch), hold its last frame (hold), or play it again (loop). null: play it from its start and cut it at the scene's end.",
      }),
    }),
    z.object({ kind: z.literal("still"), image_id: Uuid, url: FileUrl }),
    z.object({ kind: z.literal("card") }),
  ])
  .openapi("Shown", {
    description:
      "What to show now. clip: the scene's clip. still: its image, while it has no clip. card: a title card with `title` and `lyric`, while it has neither.",
  });

const TimelineEntry = z
  .object({
    scene_id: Uuid.nullable().openapi({
      description: "null before the scenes are planned: the entry is then a line of the lyrics.",
    }),
    ...songSpan,
    title: z
      .string()
      .openapi({ description: "The scene's theme; before the scenes are planned, the song's title." }),
    lyric: z.string().openapi({ description: "The lyrics sung during it; empty for none." }),
    shown: Shown,
    missing: z.enum(MISSING).nullable().openapi({
      description:
        "The first thing that it lacks to be in the film, in this order; null where nothing is missing.",
    }),
    regenerate_reason: z.enum(["too_short", "outdated"]).nullable().openapi({
      description:
        "Why none of its completed clips is used now. too_short: they are shorter than the scene. outdated: they were made from other inputs. null: it has a current clip, or none but rejected ones.",
    }),
  })
  .openapi("TimelineEntry", { description: "A scene, or a line of the lyrics before scenes are planned." });

const Timeline = z
  .object({
    project_id: Uuid,
    fps: z.number().openapi({ description: "Frames per second of song time." }),
    frames: z.int().openapi({ description: "Length of the song in frames." }),
    duration_seconds: Seconds.openapi({ description: "Length in seconds: frames ÷ fps." }),
    song_url: FileUrl,
    entries: z
      .array(TimelineEntry)
      .openapi({ description: "In the order of the song, without gap or overlap." }),
    certificate: orNull(CoverCertificate).openapi({
      description: "Of the scenes as they were last planned; null before that.",
    }),
    lyrics: orNull(Lyrics).openapi({ description: "null until the song is transcribed." }),
    beat: orNull(Beat).openapi({ description: "null where none was estimated or tapped." }),
    snaps_to_beat: z
      .boolean()
      .openapi({ description: "Whether a plan of scenes prefers cuts on the beats of `beat`." }),
    film: z
      .boolean()
      .openapi({ description: "Whether a completed film of exactly these clips exists: see final-videos." }),
  })
  .openapi("Timeline", { description: "The film as it can be played now." });

const show = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/timeline",
  operationId: "getTimeline",
  tags: [TAG],
  summary: "Get the timeline, to play the film as it is now",
  description:
    "Can be played at every stage: for each scene its clip, else its image, else a card with its lyric. Play `song_url` and show each entry from its start to its end.",
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
  summary: "Export the timeline",
  description:
    "The lyrics as `srt`, `vtt` (with the time of each word) or `lrc`; the cuts as `otio` (OpenTimelineIO), `fcpxml` (Final Cut Pro, DaVinci Resolve) or `edl` (CMX 3600). URLs in these files are valid for at least a day. Another format answers 404.",
  security: bearerAuth,
  request: {
    params: ProjectParams.extend({
      format: z.enum(EXPORT_FORMATS).openapi({ param: { name: "format", in: "path" } }),
    }),
  },
  responses: {
    200: {
      description: "The file, with the project's name as its file name.",
      headers: {
        "Content-Disposition": { description: "The file name.", schema: { type: "string" as const } },
      },
      content: {
        "application/x-subrip": { schema: z.string() },
        "text/vtt": { schema: z.string() },
        "text/plain": { schema: z.string() },
        "application/json": { schema: z.unknown() },
        "application/xml": { schema: z.string() },
      },
    },
    ...problems("unauthenticated", "not_found", "audio_missing"),
  },
});

/** What to show as JSON; a card where the file has no URL. */
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
    const timeline = orProblem(await getTimeline(deps, c.var.actor, { projectId }));
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
    const { text, contentType, filename } = orProblem(
      await exportTimeline(deps, c.var.actor, { projectId, format }),
    );
    return c.body(text, 200, {
      "Content-Type": `${contentType}; charset=utf-8`,
      "Content-Disposition": attachment(filename),
    });
  });
  return app;
}
