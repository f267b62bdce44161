import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projects } from "../../../src/db/schema.ts";
import type { EmbeddedLyrics, Lyrics } from "../../../src/domain/record/record.ts";
import { type Api, openApi } from "../../support/api.ts";
import { AUDIO } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const line = (text: string, startSeconds: number | null) => ({ text, startSeconds, words: [] });
const TAGGED: EmbeddedLyrics = {
  form: "lrc",
  language: "en",
  lines: [line("a title", null), line("home", 1), line("again", 2)],
};
const LYRICS: Lyrics = {
  source: "transcribed",
  language: "en",
  lines: [{ text: "sung", startFrame: 24, endFrame: 36, words: [], confidence: 0.9 }],
};

async function projectWith(values: Partial<typeof projects.$inferInsert>) {
  const person = await api.person();
  const { id } = await person.project();
  await api.db.update(projects).set(values).where(eq(projects.id, id));
  return { person, id, lyrics: () => person.call("GET", `/api/projects/${id}/lyrics`) };
}

test("a project without lyrics answers 404 and says so", async () => {
  const { lyrics } = await projectWith({ audio: AUDIO });
  const { status, json } = await lyrics();
  expect(status).toBe(404);
  expect(json).toMatchObject({ code: "not_found", detail: "The project has no lyrics yet." });
});

test("lyrics in the file's tags can be read before the song is transcribed", async () => {
  const { id, lyrics } = await projectWith({ audio: { ...AUDIO, embeddedLyrics: TAGGED } });
  expect((await lyrics()).json).toEqual({
    id,
    project_id: id,
    source: null,
    language: null,
    lines: [],
    text: "",
    embedded: { form: "lrc", language: "en", timed: true, text: "a title\nhome\nagain" },
  });
});

test("lyrics have their lines in frames and seconds, and their text", async () => {
  const { lyrics } = await projectWith({ audio: AUDIO, lyrics: LYRICS, transcriptText: "sung" });
  const { json } = await lyrics();
  expect(json).toMatchObject({ source: "transcribed", language: "en", text: "sung", embedded: null });
  expect(json.lines).toMatchObject([{ text: "sung", start_frame: 24, start_seconds: 1, end_seconds: 1.5 }]);
});

test.each<[string, Partial<typeof projects.$inferInsert>]>([
  ["another line", { lyrics: { ...LYRICS, lines: [] } }],
  ["another text", { transcriptText: "sung again" }],
  ["lyrics in the tags", { audio: { ...AUDIO, embeddedLyrics: TAGGED } }],
])("%s makes a copy of the lyrics stale; what they do not show does not", async (_, change) => {
  const { person, id } = await projectWith({ audio: AUDIO, lyrics: LYRICS, transcriptText: "sung" });
  const path = `/api/projects/${id}/lyrics`;
  const etag = (await person.call("GET", path)).response.headers.get("etag") ?? "";
  const read = () => person.call("GET", path, undefined, { "if-none-match": etag });
  await person.call("PATCH", `/api/projects/${id}`, { name: "Day Drive" });
  expect((await read()).status).toBe(304);
  await api.db.update(projects).set(change).where(eq(projects.id, id));
  const { status, response } = await read();
  expect(status).toBe(200);
  expect(response.headers.get("etag")).not.toBe(etag);
});

test.each([
  ["with times", TAGGED],
  ["without times", { ...TAGGED, form: "plain" as const, lines: [line("a title", null)] }],
  ["none", null],
])("a project reads the same in the list and alone, and in neither with text: %s", async (_, embedded) => {
  const { person, id } = await projectWith({
    audio: { ...AUDIO, embeddedLyrics: embedded },
    lyrics: LYRICS,
    transcriptText: "sung",
  });
  const { json: alone } = await person.call("GET", `/api/projects/${id}`);
  const { json: list } = await person.call("GET", "/api/projects");
  expect(list.items).toEqual([alone]);
  expect(JSON.stringify(alone)).not.toMatch(/sung|a title/);
});

test("a list reads no lyrics from Postgres, however long they are", async () => {
  const long = Array.from({ length: 1_000 }, () => line("home ".repeat(100), 1));
  const { person } = await projectWith({
    audio: { ...AUDIO, embeddedLyrics: { ...TAGGED, lines: long } },
    transcriptText: "home ".repeat(100_000),
  });
  const { json } = await person.call("GET", "/api/projects");
  expect(JSON.stringify(json).length).toBeLessThan(5_000);
  expect(json.items[0].audio.embedded_lyrics).toEqual({ form: "lrc", language: "en", timed: true });
});
