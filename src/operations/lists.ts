/** The lists of a project. Each is one round trip: the project and a page of its rows, scoped by the owner. */
import { ok, type Result } from "../domain/record/errors.ts";
import type { Deps } from "../ports/deps.ts";
import type { FilmTitle, ListName, RowOf } from "../ports/store.ts";
import { type FilmWithUrls, filmWithUrls, urlOf } from "./films.ts";
import { decodeCursor, type Page, type PageInput, toPage } from "./page.ts";
import { type Actor, notFound } from "./shared.ts";

export type ListInput = PageInput & { projectId: string };

/** A page, with what the views of its rows need of the project. */
type ProjectPage<Row> = Page<Row> & { fps: number; filmTitle: FilmTitle };

const keyOf = (row: RowOf<ListName>): string | number => ("orderIdx" in row ? row.orderIdx : row.id);

/** Scenes in film order, all others newest first. */
export async function listOf<Name extends ListName>(
  { reader }: Deps,
  { ownerId }: Actor,
  name: Name,
  { projectId, cursor, limit }: ListInput,
): Promise<Result<ProjectPage<RowOf<Name>>>> {
  const after = decodeCursor(cursor, name === "scenes" ? "order" : "id");
  if (!after.ok) return after;
  const found = await reader.list(name, { ownerId, projectId }, { after: after.value, limit });
  if (!found) return notFound();
  const { rows, fps, filmTitle } = found;
  return ok({ ...toPage(rows, limit, keyOf), fps, filmTitle });
}

export const listImages = async (deps: Deps, actor: Actor, input: ListInput) =>
  withUrls(deps, await listOf(deps, actor, "images", input));

export const listClips = async (deps: Deps, actor: Actor, input: ListInput) =>
  withUrls(deps, await listOf(deps, actor, "clips", input));

/** With addresses of each film and of the files that belong to it. */
export async function listFilms(
  deps: Deps,
  actor: Actor,
  input: ListInput,
): Promise<Result<Page<FilmWithUrls>>> {
  const listed = await listOf(deps, actor, "films", input);
  if (!listed.ok) return listed;
  const { items, filmTitle, ...rest } = listed.value;
  return ok({ ...rest, items: await Promise.all(items.map((film) => filmWithUrls(deps, film, filmTitle))) });
}

/** Adds to each completed asset an address to read it from, for the next hour at least. */
async function withUrls<Row extends { status: string; objectKey: string | null }>(
  deps: Deps,
  listed: Result<Page<Row>>,
): Promise<Result<Page<Row & { url: string | null }>>> {
  if (!listed.ok) return listed;
  const items = await Promise.all(
    listed.value.items.map(async (row) => ({
      ...row,
      url: await urlOf(deps, row.status === "completed" ? row.objectKey : null),
    })),
  );
  return ok({ ...listed.value, items });
}
