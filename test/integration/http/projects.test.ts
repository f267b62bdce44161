import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobs, projects, tasks, videoClips } from "../../../src/db/schema.ts";
import { projectPrefix } from "../../../src/domain/record/keys.ts";
import { type Api, openApi } from "../../support/api.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

describe("making", () => {
  test("a name is enough: the settings have defaults, and Location is the project's path", async () => {
    const ada = await api.person();
    const { json, response } = await ada.call("POST", "/api/projects", { name: "  Night Drive  " });
    expect(json).toMatchObject({ name: "Night Drive", status: "draft", version: 1, audio: null });
    expect(json.settings).toMatchObject({ fps: 24, aspect_ratio: "16:9", budget_usd: 20 });
    const read = await ada.call("GET", response.headers.get("location") ?? "");
    expect(read.json).toEqual(json);
    expect(read.response.headers.get("etag")).toBe(response.headers.get("etag"));
  });

  test.each([
    [{}, "name"],
    [{ name: "   " }, "name"],
    [{ name: "x".repeat(201) }, "name"],
    [{ name: "a\0b" }, "name"],
    [{ name: "a\ud800b" }, "name"],
    [{ name: "x", settings: { fps: 30 } }, "settings.fps"],
    [{ name: "x", settings: { budget_usd: -1 } }, "settings.budget_usd"],
    [{ name: "x", settings: { scenes: { min_seconds: 1 } } }, "settings.scenes.min_seconds"],
    [{ name: "x", settings: { image_model: "who/knows" } }, "settings.image_model"],
    [{ name: "x", settings: { clip_model: "__proto__" } }, "settings.clip_model"],
    [{ name: "x", settings: { image_fallbacks: ["who/knows"] } }, "settings.image_fallbacks.0"],
    [
      { name: "x", settings: { clip_fallbacks: ["kwaivgi/kling-v2.1", "who/knows"] } },
      "settings.clip_fallbacks.1",
    ],
    [{ name: "x", settings: { soften_refused: "no" } }, "settings.soften_refused"],
    [{ name: "x", settings: { repeat_unknown_up_to_usd: -1 } }, "settings.repeat_unknown_up_to_usd"],
    [{ name: "x", settings: { scenes: { min_seconds: 8, max_seconds: 5 } } }, "settings.scenes.min_seconds"],
    [{ name: "x", settings: { scenes: { max_seconds: 30 } } }, "settings.scenes.max_seconds"],
  ])("%j is refused with the path of what to correct", async (body, path) => {
    const ada = await api.person();
    const { status, json } = await ada.call("POST", "/api/projects", body);
    expect(status).toBe(400);
    expect(json.errors.map((e: { path: string }) => e.path)).toContain(path);
  });
});

describe("listing", () => {
  test("pages are newest first, meet exactly, and hold the person's own projects only", async () => {
    const ada = await api.person();
    const stranger = await api.person();
    await stranger.project("not hers");
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift((await ada.project(`Song ${i}`)).id);
    const seen: string[] = [];
    let next: string | null = "";
    for (let pages = 0; next !== null && pages < 9; pages++) {
      const cursor: string = next === "" ? "" : `&cursor=${next}`;
      const { json } = await ada.call("GET", `/api/projects?limit=2${cursor}`);
      seen.push(...json.items.map((p: { id: string }) => p.id));
      expect(json.total).toBeUndefined();
      next = json.next_cursor;
    }
    expect(seen.sort().reverse()).toEqual(made.sort().reverse());
    expect(seen).toHaveLength(5);
  });

  test("the total is counted when it is asked for, in the same round trip", async () => {
    const ada = await api.person();
    for (let i = 0; i < 3; i++) await ada.project();
    const { result, trips } = await api.roundTrips(() => ada.call("GET", "/api/projects?limit=1&total=true"));
    expect(result.json).toMatchObject({ total: 3, next_cursor: expect.any(String) });
    expect(trips).toBe(1);
  });

  test.each(["cursor=abc", "cursor=", "cursor=%00", `cursor=${btoa("1 or 1=1")}`, `cursor=${btoa("5")}`])(
    "?%s is no cursor of ours",
    async (query) => {
      const ada = await api.person();
      const { status, json } = await ada.call("GET", `/api/projects?${query}`);
      expect([status, json.code]).toEqual([400, "invalid_cursor"]);
    },
  );

  test.each(["limit=0", "limit=101", "limit=1.5", "limit=x", "limit=1&limit=2", "total=yes"])(
    "?%s is refused",
    async (query) => {
      const ada = await api.person();
      const { status, json } = await ada.call("GET", `/api/projects?${query}`);
      expect([status, json.code]).toEqual([400, "invalid_request"]);
    },
  );
});

