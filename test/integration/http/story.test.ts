import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finalVideos, generatedImages, userApprovals } from "../../../src/db/schema.ts";
import { type Api, openApi } from "../../support/api.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

async function setting(scenes = 2) {
  const ada = await api.person();
  const story = await insertStory(api.db, ada.sub, scenes);
  const base = `/api/projects/${story.id}`;
  const approve = (approvals: object[]) => ada.call("PUT", `${base}/approvals`, { approvals });
  const recorded = () => api.db.select().from(userApprovals).where(eq(userApprovals.projectId, story.id));
  return { ada, story, base, approve, recorded };
}

describe("approving", () => {
  test("an approval or rejection names the bytes and inputs it is about, in the order of the request", async () => {
    const { story, approve, recorded } = await setting();
    const [one, two] = story.scenes;
    const { json } = await approve([
      { clip_id: two?.clip, approved: false, notes: "too fast" },
      { image_id: one?.image, approved: true },
    ]);
    expect(json.items).toMatchObject([
      { clip_id: two?.clip, image_id: null, scene_id: two?.scene, approved: false, notes: "too fast" },
      { image_id: one?.image, clip_id: null, scene_id: one?.scene, approved: true, notes: null },
    ]);
    const rows = new Map((await recorded()).map((row) => [row.id, row]));
    expect(rows.get(json.items[0].id)?.subjectHash).toBe("secret-etag-clip-1:secret-hash-clip-1");
    expect(rows.get(json.items[1].id)?.subjectHash).toBe("secret-etag-image-0:secret-hash-image-0");
    expect(api.calls).toContain(`wake ${story.id}`);
  });

  test("it touches the project, so that a lost wake-up is found; a refused one does not", async () => {
    const { ada, base, story, approve } = await setting(1);
    const touched = async () => (await ada.call("GET", base)).json.updated_at;
    const before = await touched();
    await approve([{ image_id: randomUUID(), approved: true }]);
    expect(await touched()).toBe(before);
    const { json } = await approve([{ image_id: story.scenes[0]?.image, approved: true }]);
    expect(await touched()).toBe(json.items[0].created_at);
  });

  test("the answer is what the list shows", async () => {
    const { ada, base, story, approve } = await setting(1);
    const { json } = await approve([{ image_id: story.scenes[0]?.image, approved: true }]);
    const list = await ada.call("GET", `${base}/approvals?limit=1`);
    expect(list.json.items).toEqual(json.items);
  });

  test("earlier ones about the same file stay", async () => {
    const { story, approve, recorded } = await setting(1);
    const before = (await recorded()).length;
    for (const approved of [true, false, true])
      await approve([{ image_id: story.scenes[0]?.image, approved }]);
    expect(await recorded()).toHaveLength(before + 3);
  });

  test("if one can't be recorded, none is, and the error names it", async () => {
    const { story, approve, recorded } = await setting();
    const foreign = await setting();
    const before = (await recorded()).length;
    const { status, json } = await approve([
      { image_id: story.scenes[0]?.image, approved: true },
      { image_id: foreign.story.scenes[0]?.image, approved: true },
      { clip_id: randomUUID(), approved: true },
      { clip_id: story.scenes[1]?.image, approved: true },
    ]);
    expect([status, json.code]).toEqual([404, "not_found"]);
    expect(json.errors.map((e: { path: string }) => e.path)).toEqual([
      "approvals.1.image_id",
      "approvals.2.clip_id",
      "approvals.3.clip_id",
    ]);
    expect(await recorded()).toHaveLength(before);
    expect(api.calls).not.toContain(`wake ${story.id}`);
  });

  test("what is not completed can't be approved", async () => {
    const { story, approve } = await setting(1);
    const image = story.scenes[0]?.image ?? "";
    await api.db.update(generatedImages).set({ status: "failed" }).where(eq(generatedImages.id, image));
    expect((await approve([{ image_id: image, approved: true }])).status).toBe(404);
  });

  test("the same file twice in one request is refused", async () => {
    const { story, approve } = await setting(1);
    const image_id = story.scenes[0]?.image;
    const { status, json } = await approve([
      { image_id, approved: true },
      { image_id, approved: false },
    ]);
    expect([status, json.errors[0].path]).toEqual([400, "approvals.1.image_id"]);
  });

  test.each([
    [[]],
    [[{ approved: true }]],
    [[{ image_id: "7", approved: true }]],
    [[{ image_id: randomUUID(), clip_id: randomUUID(), approved: true }]],
    [[{ image_id: randomUUID() }]],
    [[{ image_id: randomUUID(), approved: true, notes: "a\0b" }]],
    [[{ image_id: randomUUID(), approved: true, subject_hash: "x" }]],
    [Array.from({ length: 201 }, () => ({ image_id: randomUUID(), approved: true }))],
  ])("refuses what is no list of verdicts (%#)", async (approvals) => {
    const { approve } = await setting(1);
    expect((await approve(approvals)).json.code).toBe("invalid_request");
  });
});

