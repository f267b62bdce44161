import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NeonDbError, neon } from "@neondatabase/serverless";
import { eq, is, sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type Db } from "../../../src/db/client.ts";
import * as schema from "../../../src/db/schema.ts";
import { Settings } from "../../../src/domain/record/record.ts";
import { type Database, openDatabase } from "../../../src/sandbox/neon/neon.ts";
import { type Listening, listen } from "../../../src/sandbox/world/listen.ts";

const URL_FOR_DRIVER = "postgresql://omvee:omvee@localhost/omvee";

/**
 * The same tests run on the server of TEST_DATABASE_URL, if it is set: the embedded Postgres must behave like
 * it.
 */
const places: [string, { url?: string }][] = [["embedded", {}]];
if (process.env.TEST_DATABASE_URL) places.push(["server", { url: process.env.TEST_DATABASE_URL }]);

const project = (id: string) => ({ id, ownerId: "ada", name: "Tide", settings: Settings.parse({}) });

describe.each(places)("Neon's protocol over Postgres (%s)", (_, place) => {
  let database: Database;
  let http: Listening;
  let db: Db;

  beforeAll(async () => {
    database = await openDatabase(place);
    await database.migrate();
    http = await listen(database.handler, 0, "127.0.0.1");
    db = connect(URL_FOR_DRIVER, http.url);
    await db.insert(schema.owners).values({ id: "ada" }).onConflictDoNothing();
  }, 60_000);
  afterAll(async () => {
    await http.close();
    await database.close();
  });

  const driver = () => neon(URL_FOR_DRIVER, { fullResults: true });
  const failure = async (query: Promise<unknown>): Promise<NeonDbError> => {
    const thrown = await query.then(
      () => new Error("it did not fail"),
      (error: Error) => error,
    );
    return (thrown.cause ?? thrown) as NeonDbError;
  };
  const exists = async (id: string) =>
    (await db.select({ id: schema.projects.id }).from(schema.projects).where(eq(schema.projects.id, id)))
      .length === 1;

  test("every type comes back as Drizzle reads it from Neon: instants as text in UTC", async () => {
    const { rows, fields } = await driver()`
      select ${"0198c0de-0000-7000-8000-000000000001"}::uuid as id, '2026-11-22T10:20:30.123Z'::timestamptz as at,
        1.500000::numeric(12,6) as usd, ${{ lines: ["é", null] }}::jsonb as doc, true as yes, false as no,
        null::text as nothing, 9007199254740993::int8 as big, 7::int4 as small, 0.25::float8 as real,
        ${["a", "b,c"]}::text[] as list`;
    expect(rows[0]).toEqual({
      id: "0198c0de-0000-7000-8000-000000000001",
      at: "2026-11-22 10:20:30.123+00",
      usd: "1.500000",
      doc: { lines: ["é", null] },
      yes: true,
      no: false,
      nothing: null,
      big: "9007199254740993",
      small: 7,
      real: 0.25,
      list: ["a", "b,c"],
    });
    expect(fields.map((f) => f.dataTypeID)).toEqual([2950, 1184, 1700, 3802, 16, 16, 25, 20, 23, 701, 1009]);
  });

  test("any text comes back unchanged, alone and inside JSON", async () => {
    const text = fc.string({ unit: "grapheme" }).map((s) => s.replaceAll("\0", ""));
    await fc.assert(
      fc.asyncProperty(text, async (s) => {
        const { rows } = await driver()`select ${s}::text as plain, ${{ s }}::jsonb as doc`;
        expect(rows[0]).toEqual({ plain: s, doc: { s } });
      }),
      { numRuns: 50 },
    );
  });

  test("an answer says which command ran and how many rows it touched", async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const inserted = await db.insert(schema.projects).values([project(a), project(b)]);
    expect(inserted).toMatchObject({ command: "INSERT", rowCount: 2 });
    const updated = await db.update(schema.projects).set({ version: 2 }).where(eq(schema.projects.id, a));
    expect(updated).toMatchObject({ command: "UPDATE", rowCount: 1 });
    const none = await db
      .update(schema.projects)
      .set({ version: 3 })
      .where(eq(schema.projects.id, randomUUID()));
    expect(none.rowCount).toBe(0);
  });

  test("a violated constraint is reported with its code, table and constraint", async () => {
    const id = randomUUID();
    await db.insert(schema.projects).values(project(id));
    const twice = await failure(db.insert(schema.projects).values(project(id)));
    expect(twice).toMatchObject({
      name: "NeonDbError",
      code: "23505",
      severity: "ERROR",
      table: "projects",
      constraint: "projects_pkey",
      detail: `Key (id)=(${id}) already exists.`,
    });
    const nameless = await failure(db.insert(schema.projects).values({ ...project(randomUUID()), name: "" }));
    expect(nameless).toMatchObject({ code: "23514", constraint: "projects_name" });
  });

  test("an error in the SQL is reported with its position", async () => {
    expect(await failure(driver().query("select nothing_of_this_name"))).toMatchObject({
      code: "42703",
      position: "8",
    });
  });

  test("a batch is one transaction: its statements see each other and come back in order", async () => {
    const id = randomUUID();
    const [, read] = await db.batch([
      db.insert(schema.projects).values(project(id)),
      db.select({ name: schema.projects.name }).from(schema.projects).where(eq(schema.projects.id, id)),
    ]);
    expect(read).toEqual([{ name: "Tide" }]);
  });

  test("a batch that fails leaves nothing behind, and the next query works", async () => {
    const [kept, lost] = [randomUUID(), randomUUID()];
    await db.insert(schema.projects).values(project(kept));
    const error = await failure(
      db.batch([
        db.insert(schema.projects).values(project(lost)),
        db.insert(schema.projects).values(project(kept)),
      ]),
    );
    expect(error.code).toBe("23505");
    expect(await exists(lost)).toBe(false);
    expect(await exists(kept)).toBe(true);
  });

  test("a batch has the isolation and access that its headers ask for", async () => {
    const sqlOf = neon(URL_FOR_DRIVER);
    const [level, access] = await sqlOf.transaction(
      [sqlOf`show transaction_isolation`, sqlOf`show transaction_read_only`],
      { isolationLevel: "Serializable", readOnly: true, deferrable: true },
    );
    expect([level, access]).toEqual([
      [{ transaction_isolation: "serializable" }],
      [{ transaction_read_only: "on" }],
    ]);
    const write = sqlOf.transaction([sqlOf`delete from projects`], { readOnly: true });
    expect((await failure(write)).code).toBe("25006");
  });

  test("batches that run at the same time never mix: each read-and-add is counted", async () => {
    const id = randomUUID();
    await db.insert(schema.projects).values(project(id));
    const bump = db
      .update(schema.projects)
      .set({ version: sql`${schema.projects.version} + 1` })
      .where(eq(schema.projects.id, id));
    await Promise.all(Array.from({ length: 20 }, () => db.batch([bump, bump])));
    const [row] = await db.select().from(schema.projects).where(eq(schema.projects.id, id));
    expect(row?.version).toBe(41);
  });

  test("a transaction that one request leaves open is not seen by the next", async () => {
    const id = randomUUID();
    await driver().query("begin");
    await db.insert(schema.projects).values(project(id));
    await driver().query("rollback");
    expect(await exists(id)).toBe(true);
  });

  test("migrating a migrated database changes nothing", async () => {
    const applied = () => driver()`select count(*)::int4 as n from drizzle.__drizzle_migrations`;
    const before = await applied();
    await database.migrate();
    expect((await applied()).rows).toEqual(before.rows);
  });

  test("every table of a project takes a row, and deleting the project deletes all of them", async () => {
    const rows = oneRowOfEach(randomUUID());
    await db.batch([
      db.insert(schema.projects).values(rows.projects),
      db.insert(schema.selectedScenes).values(rows.selectedScenes),
      db.insert(schema.scenePrompts).values(rows.scenePrompts),
      db.insert(schema.generatedImages).values(rows.generatedImages),
      db.insert(schema.videoClips).values(rows.videoClips),
      db.insert(schema.userApprovals).values(rows.userApprovals),
      db.insert(schema.finalVideos).values(rows.finalVideos),
      db.insert(schema.jobs).values(rows.jobs),
      db.insert(schema.tasks).values(rows.tasks),
    ]);
    const ofProject = (table: PgTable) =>
      table === schema.projects ||
      getTableConfig(table).foreignKeys.some((key) => key.reference().foreignTable === schema.projects);
    const own = Object.entries(schema).flatMap(([name, table]) =>
      is(table, PgTable) && ofProject(table) ? [[name, table] as const] : [],
    );
    const tables: PgTable[] = own.map(([, table]) => table);
    expect(Object.keys(rows).sort()).toEqual(own.map(([name]) => name).sort());
    const counts = async () => {
      const found: Record<string, number> = {};
      for (const table of tables) {
        const key = table === schema.projects ? "id" : "project_id";
        const query = `select 1 from ${getTableConfig(table).name} where ${key} = $1`;
        found[getTableConfig(table).name] = (await driver().query(query, [rows.projects.id])).rowCount;
      }
      return found;
    };
    expect(Object.values(await counts())).toEqual(tables.map(() => 1));
    expect((await db.select().from(schema.tasks).where(eq(schema.tasks.id, rows.tasks.id)))[0]).toMatchObject(
      {
        costEstimatedUsd: 0.003,
        runAfter: rows.tasks.runAfter,
        leaseUntil: null,
      },
    );
    await db.delete(schema.projects).where(eq(schema.projects.id, rows.projects.id));
    expect(Object.values(await counts())).toEqual(tables.map(() => 0));
  });

  test("a request that is not the driver's is refused with a reason", async () => {
    const post = async (headers: Record<string, string>, body: string) => {
      const answer = await fetch(http.url, { method: "POST", headers, body });
      return [answer.status, (await answer.text()).slice(0, 400)];
    };
    expect(await post({}, '{"query":"select 1"}')).toEqual([
      400,
      expect.stringContaining("neon-connection-string"),
    ]);
    expect(await post(DRIVER_HEADERS, "{")).toEqual([400, expect.stringContaining("Body")]);
    expect(await post(DRIVER_HEADERS, '{"query":"select $1","params":[{}]}')).toEqual([
      400,
      expect.stringContaining("Body"),
    ]);
    expect((await fetch(http.url)).status).toBe(405);
  });
});

