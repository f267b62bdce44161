/** The lists of a project. Each is one round trip: the project and a page of rows, scoped by the owner. */
import { and, asc, desc, gt, inArray, lt, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { PgColumn } from "drizzle-orm/pg-core";
import {
  finalVideos,
  generatedImages,
  jobs,
  projects,
  scenePrompts,
  selectedScenes,
  tasks,
  userApprovals,
  videoClips,
} from "../db/schema.ts";
import { ok, type Result } from "../domain/record/errors.ts";
import type { Approval, Clip, Film, Image, Job, Prompt, Scene, Task } from "../domain/record/record.ts";
import type { Deps } from "../ports/deps.ts";
import { NAMED, type Named } from "./film-name.ts";
import { filmWithUrls, urlOf } from "./films.ts";
import { type CursorKind, decodeCursor, type Page, type PageInput, toPage } from "./page.ts";
import { type Actor, notFound, owned } from "./shared.ts";

export type ListInput = PageInput & { projectId: string };

/** How a table is paged: by `key`, newest first for ids, in film order for scenes. */
interface Keyed<Row> {
  projectId: PgColumn;
  key: PgColumn;
  kind: CursorKind;
  keyOf: (row: Row) => string | number;
}
interface Selection {
  where: SQL | undefined;
  order: SQL;
  limit: number;
}

async function page<Row>(
  deps: Deps,
  actor: Actor,
  input: ListInput,
  keyed: Keyed<Row>,
  select: (selection: Selection) => BatchItem<"pg"> & PromiseLike<Row[]>,
): Promise<Result<Page<Row> & { fps: number; named: Named }>> {
  const cursor = decodeCursor(input.cursor, keyed.kind);
  if (!cursor.ok) return cursor;
  const mine = owned(actor, input.projectId);
  const beyond = keyed.kind === "id" ? lt : gt;
  const [[project], rows] = await deps.db.batch([
    deps.db
      .select({ settings: projects.settings, ...NAMED })
      .from(projects)
      .where(mine),
    select({
      where: and(
        inArray(keyed.projectId, deps.db.select({ id: projects.id }).from(projects).where(mine)),
        cursor.value === null ? undefined : beyond(keyed.key, cursor.value),
      ),
      order: keyed.kind === "id" ? desc(keyed.key) : asc(keyed.key),
      limit: input.limit + 1,
    }),
  ]);
  if (!project) return notFound();
  const { settings, ...named } = project;
  return ok({ ...toPage(rows, input.limit, keyed.keyOf), fps: settings.fps, named });
}

const byId = (table: { id: PgColumn; projectId: PgColumn }) => ({
  projectId: table.projectId,
  key: table.id,
  kind: "id" as const,
  keyOf: (row: { id: string }) => row.id,
});

/** In film order. */
export const listScenes = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Scene>(
    deps,
    actor,
    input,
    {
      projectId: selectedScenes.projectId,
      key: selectedScenes.orderIdx,
      kind: "order",
      keyOf: (scene) => scene.orderIdx,
    },
    ({ where, order, limit }) =>
      deps.db.select().from(selectedScenes).where(where).orderBy(order).limit(limit),
  );

export const listPrompts = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Prompt>(deps, actor, input, byId(scenePrompts), ({ where, order, limit }) =>
    deps.db.select().from(scenePrompts).where(where).orderBy(order).limit(limit),
  );

export const listApprovals = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Approval>(deps, actor, input, byId(userApprovals), ({ where, order, limit }) =>
    deps.db.select().from(userApprovals).where(where).orderBy(order).limit(limit),
  );

export const listJobs = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Job>(deps, actor, input, byId(jobs), ({ where, order, limit }) =>
    deps.db.select().from(jobs).where(where).orderBy(order).limit(limit),
  );

export const listTasks = (deps: Deps, actor: Actor, input: ListInput) =>
  page<Task>(deps, actor, input, byId(tasks), ({ where, order, limit }) =>
    deps.db.select().from(tasks).where(where).orderBy(order).limit(limit),
  );

export const listImages = async (deps: Deps, actor: Actor, input: ListInput) =>
  withUrls(
    deps,
    await page<Image>(deps, actor, input, byId(generatedImages), ({ where, order, limit }) =>
      deps.db.select().from(generatedImages).where(where).orderBy(order).limit(limit),
    ),
  );

export const listClips = async (deps: Deps, actor: Actor, input: ListInput) =>
  withUrls(
    deps,
    await page<Clip>(deps, actor, input, byId(videoClips), ({ where, order, limit }) =>
      deps.db.select().from(videoClips).where(where).orderBy(order).limit(limit),
    ),
  );

/** With addresses of each film and of the files that belong to it. */
export async function listFilms(deps: Deps, actor: Actor, input: ListInput) {
  const listed = await page<Film>(deps, actor, input, byId(finalVideos), ({ where, order, limit }) =>
    deps.db.select().from(finalVideos).where(where).orderBy(order).limit(limit),
  );
  if (!listed.ok) return listed;
  const { items, named } = listed.value;
  return ok({
    ...listed.value,
    items: await Promise.all(items.map((film) => filmWithUrls(deps, film, named))),
  });
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
