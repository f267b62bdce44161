/** What the API reads. Each is one round trip, scoped by the owner, and repeated through an outage. */
import { and, asc, count, desc, eq, getTableColumns, gt, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Project } from "../domain/record/record.ts";
import type { ListName, Reader, RowOf } from "../ports/store.ts";
import { spentToday } from "./budget.ts";
import type { Db } from "./client.ts";
import { read } from "./outage.ts";
import { ownedProject } from "./projects.ts";
import { LIST_TABLES, loadOwnedRecord } from "./record.ts";
import { finalVideos, projects, selectedScenes } from "./schema.ts";
import { usageOf } from "./usage.ts";

/** The columns of `FilmTitle`. */
const TITLE = {
  name: projects.name,
  title: sql<string | null>`${projects.audio}->>'title'`,
  artist: sql<string | null>`${projects.audio}->>'artist'`,
};

const { lyrics, transcriptText, partialTranscription, proposal, retiming, ...small } =
  getTableColumns(projects);
/**
 * What a list reads of a project. Of the lyrics in the song file's tags, which can be long, it reads the
 * first line with a time: it tells whether they have times.
 */
const LISTED = {
  ...small,
  audio: sql<Project["audio"]>`jsonb_set(${projects.audio}, '{embeddedLyrics,lines}',
    jsonb_path_query_array(jsonb_path_query_array(${projects.audio},
      '$.embeddedLyrics.lines[*] ? (@.startSeconds != null)'), '$[0]'))`.as("audio"),
};

interface Selection {
  where: SQL | undefined;
  order: SQL;
  limit: number;
}

/** The rows of a list. */
function rowsOf<Name extends ListName>(
  db: Db,
  name: Name,
  selection: Selection,
): BatchItem<"pg"> & PromiseLike<RowOf<Name>[]>;
function rowsOf(db: Db, name: ListName, { where, order, limit }: Selection) {
  return db.select().from<PgTable>(LIST_TABLES[name]).where(where).orderBy(order).limit(limit);
}

const list =
  (db: Db): Reader["list"] =>
  async (name, whose, { after, limit }) => {
    const { id, projectId } = LIST_TABLES[name];
    const [key, beyond, order] = name === "scenes" ? [selectedScenes.orderIdx, gt, asc] : [id, lt, desc];
    const mine = ownedProject(whose);
    const [[project], rows] = await read(() =>
      db.batch([
        db
          .select({ settings: projects.settings, ...TITLE })
          .from(projects)
          .where(mine),
        rowsOf(db, name, {
          where: and(
            inArray(projectId, db.select({ id: projects.id }).from(projects).where(mine)),
            after === null ? undefined : beyond(key, after),
          ),
          order: order(key),
          limit: limit + 1,
        }),
      ]),
    );
    if (!project) return null;
    const { settings, ...filmTitle } = project;
    return { rows, fps: settings.fps, filmTitle };
  };

async function findFilm(db: Db, condition: SQL | undefined) {
  const [found] = await read(() =>
    db
      .select({ film: getTableColumns(finalVideos), filmTitle: TITLE })
      .from(finalVideos)
      .innerJoin(projects, eq(projects.id, finalVideos.projectId))
      .where(condition),
  );
  return found ?? null;
}

export function postgresReader(db: Db): Reader {
  return {
    spentToday: () => read(() => spentToday(db, sql`now()`)),
    usage: (ownerId) => read(() => usageOf(db, ownerId)),
    ping: async () => {
      await db.execute(sql`select 1`);
    },
    projects: async (ownerId, { after, limit, total }) => {
      const mine = eq(projects.ownerId, ownerId);
      const rows = () =>
        db
          .select(LISTED)
          .from(projects)
          .where(and(mine, after === null ? undefined : lt(projects.id, after)))
          .orderBy(desc(projects.id))
          .limit(limit + 1);
      if (!total) return { rows: await read(rows), total: null };
      const [found, [counted]] = await read(() =>
        db.batch([rows(), db.select({ total: count() }).from(projects).where(mine)]),
      );
      return { rows: found, total: counted?.total ?? 0 };
    },
    ownsProject: async (whose) => {
      const found = await read(() =>
        db.select({ id: projects.id }).from(projects).where(ownedProject(whose)),
      );
      return found.length > 0;
    },
    record: (whose) => loadOwnedRecord(db, whose),
    list: list(db),
    film: ({ filmId, ...whose }) => findFilm(db, and(ownedProject(whose), eq(finalVideos.id, filmId))),
    signedFilm: (filmId) =>
      findFilm(db, and(eq(finalVideos.id, filmId), eq(finalVideos.status, "completed"))),
  };
}
