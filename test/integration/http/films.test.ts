import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finalVideos, generatedImages, projects, videoClips } from "../../../src/db/schema.ts";
import type { ProvenanceMark } from "../../../src/domain/record/record.ts";
import { type Api, FRONTEND, openApi } from "../../support/api.ts";
import { AUDIO, insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

async function setting() {
  const ada = await api.person();
  const story = await insertStory(api.db, ada.sub, 1);
  const base = `/api/projects/${story.id}`;
  const film = () => ada.call("GET", `${base}/final-videos/${story.filmId}`);
  return { ada, story, base, film };
}
/** The file name in a signed URL. */
const savedAs = (address: string) => {
  const header = new URL(address).searchParams.get("response-content-disposition") ?? "";
  return decodeURIComponent(/filename\*=UTF-8''(\S+)$/.exec(header)?.[1] ?? "");
};

describe("a film by itself", () => {
  test("is the same as in the list", async () => {
    const { ada, base, film } = await setting();
    const { status, json } = await film();
    const list = await ada.call("GET", `${base}/final-videos`);
    expect(status).toBe(200);
    expect(list.json.items).toEqual([json]);
  });

  test("is 404 for another person, under another project, and for a malformed id", async () => {
    const { ada, base, story } = await setting();
    const foreign = await setting();
    for (const path of [
      `${base}/final-videos/${foreign.story.filmId}`,
      `${base}/final-videos/${randomUUID()}`,
      `${base}/final-videos/7`,
      `${foreign.base}/final-videos/${foreign.story.filmId}`,
      `${foreign.base}/final-videos/${story.filmId}`,
    ])
      expect(await ada.call("GET", path)).toMatchObject({ status: 404, json: { code: "not_found" } });
  });

  test("has no URLs until it is completed", async () => {
    const { story, film } = await setting();
    await api.db.update(finalVideos).set({ status: "failed" }).where(eq(finalVideos.id, story.filmId));
    expect((await film()).json).toMatchObject({ status: "failed", url: null, download_url: null });
  });

  test("has a URL to read it and another to save it, and the redirect leads to the latter", async () => {
    const { ada, base, story, film } = await setting();
    const { json } = await film();
    expect(new URL(json.url).searchParams.has("response-content-disposition")).toBe(false);
    expect(new URL(json.url).pathname).toBe(new URL(json.download_url).pathname);
    const { response } = await ada.call("GET", `${base}/final-videos/${story.filmId}/download`);
    expect(response.headers.get("location")).toBe(json.download_url);
  });

  test.each([
    ["artist and title of the song", { title: "Ночь", artist: "Ada" }, "Ada - Ночь.mp4"],
    ["the title alone", { title: "Night/Drive: II", artist: null }, "Night Drive II.mp4"],
    ["the project, where the song says nothing", { title: null, artist: null }, "My project.mp4"],
    ["the project, where the title is empty", { title: "", artist: "AC/DC" }, "AC DC - My project.mp4"],
  ])("is saved under %s", async (_what, tags, name) => {
    const { story, film } = await setting();
    await api.db
      .update(projects)
      .set({ name: "My project", audio: { ...AUDIO, ...tags } })
      .where(eq(projects.id, story.id));
    expect(savedAs((await film()).json.download_url)).toBe(name);
  });
});

test("an image and a clip show what their files state of how they were made; null where the file was not read", async () => {
  const { ada, base, story } = await setting();
  const mark: ProvenanceMark = {
    kind: "c2pa",
    bytes: 9000,
    name: null,
    sources: ["trainedAlgorithmicMedia"],
    watermark: "SynthID",
  };
  const told = {
    kind: "c2pa",
    bytes: 9000,
    name: null,
    digital_source_types: ["trainedAlgorithmicMedia"],
    watermark: "SynthID",
  };
  const first = async (list: string) => (await ada.call("GET", `${base}/${list}`)).json.items[0].provenance;
  expect([await first("images"), await first("clips")]).toEqual([null, null]);
  const { db } = api;
  await db
    .update(generatedImages)
    .set({ provenance: [mark] })
    .where(eq(generatedImages.projectId, story.id));
  await db.update(videoClips).set({ provenance: [] }).where(eq(videoClips.projectId, story.id));
  expect([await first("images"), await first("clips")]).toEqual([[told], []]);
});

describe("a page of another origin", () => {
  const exposed = (response: Response) =>
    (response.headers.get("access-control-expose-headers") ?? "").split(",").map((name) => name.trim());

  test.each(["edl", "fcpxml", "otio", "srt", "vtt", "lrc"])(
    "reads what an export is named: %s",
    async (format) => {
      const { ada, base } = await setting();
      const { response } = await ada.call("GET", `${base}/timeline/${format}`, undefined, {
        origin: FRONTEND,
      });
      expect(response.headers.get("content-disposition")).toContain(
        `filename*=UTF-8''Night%20Drive.${format}`,
      );
      expect(exposed(response)).toContain("Content-Disposition");
    },
  );

  test("can read how to sign in again", async () => {
    const response = await api.api.request("/api/projects", { headers: { origin: FRONTEND } });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer /);
    expect(exposed(response)).toContain("WWW-Authenticate");
  });
});
