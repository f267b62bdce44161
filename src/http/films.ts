import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { FILLS } from "../domain/record/record.ts";
import { filmView } from "../domain/views/views.ts";
import { type FilmWithUrls, filmDownload, getFilm } from "../operations/films.ts";
import { listFilms } from "../operations/lists.ts";
import { orRefuse, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  AssetStatus,
  AssetUrl,
  bearerAuth,
  CoverCertificate,
  Failure,
  Frame,
  json,
  listRoute,
  orNull,
  ProjectParams,
  pageView,
  Seconds,
  Timestamp,
  Uuid,
} from "./lib/schemas.ts";

const TAG = "Films";

export const FinalVideo = z
  .object({
    id: Uuid,
    project_id: Uuid,
    status: AssetStatus,
    duration_seconds: Seconds.nullable(),
    frames: z.int().nullable(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    bytes: z.number().nullable(),
    edit_list: z
      .array(
        z.object({
          scene_id: Uuid,
          clip_id: Uuid,
          start_frame: Frame,
          end_frame: Frame,
          fill: z.enum(FILLS).nullable(),
        }),
      )
      .openapi({
        description:
          "Which clip is seen from which frame on, up to (and without) which; `fill` where it is shorter and was made to last.",
      }),
    certificate: orNull(CoverCertificate),
    warnings: z.array(z.string()).openapi({
      description:
        "What is left out of it, and what some players and platforms don't take; empty where there is nothing to say.",
    }),
    error: orNull(Failure),
    created_at: Timestamp,
  })
  .openapi("FinalVideo");

const FinalVideoWithUrl = z
  .object({
    ...FinalVideo.shape,
    url: AssetUrl,
    download_url: AssetUrl.openapi({
      description:
        "As `url`, but browsers save the file, under the song's artist and title or the name of the project.",
    }),
    poster_url: AssetUrl,
    captions_url: AssetUrl.openapi({ description: "The lyrics as WebVTT." }),
    release_sheet_url: AssetUrl.openapi({
      description:
        "What it was made of and how it is marked: models, prompts, seeds, hashes, approvals and costs, as JSON.",
    }),
  })
  .openapi("FinalVideoWithUrl");

const FilmParams = ProjectParams.extend({
  film_id: Uuid.openapi({ param: { name: "film_id", in: "path" } }),
});

const EditsQuery = z.object({
  edits: z.enum(["none"]).optional().openapi({
    description:
      "`none`: a file without edit lists, for platforms that refuse them, of the pictures and the song alone. Its sound is at most 25 ms off the pictures (a song that was AAC already: on players that leave nothing out at the start).",
  }),
});

const list = listRoute({
  name: "final-videos",
  operationId: "listFinalVideos",
  tag: TAG,
  summary: "List the films",
  description: "Newest first.",
  item: FinalVideoWithUrl,
});

const show = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/final-videos/{film_id}",
  operationId: "getFinalVideo",
  tags: [TAG],
  summary: "Get a film",
  security: bearerAuth,
  request: { params: FilmParams, query: EditsQuery },
  responses: {
    200: json(FinalVideoWithUrl, "The film, as in the list."),
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
    "Redirects to the file, which is saved under the song's artist and title or the name of the project.",
  security: bearerAuth,
  request: { params: FilmParams, query: EditsQuery },
  responses: {
    302: {
      description: "To the file, for an hour at least.",
      headers: { Location: { schema: { type: "string" as const } } },
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
    const page = orRefuse(await listFilms(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, withUrls), 200);
  });
  app.openapi(show, async (c) => {
    const { project_id, film_id } = c.req.valid("param");
    const { edits } = c.req.valid("query");
    const film = await getFilm(deps, c.var.actor, { projectId: project_id, filmId: film_id, edits });
    return c.json(withUrls(orRefuse(film)), 200);
  });
  app.openapi(download, async (c) => {
    const { project_id, film_id } = c.req.valid("param");
    const { edits } = c.req.valid("query");
    const address = await filmDownload(deps, c.var.actor, { projectId: project_id, filmId: film_id, edits });
    return c.redirect(orRefuse(address), 302);
  });
  return app;
}