describe("editing", () => {
  test("PATCH keeps settings that are left out; PUT sets them to their defaults", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    await ada.call("PATCH", `/api/projects/${id}`, {
      settings: { style: "pencil", scenes: { max_seconds: 7 } },
    });
    const patched = await ada.call("PATCH", `/api/projects/${id}`, { settings: { budget_usd: null } });
    expect(patched.json).toMatchObject({
      version: 3,
      settings: { style: "pencil", budget_usd: null, scenes: { min_seconds: 4, max_seconds: 7 } },
    });
    const put = await ada.call("PUT", `/api/projects/${id}`, { name: "New", settings: { mood: "calm" } });
    expect(put.json).toMatchObject({
      name: "New",
      version: 4,
      settings: { style: "", mood: "calm", budget_usd: 20, scenes: { min_seconds: 4, max_seconds: 9 } },
    });
  });

  test("the name and settings of a project that was read can be PUT unchanged", async () => {
    const ada = await api.person();
    const { id, name, settings } = await ada.project();
    const { status, json } = await ada.call("PUT", `/api/projects/${id}`, { name, settings });
    expect(status).toBe(200);
    expect(json.settings).toEqual(settings);
  });

  test("two people's edits of different settings at the same time both stay", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    await Promise.all([
      ada.call("PATCH", `/api/projects/${id}`, { settings: { style: "pencil" } }),
      ada.call("PATCH", `/api/projects/${id}`, { settings: { mood: "calm" } }),
      ada.call("PATCH", `/api/projects/${id}`, { settings: { scenes: { max_seconds: 8 } } }),
      ada.call("PATCH", `/api/projects/${id}`, { settings: { scenes: { min_seconds: 3 } } }),
    ]);
    const { json } = await ada.call("GET", `/api/projects/${id}`);
    expect(json.version).toBe(5);
    expect(json.settings).toMatchObject({
      style: "pencil",
      mood: "calm",
      scenes: { min_seconds: 3, max_seconds: 8 },
    });
  });

  test("If-Match accepts one of two edits of the same version, and refuses the other", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const etag = (await ada.call("GET", `/api/projects/${id}`)).response.headers.get("etag") ?? "";
    const edits = await Promise.all(
      ["a", "b"].map((name) => ada.call("PATCH", `/api/projects/${id}`, { name }, { "if-match": etag })),
    );
    expect(edits.map((e) => e.status).sort()).toEqual([200, 412]);
    expect(edits.find((e) => e.status === 412)?.json).toMatchObject({
      code: "precondition_failed",
      detail: expect.stringContaining("version 2"),
    });
  });

  test.each([
    ['"v1"', 200],
    ['W/"v1-0a1b"', 200],
    ['"v7", "v1"', 200],
    ["*", 200],
    ['"v2"', 412],
    ["nonsense", 412],
  ])("If-Match: %s of version 1 gives %i", async (ifMatch, expected) => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { status } = await ada.call("PATCH", `/api/projects/${id}`, { name: "x" }, { "if-match": ifMatch });
    expect(status).toBe(expected);
  });

  test("what the pipeline changes makes a copy stale, without an edit", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const read = await ada.call("GET", `/api/projects/${id}`);
    const etag = read.response.headers.get("etag") ?? "";
    const again = await ada.call("GET", `/api/projects/${id}`, undefined, { "if-none-match": `W/${etag}` });
    expect([again.status, again.json]).toEqual([304, null]);
    expect(again.response.headers.get("etag")).toBe(etag);
    await api.db.update(projects).set({ status: "running" }).where(eq(projects.id, id));
    const moved = await ada.call("GET", `/api/projects/${id}`, undefined, { "if-none-match": etag });
    expect([moved.status, moved.json.status, moved.json.version]).toEqual([200, "running", 1]);
    // An edit by the version that the person read is still accepted.
    expect((await ada.call("PATCH", `/api/projects/${id}`, { name: "x" }, { "if-match": etag })).status).toBe(
      200,
    );
  });

  test("an edit that succeeds wakes the coordinator, one that is refused does not", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    await ada.call("PATCH", `/api/projects/${id}`, { settings: { scenes: { max_seconds: 30 } } });
    expect(api.calls).not.toContain(`wake ${id}`);
    await ada.call("PATCH", `/api/projects/${id}`, { name: "x" });
    expect(api.calls.filter((call) => call === `wake ${id}`)).toHaveLength(1);
  });
});

