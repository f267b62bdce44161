import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApi } from "../../../src/app.ts";
import { objectsToDelete, owners, projects, tasks } from "../../../src/db/schema.ts";
import { postgresStore } from "../../../src/db/store.ts";
import { MAX_OF_OWNER, OWNER_LIMITS, type OwnerLimits } from "../../../src/domain/record/limits.ts";
import { type Api, openApi, type Person, read } from "../../support/api.ts";
import { fixture } from "../../support/media.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

/** A person under these limits. */
async function limited(limits: Partial<OwnerLimits>) {
  const person = await api.person();
  const { newId } = api.deps;
  const store = postgresStore(api.db, { newId, ownerBudgetUsd: null, limits });
  const small = createApi({ deps: { ...api.deps, store }, verifyToken: api.verifyToken });
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await small.request(path, {
      method: "POST",
      headers: { authorization: `Bearer ${person.token}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, json: await read(response), response };
  };
  return { person, post };
}
type Limited = Awaited<ReturnType<typeof limited>>;
const create = ({ post }: Limited, key?: string) =>
  post("/api/projects", { name: "Night Drive" }, key ? { "idempotency-key": key } : {});
const presign = ({ post }: Limited, projectId: string, bytes = 1000) =>
  post("/api/uploads/presign", {
    project_id: projectId,
    filename: "song.mp3",
    content_type: "audio/mpeg",
    bytes,
  });
/** What a refusal by a limit must say: its name, the number and what to do. */
const refusal = (name: keyof OwnerLimits, number: string) => ({
  status: 409,
  code: "limit_reached",
  detail: expect.stringMatching(
    new RegExp(`\`${name}\`: at most ${number} .*\\. ${OWNER_LIMITS[name].action}`),
  ),
});

test("one project more than the limit is refused, until one is deleted", async () => {
  const ada = await limited({ projects: 2 });
  const made = [await create(ada), await create(ada)];
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
  expect((await create(ada)).json).toMatchObject(refusal("projects", "2"));
  expect((await ada.person.call("DELETE", `/api/projects/${made[0]?.json.id}`)).status).toBe(204);
  expect((await create(ada)).status).toBe(201);
  expect((await create(await limited({ projects: 2 }))).status).toBe(201);
});

test("requests at the same moment make no more projects than the limit", async () => {
  const ada = await limited({ projects: 3 });
  const all = await Promise.all(Array.from({ length: 8 }, () => create(ada)));
  expect(all.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
});

test("a repeat under its Idempotency-Key shows its project, also at the limit", async () => {
  const ada = await limited({ projects: 1 });
  const key = randomUUID();
  const first = await create(ada, key);
  const again = await create(ada, key);
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.json).toEqual(first.json);
  expect(again.response.headers.get("idempotency-replayed")).toBe("true");
  const other = randomUUID();
  expect((await create(ada, other)).json).toMatchObject(refusal("projects", "1"));
  expect((await create(ada, other)).json).toMatchObject(refusal("projects", "1"));
});

test("one open upload more than the limit is refused, until one is confirmed or refused", async () => {
  const ada = await limited({ open_uploads: 2 });
  const { id } = (await create(ada)).json;
  const [first, second] = [(await presign(ada, id)).json.key, (await presign(ada, id)).json.key];
  expect((await presign(ada, id)).json).toMatchObject(refusal("open_uploads", "2"));
  api.bucket.upload(first, fixture("song.mp3"), "audio/mpeg");
  expect((await ada.post(`/api/projects/${id}/audio`, { key: first })).status).toBe(200);
  expect((await presign(ada, id)).status).toBe(201);
  expect((await presign(ada, id)).status).toBe(409);
  api.bucket.upload(second, fixture("broken/html.mp3"), "audio/mpeg");
  expect((await ada.post(`/api/projects/${id}/audio`, { key: second })).status).toBe(422);
  expect((await presign(ada, id)).status).toBe(201);
});

test("an upload is refused that would exceed the bytes of images, clips, films, songs and other uploads", async () => {
  const person = await api.person();
  await insertStory(api.db, person.sub);
  const { json } = await person.call("GET", "/api/me");
  expect(json.used.stored_bytes).toBeGreaterThan(0);
  const ada = await limited({ stored_bytes: 5_000 });
  const { id } = (await create(ada)).json;
  expect((await presign(ada, id, 3_000)).status).toBe(201);
  expect((await presign(ada, id, 2_001)).json).toMatchObject(refusal("stored_bytes", "5,000"));
  expect((await presign(ada, id, 2_000)).status).toBe(201);
  expect((await presign(ada, id, 1)).status).toBe(409);
  await api.db.delete(objectsToDelete).where(eq(objectsToDelete.ownerId, ada.person.sub));
  expect((await presign(ada, id, 5_000)).status).toBe(201);
});

test("a run is refused while the owner has the most open tasks, and changes nothing", async () => {
  const ada = await limited({ open_tasks: 2 });
  const story = await insertStory(api.db, ada.person.sub);
  const run = () => ada.post(`/api/projects/${story.id}/run`, { target: "generate_clips" });
  const state = async () => (await api.db.select().from(projects).where(eq(projects.id, story.id)))[0];
  await api.db.update(tasks).set({ status: "succeeded" }).where(eq(tasks.projectId, story.id));
  expect((await run()).status).toBe(202);
  const rows = await api.db.select().from(tasks).where(eq(tasks.projectId, story.id)).limit(1);
  for (const subject of [randomUUID(), randomUUID()])
    await api.db
      .insert(tasks)
      .values(rows.map((row) => ({ ...row, id: api.deps.newId(), subject, status: "pending" as const })));
  const before = await state();
  expect((await run()).json).toMatchObject(refusal("open_tasks", "2"));
  expect(await state()).toEqual(before);
  const other = (await create(ada)).json;
  expect((await ada.post(`/api/projects/${other.id}/run`, { target: "transcribe" })).json).toMatchObject({
    code: "audio_missing",
  });
});

test("GET /api/me shows the limits that are enforced, what is used, and what was spent", async () => {
  const ada = await api.person();
  const me = async (person: Person) => (await person.call("GET", "/api/me")).json;
  expect(await me(ada)).toEqual({
    id: ada.sub,
    limits: { ...MAX_OF_OWNER, spend_usd: null },
    used: { projects: 0, stored_bytes: 0, open_uploads: 0, open_tasks: 0, spend_usd: 0 },
    today: { spent_usd: 0 },
  });
  const { id } = await ada.project();
  const upload = { project_id: id, filename: "song.mp3", content_type: "audio/mpeg", bytes: 1234 };
  await ada.call("POST", "/api/uploads/presign", upload);
  await api.db
    .update(owners)
    .set({ budgetUsd: 50, spentUsd: 1.1, reservedUsd: 2.2 })
    .where(eq(owners.id, ada.sub));
  const shown = await me(ada);
  expect(shown.limits.spend_usd).toBe(50);
  expect(shown.used).toEqual({
    projects: 1,
    stored_bytes: 1234,
    open_uploads: 1,
    open_tasks: 0,
    spend_usd: 3.3,
  });
});

test("the document's introduction has every limit with its number", async () => {
  const { info } = await read(await api.api.request("/openapi.json"));
  for (const [name, { most, unit }] of Object.entries(OWNER_LIMITS))
    expect(info.description).toContain(`| \`${name}\` | ${most.toLocaleString("en-US")} ${unit} |`);
});
