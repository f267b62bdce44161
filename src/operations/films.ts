/** Films by themselves: where each is read and downloaded. */
import { and, eq, getTableColumns, sql } from "drizzle-orm";
import { finalVideos, projects } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { fail, ok, type Result } from "../domain/errors.ts";
import type { Film } from "../domain/record.ts";
import { type Actor, notFound, owned } from "./shared.ts";

const ASSET_SECONDS = 60 * 60;

/** What a project's film is named by: columns of `projects`. */
export const NAMED = {
  name: projects.name,
  title: sql<string | null>`${projects.audio}->>'title'`,
  artist: sql<string | null>`${projects.audio}->>'artist'`,
};
export interface Named {
  name: string;
  title: string | null;
  artist: string | null;
}

/** By the song's tags, as the film itself is titled; by the project's name where they say nothing. */
const filmName = ({ name, title, artist }: Named): string =>
  `${artist ? `${artist} - ` : ""}${title || name}.mp4`;

/** Where to read an object, for an hour at least; with `filename` it is saved under that name. */
export const urlOf = async (deps: Deps, key: string | null, filename?: string): Promise<string | null> =>
  key === null
    ? null
    : deps.storage.presignGet({
        key,
        expiresSeconds: ASSET_SECONDS,
        now: deps.now(),
        ...(filename !== undefined && { filename }),
      });

const fileOf = ({ status, objectKey }: Film) => (status === "completed" ? objectKey : null);

export interface FilmWithUrls extends Film {
  url: string | null;
  downloadUrl: string | null;
  beside: { poster: string | null; captions: string | null; releaseSheet: string | null };
}

/** With addresses of the film and of the files beside it. */
export async function filmWithUrls(deps: Deps, film: Film, named: Named): Promise<FilmWithUrls> {
  const { poster = null, captions = null, releaseSheet = null } = film.sidecars ?? {};
  const [url, downloadUrl, ...beside] = await Promise.all([
    urlOf(deps, fileOf(film)),
    urlOf(deps, fileOf(film), filmName(named)),
    urlOf(deps, poster),
    urlOf(deps, captions),
    urlOf(deps, releaseSheet),
  ]);
  return {
    ...film,
    url,
    downloadUrl,
    beside: { poster: beside[0], captions: beside[1], releaseSheet: beside[2] },
  };
}

export interface FilmInput {
  projectId: string;
  filmId: string;
}

async function findFilm(deps: Deps, actor: Actor, { projectId, filmId }: FilmInput) {
  const [found] = await deps.db
    .select({ film: getTableColumns(finalVideos), named: NAMED })
    .from(finalVideos)
    .innerJoin(projects, eq(projects.id, finalVideos.projectId))
    .where(and(owned(actor, projectId), eq(finalVideos.id, filmId)));
  return found;
}

export async function getFilm(deps: Deps, actor: Actor, input: FilmInput): Promise<Result<FilmWithUrls>> {
  const found = await findFilm(deps, actor, input);
  return found ? ok(await filmWithUrls(deps, found.film, found.named)) : notFound();
}

/** An address to download the film from. */
export async function filmDownload(deps: Deps, actor: Actor, input: FilmInput): Promise<Result<string>> {
  const found = await findFilm(deps, actor, input);
  if (!found) return notFound();
  const address = await urlOf(deps, fileOf(found.film), filmName(found.named));
  if (address === null)
    return fail("conflict", `This film is ${found.film.status}: only a completed one can be downloaded.`);
  return ok(address);
}
