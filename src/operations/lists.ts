/** The lists of a project. Each is one round trip: the project and a page of its rows, scoped by the owner. */
import { ok, type Result } from "../domain/record/errors.ts";
import type { Approval, Clip, Image, Job, Prompt, Scene, Task } from "../domain/record/record.ts";
import type { Deps } from "../ports/deps.ts";
import type { FilmTitle, OwnedProject, PageRequest, ProjectRows } from "../ports/store.ts";
import { type FilmWithUrls, filmWithUrls, urlOf } from "./films.ts";
import { type CursorKind, decodeCursor, type Page, type PageInput, toPage } from "./page.ts";
import { type Actor, notFound } from "./shared.ts";

export type ListInput = PageInput & { projectId: string };

/** A page, with what the views of its rows need of the project. */
type ProjectPage<Row> = Page<Row> & { fps: number; filmTitle: FilmTitle };

async function page<Row>(
  { ownerId }: Actor,
  { projectId, cursor, limit }: ListInput,
  keyed: { kind: CursorKind; keyOf: (row: Row) => string | number },
  list: (whose: OwnedProject, page: PageRequest) => Promise<ProjectRows<Row> | null>,
): Promise<Result<ProjectPage<Row>>> {
  const after = decodeCursor(cursor, keyed.kind);
  if (!after.ok) return after;
  const found = await list({ ownerId, projectId }, { after: after.value, limit });
  if (!found) return notFound();
  const { rows, fps, filmTitle } = found;
  return ok({ ...toPage(rows, limit, keyed.keyOf), fps, filmTitle });
}

const BY_ID = { kind: "id" as const, keyOf: (row: { id: string }) => row.id };

/** In film order. */
export const listScenes = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Scene>(actor, input, { kind: "order", keyOf: (scene) => scene.orderIdx }, deps.reader.scenes);

export const listPrompts = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Prompt>(actor, input, BY_ID, deps.reader.prompts);

export const listApprovals = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Approval>(actor, input, BY_ID, deps.reader.approvals);

export const listJobs = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Job>(actor, input, BY_ID, deps.reader.jobs);

export const listTasks = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Task>(actor, input, BY_ID, deps.reader.tasks);

export const listImages = async (deps: Deps, actor: Actor, input: ListInput) =>
  withUrls(deps, await page<Image>(actor, input, BY_ID, deps.reader.images));

export const listClips = async (deps: Deps, actor: Actor, input: ListInput) =>
  withUrls(deps, await page<Clip>(actor, input, BY_ID, deps.reader.clips));

/** With addresses of each film and of the files that belong to it. */
export async function listFilms(
  deps: Deps,
  actor: Actor,
  input: ListInput,
): Promise<Result<Page<FilmWithUrls>>> {
  const listed = await page(actor, input, BY_ID, deps.reader.films);
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
