import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { objectsToDelete } from "../../../src/db/schema.ts";
import { audioKey, projectPrefix } from "../../../src/domain/record/keys.ts";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.ts";
import { deleteUnneeded } from "../../../src/pipeline/deletions.ts";
import { type Api, openApi, type Person } from "../../support/api.ts";
import { fixture } from "../../support/media.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());
beforeEach(async () => {
  await api.db.delete(objectsToDelete);
});

const SONG = { filename: "song.mp3", content_type: "audio/mpeg", bytes: 1234 };

async function presigned(person: Person, projectId: string, file = "song.mp3"): Promise<string> {
  const { json } = await person.call("POST", "/api/uploads/presign", { project_id: projectId, ...SONG });
  api.bucket.upload(json.key, fixture(file), "audio/mpeg");
  return json.key;
}
const confirm = (person: Person, projectId: string, key: string) =>
  person.call("POST", `/api/projects/${projectId}/audio`, { key });

/** Sets the clock forward, for what is to be deleted. */
const later = (minutes: number) =>
  api.db
    .update(objectsToDelete)
    .set({ dueAt: sql`${objectsToDelete.dueAt} - ${minutes} * interval '1 minute'` });
const paths = async () => (await api.db.select().from(objectsToDelete)).map(({ path }) => path);
const sweep = () => deleteUnneeded(api.deps);

async function start() {
  const ada = await api.person();
  const { id } = await ada.project();
  return { ada, id };
}

test("an upload that is never confirmed is deleted two hours after it was presigned, not before", async () => {
  const { ada, id } = await start();
  const key = await presigned(ada, id);
  await later(119);
  await sweep();
  expect(api.bucket.keys()).toContain(key);
  await later(1);
  await sweep();
  expect(api.bucket.keys()).not.toContain(key);
  expect(await paths()).toEqual([]);
  expect((await confirm(ada, id, key)).json).toMatchObject({ status: 409, code: "upload_missing" });
});

test("a confirmed song stays, and the song that it replaces is deleted an hour later", async () => {
  const { ada, id } = await start();
  const [first, second] = [await presigned(ada, id), await presigned(ada, id)];
  expect((await confirm(ada, id, first)).status).toBe(200);
  await later(110);
  expect((await confirm(ada, id, second)).status).toBe(200);
  await later(59);
  await sweep();
  expect(api.bucket.keys()).toEqual(expect.arrayContaining([first, second]));
  await later(1);
  await sweep();
  await later(1_000);
  await sweep();
  expect(api.bucket.keys()).toContain(second);
  expect(api.bucket.keys()).not.toContain(first);
  expect(await paths()).toEqual([]);
});

test("a replaced song that is confirmed again stays", async () => {
  const { ada, id } = await start();
  const [first, second] = [await presigned(ada, id), await presigned(ada, id)];
  for (const key of [first, second, first]) expect((await confirm(ada, id, key)).status).toBe(200);
  await later(1_000);
  await sweep();
  expect(api.bucket.keys()).toContain(first);
  expect(api.bucket.keys()).not.toContain(second);
});

test("a file is not deleted while it is measured, nor attached once a sweep has taken it", async () => {
  const { ada, id } = await start();
  const key = await presigned(ada, id);
  const whose = { ownerId: ada.sub, projectId: id };
  await later(120);
  expect(await api.deps.store.holdUpload(whose, key)).toMatchObject({ deleting: false });
  expect(await api.deps.store.takeObjectsToDelete({ keys: 9, prefixes: 9 })).toEqual([]);
  await later(60);
  expect(await api.deps.store.takeObjectsToDelete({ keys: 9, prefixes: 9 })).toEqual([key]);
  expect(api.bucket.keys()).toContain(key);
  expect((await confirm(ada, id, key)).json).toMatchObject({ status: 409, code: "upload_missing" });
});

test("a key without a row, as an earlier version presigned it, is confirmed as any other", async () => {
  const { ada, id } = await start();
  const key = audioKey(ada.sub, id, randomUUID(), "mp3");
  api.bucket.upload(key, fixture("song.mp3"), "audio/mpeg");
  expect((await confirm(ada, id, key)).status).toBe(200);
  await sweep();
  expect(api.bucket.keys()).toContain(key);
});

test("a project's present song is never deleted, even if its row was left", async () => {
  const { ada, id } = await start();
  const key = await presigned(ada, id);
  const rows = await api.db.select().from(objectsToDelete);
  await confirm(ada, id, key);
  // As a version that does not know this table leaves it.
  await api.db.insert(objectsToDelete).values(rows);
  await later(120);
  await sweep();
  expect(api.bucket.keys()).toContain(key);
  expect(await paths()).toEqual([]);
});

test("what is put to a removed project's URL is deleted after the URL has expired", async () => {
  const { ada, id } = await start();
  const key = await presigned(ada, id);
  expect((await ada.call("DELETE", `/api/projects/${id}`)).status).toBe(204);
  expect(api.bucket.keys()).not.toContain(key);
  api.bucket.upload(key, fixture("song.mp3"), "audio/mpeg");
  expect(await paths()).toEqual([projectPrefix(ada.sub, id)]);
  await later(74);
  await sweep();
  expect(api.bucket.keys()).toContain(key);
  await later(1);
  await sweep();
  expect(api.bucket.keys()).not.toContain(key);
  expect(await paths()).toEqual([]);
});

test("the files of a project that exists again under its id are not deleted", async () => {
  const { ada, id } = await start();
  await ada.call("DELETE", `/api/projects/${id}`);
  await api.deps.store.createProject({
    id,
    ownerId: ada.sub,
    name: "Night Drive",
    settings: DEFAULT_SETTINGS,
  });
  const key = await presigned(ada, id);
  await confirm(ada, id, key);
  await later(1_000);
  await sweep();
  expect(api.bucket.keys()).toContain(key);
});

test("what the bucket fails to delete is logged and tried again ten minutes later", async () => {
  const { ada, id } = await start();
  const key = await presigned(ada, id);
  await later(120);
  const fails = () => Promise.reject(new Error("the bucket is down"));
  const events: unknown[] = [];
  const log = (...line: unknown[]) => void events.push(line);
  await deleteUnneeded({ ...api.deps, log, storage: { ...api.deps.storage, delete: fails } });
  expect(events).toEqual([["warn", "unneeded_kept", { kept: 1, error: "Error: the bucket is down" }]]);
  await later(9);
  await sweep();
  expect(api.bucket.keys()).toContain(key);
  await later(1);
  await sweep();
  expect(api.bucket.keys()).not.toContain(key);
});

test("a refused file is deleted at once, and once more if its URL takes another", async () => {
  const { ada, id } = await start();
  const key = await presigned(ada, id, "broken/html.mp3");
  expect((await confirm(ada, id, key)).status).toBe(422);
  expect(api.bucket.keys()).not.toContain(key);
  api.bucket.upload(key, fixture("song.mp3"), "audio/mpeg");
  await later(120);
  await sweep();
  expect(api.bucket.keys()).not.toContain(key);
});

test("one sweep deletes at most 200 keys, those that are due longest", async () => {
  const { ada, id } = await start();
  const keys = Array.from({ length: 201 }, (_, n) => `${projectPrefix(ada.sub, id)}audio/${n}.mp3`);
  await api.db.insert(objectsToDelete).values(
    keys.map((path, n) => ({
      path,
      ownerId: ada.sub,
      projectId: id,
      reason: "upload" as const,
      dueAt: new Date(n),
    })),
  );
  await sweep();
  expect(await paths()).toEqual(keys.slice(200));
});
