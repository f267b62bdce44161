/** What the API reads. Each is one round trip, scoped by the owner, and repeated through an outage. */
import { and, asc, count, desc, eq, getTableColumns, gt, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Project } from "../domain/record/record.ts";
import type { OwnedProject, PageRequest, ProjectRows, Reader } from "../ports/store.ts";
import { spentToday } from "./budget.ts";
import type { Db } from "./client.ts";
import { read } from "./outage.ts";
import { ownedProject } from "./projects.ts";
import { loadOwnedRecord } from "./record.ts";
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
} from "./schema.ts";

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

/** How a table is paged: by which key, and in which direction. */
interface Keyed {
  projectId: PgColumn;
  key: PgColumn;
  ascending: boolean;
}
interface Selection {
  where: SQL | undefined;
  order: SQL;
  limit: number;
}

const byId = (table: { id: PgColumn; projectId: PgColumn }): Keyed => ({
  projectId: table.projectId,
  key: table.id,
  ascending: false,
});

/** A list of a project. */
const list =
  <Row>(db: Db, keyed: Keyed, select: (selection: Selection) => BatchItem<"pg"> & PromiseLike<Row[]>) =>
  async (whose: OwnedProject, { after, limit }: PageRequest): Promise<ProjectRows<Row> | null> => {
    const mine = ownedProject(whose);
    const beyond = keyed.ascending ? gt : lt;
    const [[project], rows] = await read(() =>
      db.batch([
        db
          .select({ settings: projects.settings, ...TITLE })
          .from(projects)
          .where(mine),
        select({
          where: and(
            inArray(keyed.projectId, db.select({ id: projects.id }).from(projects).where(mine)),
            after === null ? undefined : beyond(keyed.key, after),
          ),
          order: keyed.ascending ? asc(keyed.key) : desc(keyed.key),
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
  const inFilmOrder = { projectId: selectedScenes.projectId, key: selectedScenes.orderIdx, ascending: true };
  return {
    spentToday: () => read(() => spentToday(db, sql`now()`)),
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
    scenes: list(db, inFilmOrder, ({ where, order, limit }) =>
      db.select().from(selectedScenes).where(where).orderBy(order).limit(limit),
    ),
    prompts: list(db, byId(scenePrompts), ({ where, order, limit }) =>
      db.select().from(scenePrompts).where(where).orderBy(order).limit(limit),
    ),
    images: list(db, byId(generatedImages), ({ where, order, limit }) =>
      db.select().from(generatedImages).where(where).orderBy(order).limit(limit),
    ),
    clips: list(db, byId(videoClips), ({ where, order, limit }) =>
      db.select().from(videoClips).where(where).orderBy(order).limit(limit),
    ),
    approvals: list(db, byId(userApprovals), ({ where, order, limit }) =>
      db.select().from(userApprovals).where(where).orderBy(order).limit(limit),
    ),
    films: list(db, byId(finalVideos), ({ where, order, limit }) =>
      db.select().from(finalVideos).where(where).orderBy(order).limit(limit),
    ),
    jobs: list(db, byId(jobs), ({ where, order, limit }) =>
      db.select().from(jobs).where(where).orderBy(order).limit(limit),
    ),
    tasks: list(db, byId(tasks), ({ where, order, limit }) =>
      db.select().from(tasks).where(where).orderBy(order).limit(limit),
    ),
    film: ({ filmId, ...whose }) => findFilm(db, and(ownedProject(whose), eq(finalVideos.id, filmId))),
    signedFilm: (filmId) =>
      findFilm(db, and(eq(finalVideos.id, filmId), eq(finalVideos.status, "completed"))),
  };
}
