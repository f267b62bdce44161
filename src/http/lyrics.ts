/** The lyrics of a project's song. */
import { createRoute, z } from "@hono/zod-openapi";
import { LYRICS_SOURCES } from "../domain/record/record.ts";
import { MAX_FEED_LYRICS, songLyricsView } from "../domain/views/views.ts";
import { getLyrics } from "../operations/lyrics.ts";
import type { Deps } from "../ports/deps.ts";
import { contentEtagOf, etagHeader, IfNoneMatch, isFresh, notModified, revalidated } from "./lib/etag.ts";
import { orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, json, orNull, ProjectParams, songSpan, Uuid } from "./lib/schemas.ts";
import { EmbeddedLyrics } from "./song-schema.ts";

const LyricWord = z
  .object({ text: z.string().openapi({ description: "What is sung." }), ...songSpan })
  .openapi("LyricWord", { description: "A word and when it is sung." });
export const Lyrics = z
  .object({
    source: z.enum(LYRICS_SOURCES).openapi({
      description: "transcribed: heard by a model. embedded: from the song file's tags. edited: by a person.",
    }),
    language: z.string().nullable().openapi({
      description: "Code of the language, by ISO 639-1 where it has one (`en`); null if unknown.",
    }),
    lines: z
      .array(
        z
          .object({
            ...LyricWord.shape,
            words: z
              .array(LyricWord)
              .openapi({ description: "Its words; empty where their times are unknown." }),
            confidence: z.number().min(0).max(1).nullable().openapi({
              description: "How sure the transcriber is, 0 to 1; null where it does not say.",
            }),
          })
          .openapi("LyricLine", { description: "A line of the lyrics and when it is sung." }),
      )
      .openapi({ description: "In the order of the song." }),
  })
  .openapi("Lyrics", { description: "The lyrics of the song and when they are sung." });

const EmbeddedText = EmbeddedLyrics.extend({
  text: z.string().openapi({ description: "Line by line." }),
});
const EMBEDDED = "The lyrics in the song file's tags; null where the tags have none.";
const TEXT = "The lyrics as plain text, line by line; empty where there are no lines.";

const SongLyrics = z
  .object({
    id: Uuid.openapi({ description: "The project's id: a project has one song." }),
    project_id: Uuid,
    source: Lyrics.shape.source.nullable().openapi({
      description:
        "transcribed: heard by a model. embedded: from the song file's tags. edited: by a person. null: the song was not transcribed yet, and only its tags have lyrics.",
    }),
    language: Lyrics.shape.language,
    lines: Lyrics.shape.lines.openapi({
      description: "In the order of the song; none where nothing is sung, and while `source` is null.",
    }),
    text: z.string().openapi({ description: TEXT }),
    embedded: orNull(EmbeddedText).openapi({ description: EMBEDDED }),
  })
  .openapi("SongLyrics", { description: "The lyrics of a project's song, and those in the file's tags." });

const { characters, parts } = MAX_FEED_LYRICS;
const TOO_LONG = `null where the lyrics have more than ${characters} characters, or more than ${parts} lines and words: read them by getLyrics.`;

export const FeedLyrics = SongLyrics.extend({
  lines: SongLyrics.shape.lines.nullable().openapi({ description: `In the order of the song; ${TOO_LONG}` }),
  text: z
    .string()
    .nullable()
    .openapi({ description: `${TEXT} ${TOO_LONG}` }),
  embedded: orNull(
    EmbeddedText.extend({
      text: z
        .string()
        .nullable()
        .openapi({ description: `Line by line; ${TOO_LONG}` }),
    }),
  ).openapi({ description: EMBEDDED }),
}).openapi("FeedLyrics", { description: "The lyrics of a project's song, as the feed sends them." });

const tagged = etagHeader("If-None-Match");

const show = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/lyrics",
  operationId: "getLyrics",
  tags: ["Story"],
  summary: "Read the lyrics",
  description:
    "404 where the project has none yet: they come with the stage `transcribe`, and are gone after another song. Lyrics in the song file's tags are there as soon as the song is.",
  security: bearerAuth,
  request: { params: ProjectParams, headers: IfNoneMatch },
  responses: {
    200: { ...json(SongLyrics, "The lyrics."), headers: tagged },
    304: notModified(tagged),
    ...problems("unauthenticated", "not_found"),
  },
});

export function lyricsRoutes(deps: Deps) {
  const app = router();
  app.openapi(show, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const lyrics = songLyricsView(orProblem(await getLyrics(deps, c.var.actor, { projectId })));
    const headers = revalidated(contentEtagOf(lyrics));
    if (isFresh(c.req.valid("header")["if-none-match"], headers.ETag)) return c.body(null, 304, headers);
    return c.json(lyrics, 200, headers);
  });
  return app;
}
