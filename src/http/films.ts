import { createRoute, z } from "@hono/zod-openapi";
import { FILLS } from "../domain/record/record.ts";
import { filmView } from "../domain/views/views.ts";
import { type FilmWithUrls, filmDownload, getFilm } from "../operations/films.ts";
import { listFilms } from "../operations/lists.ts";
import type { Deps } from "../ports/deps.ts";
import { orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  AssetStatus,
  AssetUrl,
  bearerAuth,
  CoverCertificate,
  Failure,
  json,
  listRoute,
  orNull,
  ProjectParams,
  pageView,
  Seconds,
  songSpan,
  Timestamp,
  Uuid,
} from "./lib/schemas.ts";

const TAG = "Films";

export const FinalVideo = z
  .object({
    id: Uuid,
    project_id: Uuid,
    status: AssetStatus,
    duration_seconds: Seconds.nullable().openapi({
      description: "Length in seconds; null until it is completed.",
    }),
    frames: z
      .int()
      .nullable()
      .openapi({ description: "Number of frames, at the project's `fps`; null until it is completed." }),
    width: z.int().nullable().openapi({ description: "In pixels; null until it is completed." }),
    height: z.int().nullable().openapi({ description: "In pixels; null until it is completed." }),
    bytes: z
      .number()
      .nullable()
      .openapi({ description: "Size of the file in bytes; null until it is completed." }),
    edit_list: z
      .array(
        z.object({
          scene_id: Uuid,
          clip_id: Uuid,
          start_frame: songSpan.start_frame,
          end_frame: songSpan.end_frame,
          fill: z.enum(FILLS).nullable().openapi({
            description:
              "How a clip shorter than its scene was made to last: slowed down (stretch), its last frame held (hold) or played again (loop). null: it was long enough.",
          }),
        }),
      )
      .openapi({
        description:
          "The cuts, in the order of the film: which clip is shown in which frames. Empty until it is completed.",
      }),
    certificate: orNull(CoverCertificate).openapi({
      description: "Of its cuts; null until it is completed.",
    }),
    warnings: z.array(z.string()).openapi({
      description:
        "Sentences to show to the user: what was left out of the film, and what some players or platforms do not accept. Mostly empty.",
    }),
    error: orNull(Failure).openapi({ description: "Why it failed; null unless `status` is failed." }),
    created_at: Timestamp,
  })
  .openapi("FinalVideo", { description: "A film: the approved clips, joined with the song." });

const FinalVideoWithUrl = z
  .object({
    ...FinalVideo.shape,
    url: AssetUrl,
    download_url: AssetUrl.openapi({
      description:
        "Like `url`, but browsers save the file, named after the song's artist and title, or else the project. null until it is completed.",
    }),
    poster_url: AssetUrl.openapi({
      description: "The film's poster, an image; valid for at least an hour. null where it has none.",
    }),
    captions_url: AssetUrl.openapi({
      description: "The lyrics as WebVTT; valid for at least an hour. null where there are none.",
    }),
    release_sheet_url: AssetUrl.openapi({
      description:
        "The release sheet, as JSON: what the film was made from (models, prompts, seeds, hashes, approvals, costs) and how its files are marked as made by AI. Valid for at least an hour; null where it has none.",
    }),
  })
  .openapi("FinalVideoWithUrl", { description: "A film and where to read its files." });

const FilmParams = ProjectParams.extend({
  film_id: Uuid.openapi({ param: { name: "film_id", in: "path" } }),
});

const EditsQuery = z.object({
  edits: z.enum(["none"]).optional().openapi({
    description:
      "none: a file without edit lists, for platforms that refuse them. It holds the pictures and the song only, and its sound is at most 25 ms off the pictures (for a song that was AAC already: in players that leave out nothing at the start). 409 where the film has no such file. Leave it out for the film itself.",
  }),
});

const list = listRoute({
  name: "final-videos",
  operationId: "listFinalVideos",
  tag: TAG,
  summary: "List the films",
  description: "Newest first, earlier films too.",
  item: FinalVideoWithUrl,
});

const show = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/final-videos/{film_id}",
  operationId: "getFinalVideo",
  tags: [TAG],
  summary: "Read a film",
  security: bearerAuth,
  request: { params: FilmParams, query: EditsQuery },
  responses: {
    200: json(FinalVideoWithUrl, "The film."),
    ...problems("invalid_request", "unauthenticated", "not_found", "conflict"),
  },
});

const download = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/final-videos/{film_id}/download",
  operationId: "downloadFinalVideo",
  tags: [TAG],
  summary: "Download a film",
  description:
    "Redirects to the file, which browsers save, named after the song's artist and title, or else the project. 409 while the film is not completed.",
  security: bearerAuth,
  request: { params: FilmParams, query: EditsQuery },
  responses: {
    302: {
      description: "Redirect to the file.",
      headers: {
        Location: {
          description: "URL of the file, valid for at least an hour.",
          schema: { type: "string" as const },
        },
      },
    },
    ...problems("invalid_request", "unauthenticated", "not_found", "conflict"),
  },
});

const withUrls = ({ url, downloadUrl, beside, ...film }: FilmWithUrls) => ({
  ...filmView(film),
  url,
  download_url: downloadUrl,
  poster_url: beside.poster,
  captions_url: beside.captions,
  release_sheet_url: beside.releaseSheet,
});

export function filmRoutes(deps: Deps) {
  const app = router();
  app.openapi(list, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(await listFilms(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, withUrls), 200);
  });
  app.openapi(show, async (c) => {
    const { project_id, film_id } = c.req.valid("param");
    const { edits } = c.req.valid("query");
    const film = await getFilm(deps, c.var.actor, { projectId: project_id, filmId: film_id, edits });
    return c.json(withUrls(orProblem(film)), 200);
  });
  app.openapi(download, async (c) => {
    const { project_id, film_id } = c.req.valid("param");
    const { edits } = c.req.valid("query");
    const address = await filmDownload(deps, c.var.actor, { projectId: project_id, filmId: film_id, edits });
    return c.redirect(orProblem(address), 302);
  });
  return app;
}