test("a database in a directory can be opened again after it was closed", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "omvee-postgres-"));
  const first = await openDatabase({ dataDir });
  await first.handler(ask("create table kept as select 42 as n"));
  await first.close();
  expect((await first.handler(ask("select 1"))).status).toBe(502);
  const second = await openDatabase({ dataDir });
  expect(await (await second.handler(ask("select n from kept"))).json()).toMatchObject({ rows: [["42"]] });
  await second.close();
  await rm(dataDir, { recursive: true });
}, 60_000);

const DRIVER_HEADERS = {
  "Neon-Connection-String": URL_FOR_DRIVER,
  "Neon-Raw-Text-Output": "true",
  "Neon-Array-Mode": "true",
};
const ask = (query: string) =>
  new Request("http://db/", { method: "POST", headers: DRIVER_HEADERS, body: JSON.stringify({ query }) });

function oneRowOfEach(projectId: string) {
  const [sceneId, promptId, imageId, clipId, jobId] = [
    randomUUID(),
    randomUUID(),
    randomUUID(),
    randomUUID(),
    randomUUID(),
  ];
  const bytes = { objectKey: "k", etag: "e", bytes: 10, inputHash: "h" };
  const at = new Date("2026-11-22T10:20:30.123Z");
  return {
    projects: project(projectId),
    selectedScenes: {
      id: sceneId,
      projectId,
      orderIdx: 0,
      startFrame: 0,
      endFrame: 96,
      lyricExcerpt: "über die See",
      theme: "tide",
      aiReasoning: "",
      energy: 0.5,
      origin: "planned" as const,
      inputHash: "h",
    },
    scenePrompts: {
      id: promptId,
      projectId,
      sceneId,
      version: 1,
      imagePrompt: "a sea",
      motionPrompt: "slow",
      negativePrompt: "",
      styleNotes: "",
      setting: "",
      shotType: "wide",
      mood: "",
      palette: ["#102030"],
      inputHash: "h",
    },
    generatedImages: {
      id: imageId,
      projectId,
      sceneId,
      promptId,
      status: "completed" as const,
      origin: "generated" as const,
      ...bytes,
    },
    videoClips: {
      id: clipId,
      projectId,
      sceneId,
      imageId,
      status: "completed" as const,
      frames: 96,
      fps: 24,
      ...bytes,
    },
    userApprovals: { id: randomUUID(), projectId, sceneId, imageId, approved: true, subjectHash: "h" },
    finalVideos: {
      id: randomUUID(),
      projectId,
      status: "completed" as const,
      editList: [],
      frames: 96,
      ...bytes,
    },
    jobs: { id: jobId, projectId, type: "generate_clips" as const, status: "running" as const, payload: {} },
    tasks: {
      id: randomUUID(),
      jobId,
      projectId,
      type: "generate_clips" as const,
      subject: sceneId,
      status: "pending" as const,
      runAfter: at,
      inputHash: "h",
      costEstimatedUsd: 0.003,
    },
  };
}
