/** What one owner may have, and what is deleted, under real concurrency: PGlite would show nothing here. */
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Db } from "../../src/db/client.ts";
import { objectsToDelete, projects } from "../../src/db/schema.ts";
import { postgresStore } from "../../src/db/store.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import { isLimitReached } from "../../src/domain/record/limits.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";
import type { Store } from "../../src/ports/store.ts";
import { openDatabase } from "../../src/sandbox/neon/neon.ts";
import { type Listening, listen } from "../../src/sandbox/world/listen.ts";
import { songOf } from "../support/record.ts";

const newId = () => uuidv7(Date.now());
const AT_ONCE = 20;

let database: Awaited<ReturnType<typeof openDatabase>>;
let endpoint: Listening;
let db: Db;
let store: Store;
beforeAll(async () => {
  database = await openDatabase({ url: process.env.TEST_DATABASE_URL });
  await database.migrate();
  endpoint = await listen(database.handler, 0, "127.0.0.1");
  db = connect("postgresql://omvee:omvee@localhost/omvee", endpoint.url);
  const limits = { projects: 5, open_uploads: 5 };
  store = postgresStore(db, { newId, ownerBudgetUsd: null, limits });
});
afterAll(async () => {
  await endpoint?.close();
  await database?.close();
});

const atOnce = <T>(work: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, n) => work(n)));
const create = (ownerId: string) =>
  store.createProject({ id: newId(), ownerId, name: "Night Drive", settings: DEFAULT_SETTINGS });
async function project() {
  const ownerId = newId();
  const made = await create(ownerId);
  if (isLimitReached(made)) throw new Error("A new owner has reached a limit");
  return { ownerId, projectId: made.id };
}

test("requests at the same moment make as many projects as the limit allows, no more", async () => {
  const ownerId = newId();
  const made = await atOnce(() => create(ownerId));
  expect(made.filter((answer) => !isLimitReached(answer))).toHaveLength(5);
  expect(await db.select().from(projects).where(eq(projects.ownerId, ownerId))).toHaveLength(5);
});

test("requests at the same moment open as many uploads as the limit allows, no more", async () => {
  const whose = await project();
  const answers = await atOnce((n) => store.announceUpload(whose, { key: `${newId()}-${n}`, bytes: 1 }));
  expect(answers.filter((answer) => answer && !isLimitReached(answer))).toHaveLength(5);
});

test("of songs that are attached at the same moment one is the project's, and all others are deleted", async () => {
  const whose = await project();
  const keys = Array.from({ length: AT_ONCE }, newId);
  await atOnce((n) =>
    store.attachAudio(whose, { audio: { ...songOf(10), key: keys[n] ?? "" }, keepScenes: false }),
  );
  const present = (await store.findProject(whose))?.audio?.key;
  const rows = await db.select().from(objectsToDelete).where(eq(objectsToDelete.projectId, whose.projectId));
  expect(rows.map(({ path }) => path).toSorted()).toEqual(keys.filter((key) => key !== present).toSorted());
});

test("sweeps at the same moment take each object once, and none that is about to be confirmed", async () => {
  const whose = await project();
  const rows = Array.from({ length: 60 }, () => ({
    path: newId(),
    ...whose,
    reason: "upload" as const,
    dueAt: new Date(0),
  }));
  await db.insert(objectsToDelete).values(rows);
  const held: string[] = [];
  const taken: string[] = [];
  await atOnce(async (n) => {
    const key = rows[n]?.path ?? "";
    const answer = await store.holdUpload(whose, key);
    if (answer && !answer.deleting) held.push(key);
    taken.push(...(await store.takeObjectsToDelete({ keys: 9, prefixes: 9 })));
  });
  const ours = taken.filter((path) => rows.some((row) => row.path === path));
  expect(new Set(ours).size).toBe(ours.length);
  expect(held.filter((key) => ours.includes(key))).toEqual([]);
  expect(ours.length).toBeGreaterThan(0);
});
