import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projects, selectedScenes } from "../../../src/db/schema.ts";
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
  return { ada, story, base };
}

/** Expects entries that hold every frame of the song exactly once. */
function expectTiled(json: { frames: number; entries: { start_frame: number; end_frame: number }[] }) {
  let at = 0;
  for (const entry of json.entries) {
    expect(entry.start_frame).toBe(at);
    expect(entry.end_frame).toBeGreaterThan(at);
    at = entry.end_frame;
  }
  expect(at).toBe(json.frames);
}

describe("the timeline", () => {
  test("is playable before the song is transcribed: one card for the whole song", async () => {
    const { ada, story, base } = await setting();
    await api.db.update(projects).set({ lyrics: null }).where(eq(projects.id, story.id));
    await api.db.delete(selectedScenes).where(eq(selectedScenes.projectId, story.id));
    const { json } = await ada.call("GET", `${base}/timeline`);
    expectTiled(json);
    expect(json.entries).toMatchObject([{ scene_id: null, shown: { kind: "card" }, title: "Night Drive" }]);
    expect(json.song_url).toContain("X-Amz-Signature");
  });

  test("is playable before the scenes are planned: a card for each line, from its first frame on", async () => {
    const { ada, story, base } = await setting();
    await api.db.delete(selectedScenes).where(eq(selectedScenes.projectId, story.id));
    const { json } = await ada.call("GET", `${base}/timeline`);
    expectTiled(json);
    expect(json.entries.map((e: { start_frame: number; lyric: string }) => [e.start_frame, e.lyric])).toEqual(
      [
        [0, ""],
        [24, "home"],
      ],
    );
  });

  test("of a project without a song answers audio_missing", async () => {
    const ada = await api.person();
    const id = (await ada.project()).id;
    expect(await ada.call("GET", `/api/projects/${id}/timeline`)).toMatchObject({
      status: 409,
      json: { code: "audio_missing" },
    });
  });

  test.each(["srt", "vtt", "lrc", "otio", "fcpxml", "edl"])(
    "as %s is a file under the project's name, for its owner only",
    async (format) => {
      const { ada, base } = await setting();
      const { status, response } = await ada.call("GET", `${base}/timeline/${format}`);
      expect(status).toBe(200);
      expect(response.headers.get("content-disposition")).toContain(`filename="Night Drive.${format}"`);
      expect(response.headers.get("content-type")).toContain("charset=utf-8");
      expect((await response.text()).length).toBeGreaterThan(10);
      const bob = await api.person();
      expect((await bob.call("GET", `${base}/timeline/${format}`)).status).toBe(404);
    },
  );

  test("in another format is refused with a problem", async () => {
    const { ada, base } = await setting();
    const { status, json } = await ada.call("GET", `${base}/timeline/avi`);
    expect([400, 404]).toContain(status);
    expect(json.code).toBeTruthy();
  });
});

describe("the beat and the pins", () => {
  test("are stored as the person sets them, and removed when they ask for it", async () => {
    const { ada, base } = await setting();
    const beat = { bpm: 96, offset_seconds: 5.31, beats_per_bar: 4 };
    const pins = [
      { kind: "cut", frame: 48 },
      { kind: "scene", start_frame: 120, end_frame: 240 },
    ];
    const { json } = await ada.call("PATCH", base, { beat, pins });
    expect(json.beat).toMatchObject({ bpm: 96, source: "tapped", confidence: 1 });
    // The first downbeat of the song: two bars of 2.5 seconds before the tap.
    expect(json.beat.offset_seconds).toBeCloseTo(0.31, 6);
    expect(json.pins).toEqual(pins);
    const timeline = await ada.call("GET", `${base}/timeline`);
    expect(timeline.json).toMatchObject({ snaps_to_beat: true, beat: json.beat });
    const forgotten = await ada.call("PATCH", base, { beat: null, pins: [] });
    expect(forgotten.json).toMatchObject({ beat: null, pins: [], version: json.version + 1 });
  });

  test.each([
    ["a tempo that nobody plays", { beat: { bpm: 4000, offset_seconds: 0 } }],
    ["half a frame", { pins: [{ kind: "cut", frame: 1.5 }] }],
    ["a scene without an end", { pins: [{ kind: "scene", start_frame: 5 }] }],
    ["an end before its start", { pins: [{ kind: "scene", start_frame: 50, end_frame: 10 }] }],
  ])("%s is refused by name", async (_, edit) => {
    const { ada, base } = await setting();
    expect(await ada.call("PATCH", base, edit)).toMatchObject({
      status: 400,
      json: { code: "invalid_request", errors: [expect.anything()] },
    });
  });
});

describe("repeated lyrics", () => {
  test("are one motif, with how its scenes are made and what each way costs", async () => {
    const { ada, story, base } = await setting(3);
    const { json } = await ada.call("GET", `${base}/motifs`);
    expect(json.motifs).toHaveLength(1);
    const [motif] = json.motifs;
    expect(motif).toMatchObject({ lyric: "home again", leader_scene_id: story.scenes[0]?.scene });
    expect(motif.scenes).toEqual(
      story.scenes.slice(1).map(({ scene }) => ({ scene_id: scene, motif: "new" })),
    );
    expect(Object.keys(motif.remaining_usd)).toEqual(["new", "vary", "reuse"]);
  });

  test("a scene follows its own choice until that is taken back", async () => {
    const { ada, story, base } = await setting(3);
    const scene = story.scenes[1]?.scene ?? "";
    const { json } = await ada.call("PATCH", `${base}/scenes/${scene}`, { motif: "reuse" });
    expect(json).toMatchObject({ id: scene, motif: "reuse", version: 2 });
    expect(api.calls).toContain(`wake ${story.id}`);
    const [motif] = (await ada.call("GET", `${base}/motifs`)).json.motifs;
    expect(motif.scenes[0]).toEqual({ scene_id: scene, motif: "reuse" });
    const back = await ada.call("PATCH", `${base}/scenes/${scene}`, { motif: null });
    expect(back.json.motif).toBeNull();
  });
});
