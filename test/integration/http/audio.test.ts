import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projects } from "../../../src/db/schema.ts";
import { audioKey, MAX_AUDIO_BYTES, projectPrefix } from "../../../src/domain/record/keys.ts";
import { type Api, openApi, type Person } from "../../support/api.ts";
import { fixture } from "../../support/media.ts";
import { id3, joined, uslt, utf16 } from "../../support/song-tags.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const SONG = { filename: "Night Drive.MP3", content_type: "audio/mp3", bytes: 1234 };

/** Uploads a fixture under a key of this project; returns the key. */
function arrived(person: Person, projectId: string, file: string, contentType = "audio/mpeg"): string {
  const key = audioKey(person.sub, projectId, randomUUID(), file.split(".").at(-1) ?? "");
  api.bucket.upload(key, fixture(file), contentType);
  return key;
}
const confirm = (person: Person, projectId: string, key: string) =>
  person.call("POST", `/api/projects/${projectId}/audio`, { key });

describe("presigning", () => {
  test("the server makes the key, under the owner's project, and returns every signed header", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { json } = await ada.call("POST", "/api/uploads/presign", { project_id: id, ...SONG });
    expect(json.key.startsWith(projectPrefix(ada.sub, id))).toBe(true);
    expect(json.key).not.toContain("Night");
    expect(json.headers).toEqual({
      "content-type": "audio/mpeg",
      "content-length": "1234",
      "if-none-match": "*",
    });
    expect(new URL(json.url).searchParams.get("X-Amz-SignedHeaders")?.split(";").sort()).toEqual([
      "content-length",
      "content-type",
      "host",
      "if-none-match",
    ]);
    expect(new Date(json.expires_at).getTime() - Date.now()).toBeGreaterThan(14 * 60_000);
  });

  test("two uploads never share a key", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const [a, b] = await Promise.all(
      [1, 2].map(() => ada.call("POST", "/api/uploads/presign", { project_id: id, ...SONG })),
    );
    expect(a?.json.key).not.toBe(b?.json.key);
  });

  test.each([
    { bytes: 0 },
    { bytes: MAX_AUDIO_BYTES + 1 },
    { bytes: 1.5 },
    { filename: "song.exe" },
    { filename: "song" },
    { filename: "../../song.mp3/.." },
    { filename: "song.mp3", content_type: "text/html" },
    { filename: "song.wav", content_type: "audio/mpeg" },
    { project_id: "7" },
  ])("%j is refused", async (wrong) => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { status, json } = await ada.call("POST", "/api/uploads/presign", {
      project_id: id,
      ...SONG,
      ...wrong,
    });
    expect([status, json.code]).toEqual([400, "invalid_request"]);
  });
});

