/** One film: its addresses to read and to download it. */
import { and, eq, getTableColumns } from "drizzle-orm";
import { finalVideos, projects } from "../db/schema.ts";
import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Film } from "../domain/record/record.ts";
import { bytesWithoutEdits } from "../domain/views/without-edits.ts";
import type { Deps } from "../ports/deps.ts";
import { addressWithoutEdits } from "./film-file.ts";
import { filmName, NAMED, type Named } from "./film-name.ts";
import { type Actor, notFound, owned } from "./shared.ts";

const ASSET_SECONDS = 60 * 60;

/** The object's address, valid for an hour at least; with `filename`, a download under that name. */
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

/** With addresses of the film and of the files that belong to it. */
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
  /** `none`: the same film without edit lists, for platforms that refuse them. */
  edits?: "none" | undefined;
}

async function findFilm(deps: Deps, actor: Actor, { projectId, filmId }: FilmInput) {
  const [found] = await deps.db
    .select({ film: getTableColumns(finalVideos), named: NAMED })
    .from(finalVideos)
    .innerJoin(projects, eq(projects.id, finalVideos.projectId))
    .where(and(owned(actor, projectId), eq(finalVideos.id, filmId)));
  return found;
}

const NO_VARIANT =
  "This film has no file without edit lists: its sound would be more than 25 ms off the pictures, or the film was made before there were such files. Make the film again with film_sound set to aac.";

/** A film with its addresses. Fails with `conflict` where one without edit lists is wanted and not there. */
export async function getFilm(deps: Deps, actor: Actor, input: FilmInput): Promise<Result<FilmWithUrls>> {
  const found = await findFilm(deps, actor, input);
  if (!found) return notFound();
  const film = await filmWithUrls(deps, found.film, found.named);
  if (input.edits !== "none" || film.url === null) return ok(film);
  const plan = film.sidecars?.withoutEdits;
  if (!plan) return fail("conflict", NO_VARIANT);
  return ok({
    ...film,
    bytes: bytesWithoutEdits(plan),
    url: addressWithoutEdits(deps, film.id, false),
    downloadUrl: addressWithoutEdits(deps, film.id, true),
  });
}

/** An address to download the film from. Fails with `conflict` where there is no such file. */
export async function filmDownload(deps: Deps, actor: Actor, input: FilmInput): Promise<Result<string>> {
  const film = await getFilm(deps, actor, input);
  if (!film.ok) return film;
  const { status, downloadUrl } = film.value;
  if (downloadUrl === null)
    return fail("conflict", `This film is ${status}: only a completed one can be downloaded.`);
  return ok(downloadUrl);
}