describe("deleting", () => {
  test("removes the rows, the files and the coordinator's state; a repeat is 404", async () => {
    const ada = await api.person();
    const { id } = await insertStory(api.db, ada.sub);
    const prefix = projectPrefix(ada.sub, id);
    api.bucket.upload(`${prefix}clips/a.mp4`, new Uint8Array(3), "video/mp4");
    const other = await ada.project("stays");
    const kept = `${projectPrefix(ada.sub, other.id)}clips/a.mp4`;
    api.bucket.upload(kept, new Uint8Array(3), "video/mp4");

    expect((await ada.call("DELETE", `/api/projects/${id}`)).status).toBe(204);
    expect(api.bucket.keys().filter((key) => key.startsWith(prefix))).toEqual([]);
    expect(api.bucket.keys()).toContain(kept);
    for (const table of [jobs, tasks, videoClips])
      expect(await api.db.select().from(table).where(eq(table.projectId, id))).toEqual([]);
    expect(api.calls).toContain(`destroy ${id}`);
    expect((await ada.call("DELETE", `/api/projects/${id}`)).status).toBe(404);
    expect((await ada.call("GET", `/api/projects/${other.id}`)).status).toBe(200);
  });

  test("a repeat finishes one that failed after the rows were removed", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const key = `${projectPrefix(ada.sub, id)}clips/a.mp4`;
    api.bucket.upload(key, new Uint8Array(3), "video/mp4");
    const { deletePrefix } = api.deps.storage;
    api.deps.storage.deletePrefix = () => Promise.reject(new Error("the bucket is away"));
    const cut = await ada.call("DELETE", `/api/projects/${id}`);
    api.deps.storage.deletePrefix = deletePrefix;
    expect([cut.status, cut.json.code]).toEqual([503, "unavailable"]);
    expect(cut.response.headers.get("retry-after")).toBe("2");
    expect(api.bucket.keys()).toContain(key);

    expect((await ada.call("DELETE", `/api/projects/${id}`)).status).toBe(404);
    expect(api.bucket.keys()).not.toContain(key);
    expect(api.calls).toContain(`wake ${id}`);
  });

  test("a stranger's attempt removes neither files nor the coordinator's state", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const key = `${projectPrefix(ada.sub, id)}clips/a.mp4`;
    api.bucket.upload(key, new Uint8Array(3), "video/mp4");
    const stranger = await api.person();
    expect((await stranger.call("DELETE", `/api/projects/${id}`)).status).toBe(404);
    expect(api.bucket.keys()).toContain(key);
    expect(api.calls).not.toContain(`destroy ${id}`);
  });
});

test("a coordinator that can't be reached does not fail a request that is committed", async () => {
  const ada = await api.person();
  const { id } = await ada.project();
  const { coordinator } = api.deps;
  api.deps.coordinator = (project) => ({
    ...coordinator(project),
    wake: () => Promise.reject(new Error("overloaded")),
  });
  const edited = await ada.call("PATCH", `/api/projects/${id}`, { name: "Kept" });
  api.deps.coordinator = coordinator;
  expect([edited.status, edited.json.name]).toEqual([200, "Kept"]);
  expect(api.calls).toContain("warn wake_lost");
});