describe("lists", () => {
  test.each([
    ["scenes", 5],
    ["prompts", 5],
    ["images", 5],
    ["clips", 5],
    ["approvals", 10],
    ["jobs", 1],
    ["final-videos", 1],
  ])("pages of %s meet exactly", async (name, count) => {
    const { ada, base } = await setting(5);
    const whole = await ada.call("GET", `${base}/${name}`);
    expect(whole.json.items).toHaveLength(count);
    expect(whole.json.next_cursor).toBeNull();
    const pieces: unknown[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { json } = await ada.call("GET", `${base}/${name}?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(json.items.length).toBeLessThanOrEqual(2);
      pieces.push(...json.items);
      cursor = json.next_cursor;
    }
    const ids = (items: unknown) => (items as { id: string }[]).map((item) => item.id);
    expect(ids(pieces)).toEqual(ids(whole.json.items));
  });

  test("scenes come in film order with their times in seconds, other things newest first", async () => {
    const { ada, base } = await setting(3);
    const scenes = (await ada.call("GET", `${base}/scenes`)).json.items;
    expect(scenes.map((s: { order_idx: number }) => s.order_idx)).toEqual([0, 1, 2]);
    expect(scenes[1]).toMatchObject({
      start_frame: 120,
      end_frame: 240,
      start_seconds: 5,
      end_seconds: 10,
    });
    const ids: string[] = (await ada.call("GET", `${base}/images`)).json.items.map(
      (i: { id: string }) => i.id,
    );
    expect(ids).toEqual([...ids].sort().reverse());
  });

  test("a cursor of one kind of list is refused by another", async () => {
    const { ada, base } = await setting(3);
    const { json } = await ada.call("GET", `${base}/scenes?limit=1`);
    const crossed = await ada.call("GET", `${base}/images?cursor=${json.next_cursor}`);
    expect(crossed.json.code).toBe("invalid_cursor");
  });

  test("completed files have a URL, others none", async () => {
    const { ada, base, story } = await setting(2);
    const failed = story.scenes[0]?.image ?? "";
    await api.db.update(generatedImages).set({ status: "failed" }).where(eq(generatedImages.id, failed));
    const { json } = await ada.call("GET", `${base}/images`);
    for (const image of json.items)
      expect(image.url).toEqual(
        image.id === failed ? null : expect.stringMatching(/^https:\/\/bucket\.test\//),
      );
    const again = await ada.call("GET", `${base}/images`);
    expect(again.json).toEqual(json);
    expect(again.response.headers.get("cache-control")).toBe("no-store");
  });

  test("a job counts its tasks and those that ended", async () => {
    const { ada, base } = await setting(2);
    const { json } = await ada.call("GET", `${base}/jobs`);
    expect(json.items[0]).toMatchObject({
      tasks: { total: 2, succeeded: 1, failed: 1 },
      error: { code: "provider_invalid_request", next_action: null },
    });
  });
});

describe("downloading", () => {
  test("redirects to the film under the project's name, and the redirect may not be cached", async () => {
    const { ada, base, story } = await setting(1);
    const { status, response } = await ada.call("GET", `${base}/final-videos/${story.filmId}/download`);
    expect(status).toBe(302);
    const address = new URL(response.headers.get("location") ?? "");
    expect(address.searchParams.get("response-content-disposition")).toContain("Night Drive.mp4");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("needs a film that is completed", async () => {
    const { ada, base, story } = await setting(1);
    await api.db.update(finalVideos).set({ status: "failed" }).where(eq(finalVideos.id, story.filmId));
    const { status, json } = await ada.call("GET", `${base}/final-videos/${story.filmId}/download`);
    expect([status, json.code]).toEqual([409, "conflict"]);
  });

  test("another person's film is 404, also under one's own project", async () => {
    const { ada, base } = await setting(1);
    const foreign = await setting(1);
    for (const film of [foreign.story.filmId, randomUUID(), "7"])
      expect((await ada.call("GET", `${base}/final-videos/${film}/download`)).status).toBe(404);
  });
});
