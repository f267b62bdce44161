/** One film: its addresses to read and to download it. */
import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Film } from "../domain/record/record.ts";
import { bytesWithoutEdits } from "../domain/views/without-edits.ts";
import type { Deps } from "../ports/deps.ts";
import type { FilmTitle } from "../ports/store.ts";
import { addressWithoutEdits } from "./film-file.ts";
import { filmName } from "./film-name.ts";
import { type Actor, notFound } from "./shared.ts";

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
export async function filmWithUrls(deps: Deps, film: Film, title: FilmTitle): Promise<FilmWithUrls> {
  const { poster = null, captions = null, releaseSheet = null } = film.sidecars ?? {};
  const [url, downloadUrl, ...beside] = await Promise.all([
    urlOf(deps, fileOf(film)),
    urlOf(deps, fileOf(film), filmName(title)),
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

const NO_VARIANT =
  "This film has no file without edit lists: its sound would be more than 25 ms off the pictures, or the film was made before there were such files. Make the film again with film_sound set to aac.";

/** A film with its addresses. Fails with `conflict` where one without edit lists is wanted and not there. */
export async function getFilm(deps: Deps, actor: Actor, input: FilmInput): Promise<Result<FilmWithUrls>> {
  const { projectId, filmId } = input;
  const found = await deps.reader.film({ ownerId: actor.ownerId, projectId, filmId });
  if (!found) return notFound();
  const film = await filmWithUrls(deps, found.film, found.filmTitle);
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