describe("confirming", () => {
  test("a song is measured, attached, and makes the project ready", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { status, json } = await confirm(ada, id, arrived(ada, id, "song.mp3"));
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: "ready", version: 2, audio: { format: "mp3", codec: "mp3" } });
    expect(json.audio.frames).toBe(Math.round(json.audio.duration_seconds * 24));
    expect(api.calls).toContain(`wake ${id}`);
    expect((await ada.call("GET", `/api/projects/${id}`)).json).toEqual(json);
  });

  test("a song whose tags end within a character is attached with whole characters", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const [title, line] = ["a".repeat(199), "b".repeat(499)];
    const lyrics = `[00:00.10]${line}😀😀\n[00:00.50]<00:00.50>la\0la\ud83d`;
    const tag = id3(4, [
      ["TIT2", [1, ...utf16(`${title}😀 and more`)]],
      ["TPE1", [1, ...utf16("\ud83dAda\0Bob")]],
      uslt(utf16(lyrics), 1),
    ]);
    const key = audioKey(ada.sub, id, randomUUID(), "mp3");
    api.bucket.upload(key, joined(tag, fixture("song.mp3")), "audio/mpeg");
    const { status, json } = await confirm(ada, id, key);
    expect(status).toBe(200);
    expect(json.audio).toMatchObject({ title, artist: "\ufffdAda Bob" });
    expect(json.audio.embedded_lyrics).toEqual({ form: "lrc", language: "en", timed: true });
    const { json: shown } = await ada.call("GET", `/api/projects/${id}/lyrics`);
    expect(shown.embedded).toEqual({ ...json.audio.embedded_lyrics, text: `${line}\nla la\ufffd` });
  });

  test("repeating it changes nothing", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const key = arrived(ada, id, "song.mp3");
    const first = await confirm(ada, id, key);
    expect((await confirm(ada, id, key)).json).toEqual(first.json);
  });

  test.each([
    ["broken/truncated.mp3", "audio/mpeg", "audio_truncated"],
    ["broken/empty.mp3", "audio/mpeg", "audio_empty"],
    ["broken/html.mp3", "audio/mpeg", "audio_not_audio"],
    ["broken/video-only.mp4", "audio/mp4", "audio_no_track"],
  ])("%s is refused for its reason, deleted, and nothing is attached", async (file, type, code) => {
    const ada = await api.person();
    const { id } = await ada.project();
    const key = arrived(ada, id, file, type);
    const { status, json } = await confirm(ada, id, key);
    expect([status, json.code]).toEqual([422, "audio_rejected"]);
    expect(json.errors).toEqual([{ path: "key", code, message: expect.any(String) }]);
    expect(json.detail).toContain(json.errors[0].message);
    expect(api.bucket.keys()).not.toContain(key);
    expect((await ada.call("GET", `/api/projects/${id}`)).json).toMatchObject({
      status: "draft",
      audio: null,
      version: 1,
    });
    expect(api.calls).not.toContain(`wake ${id}`);
  });

  test("a file that was not uploaded answers upload_missing", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { status, json } = await confirm(ada, id, audioKey(ada.sub, id, randomUUID(), "mp3"));
    expect([status, json.code]).toEqual([409, "upload_missing"]);
  });

  test("only an upload to this project can be attached; other files are refused and not deleted", async () => {
    const [ada, bob] = [await api.person(), await api.person()];
    const { id } = await ada.project();
    const other = await ada.project();
    const bobs = await bob.project();
    const keys = [
      arrived(ada, other.id, "song.mp3"),
      arrived(bob, bobs.id, "song.mp3"),
      arrived(bob, id, "song.mp3"),
    ];
    const clip = `${projectPrefix(ada.sub, id)}clips/a.mp4`;
    api.bucket.upload(clip, fixture("broken/empty.mp3"), "video/mp4");
    for (const key of [...keys, clip, `${projectPrefix(ada.sub, id)}audio/../../x.mp3`, ""]) {
      const { status, json } = await confirm(ada, id, key);
      expect([status, json.errors?.[0]?.code]).toEqual([400, "foreign_key"]);
    }
    expect(api.bucket.keys()).toEqual(expect.arrayContaining([...keys, clip]));
  });

  test("another song removes the lyrics; the same song under another key keeps them", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    await confirm(ada, id, arrived(ada, id, "song.mp3"));
    const lyrics = { source: "edited" as const, language: "en", lines: [] };
    await api.db
      .update(projects)
      .set({ lyrics, lyricsHash: "h", transcriptText: "la", status: "completed" })
      .where(eq(projects.id, id));
    const same = await confirm(ada, id, arrived(ada, id, "song.mp3"));
    expect(same.json).toMatchObject({ status: "completed", version: 3 });
    const shown = () => ada.call("GET", `/api/projects/${id}/lyrics`);
    expect((await shown()).json).toMatchObject({ ...lyrics, text: "la" });
    const another = await confirm(ada, id, arrived(ada, id, "audio/pcm16.wav", "audio/wav"));
    expect(another.json).toMatchObject({ version: 4 });
    expect((await shown()).status).toBe(404);
    const [row] = await api.db.select().from(projects).where(eq(projects.id, id));
    expect(row?.lyricsHash).toBeNull();
  });
});

describe("running", () => {
  test("needs a song", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const { status, json } = await ada.call("POST", `/api/projects/${id}/run`, { target: "transcribe" });
    expect([status, json.code]).toEqual([409, "audio_missing"]);
  });

  test("records the run request, then wakes the coordinator", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    await confirm(ada, id, arrived(ada, id, "song.mp3"));
    const wakes = () => api.calls.filter((call) => call === `wake ${id}`).length;
    const before = wakes();
    const { status, json } = await ada.call("POST", `/api/projects/${id}/run`, { target: "generate_images" });
    expect([status, json.target_stage]).toEqual([202, "generate_images"]);
    expect(wakes()).toBe(before + 1);
    const [row] = await api.db.select().from(projects).where(eq(projects.id, id));
    expect(row?.runNumber).toBe(1);
  });

  test.each([{}, { target: "everything" }, { target: null }])("%j is not a target", async (body) => {
    const ada = await api.person();
    const { id } = await ada.project();
    expect((await ada.call("POST", `/api/projects/${id}/run`, body)).status).toBe(400);
  });
});
