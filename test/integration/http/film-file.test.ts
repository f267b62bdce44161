import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finalVideos } from "../../../src/db/schema.ts";
import { bytesWithoutEdits, piecesWithoutEdits } from "../../../src/domain/views/without-edits.ts";
import { byteRange } from "../../../src/http/lib/range.ts";
import { type Api, openApi } from "../../support/api.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const FILM = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
const HEAD = new Uint8Array(300).fill(7);
const TAIL = new Uint8Array(50).fill(9);
const [FROM, TO] = [1000, 4900];
const EXPECTED = Buffer.concat([HEAD, new Uint8Array(FROM - HEAD.length), FILM.subarray(FROM, TO), TAIL]);

/** A film with the sidecar for the file without edit lists. */
async function setting() {
  const ada = await api.person();
  const story = await insertStory(api.db, ada.sub, 1);
  const film = api.bucket.upload(`film-${story.filmId}`, FILM, "video/mp4");
  const beside = api.bucket.upload(
    `beside-${story.filmId}`,
    Buffer.concat([HEAD, TAIL]),
    "application/octet-stream",
  );
  const sidecars = {
    poster: null,
    captions: null,
    releaseSheet: "release",
    withoutEdits: {
      key: beside.key,
      bytes: HEAD.length + TAIL.length,
      headBytes: HEAD.length,
      from: FROM,
      to: TO,
    },
  };
  await api.db
    .update(finalVideos)
    .set({ objectKey: film.key, etag: film.etag, sidecars })
    .where(eq(finalVideos.id, story.filmId));
  const path = `/api/projects/${story.id}/final-videos/${story.filmId}`;
  const { json } = await ada.call("GET", `${path}?edits=none`);
  /** As a platform fetches it: by the URL, without a token. */
  const get = (address: string, headers: Record<string, string> = {}, method = "GET") => {
    const { pathname, search } = new URL(address);
    return api.api.request(pathname + search, { method, headers });
  };
  return { ada, story, path, json, get, film };
}

const hex = async (response: Response) => Buffer.from(await response.arrayBuffer()).toString("hex");
const expected = (start: number, end: number) => EXPECTED.subarray(start, end).toString("hex");

describe("a film without edit lists", () => {
  test("has URLs that need no token, to read it and to save it, and its own size", async () => {
    const { json, get } = await setting();
    expect(json.bytes).toBe(EXPECTED.length);
    const read = await get(json.url);
    expect(Object.fromEntries(read.headers)).toMatchObject({
      "content-type": "video/mp4",
      "content-length": String(EXPECTED.length),
      "accept-ranges": "bytes",
      "cross-origin-resource-policy": "cross-origin",
    });
    expect(read.headers.has("content-disposition")).toBe(false);
    expect(await hex(read)).toBe(expected(0, EXPECTED.length));
    const saved = await get(json.download_url);
    expect(saved.headers.get("content-disposition")).toContain("Night%20Drive.mp4");
    expect(await hex(saved)).toBe(expected(0, EXPECTED.length));
  });

  test.each([
    ["bytes=0-99", 0, 100],
    ["bytes=250-1050", 250, 1051],
    ["bytes=4890-", 4890, EXPECTED.length],
    ["bytes=-60", EXPECTED.length - 60, EXPECTED.length],
    ["bytes=10-999999999", 10, EXPECTED.length],
  ])("is read in parts: %s", async (range, start, end) => {
    const { json, get } = await setting();
    const part = await get(json.url, { range });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/${EXPECTED.length}`);
    expect(await hex(part)).toBe(expected(start, end));
  });

  test("answers HEAD, is whole for a range of another version, and is 416 for a range after its end", async () => {
    const { json, get } = await setting();
    const told = await get(json.url, {}, "HEAD");
    expect([told.status, told.headers.get("content-length"), await hex(told)]).toEqual([200, "4950", ""]);
    const other = await get(json.url, { range: "bytes=0-9", "if-range": '"another"' });
    expect([other.status, await hex(other)]).toEqual([200, expected(0, EXPECTED.length)]);
    const same = await get(json.url, { range: "bytes=0-9", "if-range": told.headers.get("etag") ?? "" });
    expect(same.status).toBe(206);
    const beyond = await get(json.url, { range: "bytes=4950-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */4950"]);
  });

  test("is 404 at a URL that is forged or expired, and for a film that is gone", async () => {
    const { story, json, get, film } = await setting();
    const changed = (change: (url: URL) => void) => {
      const url = new URL(json.url);
      change(url);
      return url.toString();
    };
    const hour = Math.floor(Date.now() / 3_600_000) * 3600;
    for (const address of [
      changed((url) => url.searchParams.set("expires", String(hour + 9 * 3600))),
      changed((url) => url.searchParams.set("expires", "0")),
      changed((url) => url.searchParams.set("signature", "00".repeat(32))),
      changed((url) => url.searchParams.set("signature", "zz")),
      changed((url) => {
        url.pathname = url.pathname.replace(story.filmId, randomUUID());
      }),
    ])
      expect((await get(address)).status).toBe(404);
    await api.bucket.delete([film.key]);
    expect((await get(json.url)).status).toBe(404);
  });

  test("has a URL that is valid for one to two hours", async () => {
    const { json } = await setting();
    const left = Number(new URL(json.url).searchParams.get("expires")) - Date.now() / 1000;
    expect(left).toBeGreaterThan(3600);
    expect(left).toBeLessThanOrEqual(7200);
  });

  test("is a conflict with advice where there is none, and 404 for another person", async () => {
    const { ada, story, path } = await setting();
    const eve = await api.person();
    expect((await eve.call("GET", `${path}?edits=none`)).status).toBe(404);
    await api.db.update(finalVideos).set({ sidecars: null }).where(eq(finalVideos.id, story.filmId));
    const { status, json } = await ada.call("GET", `${path}?edits=none`);
    expect([status, json.code]).toEqual([409, "conflict"]);
    expect(json.detail).toContain("film_sound");
    expect((await ada.call("GET", `${path}/download?edits=none`)).status).toBe(409);
  });

  test("is asked for by `edits=none`, and any other value is refused", async () => {
    const { ada, path, json, get } = await setting();
    for (const edits of ["some", "", "NONE"])
      expect(await ada.call("GET", `${path}?edits=${edits}`)).toMatchObject({
        status: 400,
        json: { code: "invalid_request" },
      });
    for (const bad of ["expires=soon", "expires=-1", `signature=${"0".repeat(65)}`, "download=yes"]) {
      const url = new URL(json.url);
      const [name = "", value = ""] = bad.split("=");
      url.searchParams.set(name, value);
      expect((await get(url.toString())).status).toBe(400);
    }
  });

  test("is where the redirect leads if it is asked for", async () => {
    const { ada, path, json } = await setting();
    const { response } = await ada.call("GET", `${path}/download?edits=none`);
    expect(response.headers.get("location")).toBe(json.download_url);
  });
});

describe("any part of it", () => {
  test("has the same bytes as in the whole", () => {
    const plan = fc
      .tuple(fc.nat(40), fc.nat(40), fc.nat(40), fc.nat(10))
      .map(([headBytes, gap, middle, tail]) => ({
        key: "beside",
        bytes: headBytes + tail,
        headBytes,
        from: headBytes + gap,
        to: headBytes + gap + middle,
      }));
    fc.assert(
      fc.property(plan, fc.nat(140), fc.nat(140), (recipe, a, b) => {
        const total = bytesWithoutEdits(recipe);
        const told = (start: number, end: number) =>
          piecesWithoutEdits(recipe, start, end).flatMap((piece) =>
            piece.of === "zeros"
              ? new Array(piece.bytes).fill("0")
              : Array.from({ length: piece.end - piece.start }, (_, i) => `${piece.of} ${piece.start + i}`),
          );
        const whole = told(0, total);
        const [start, end] = [Math.min(a, b, total), Math.min(Math.max(a, b), total)];
        expect(whole.length).toBe(total);
        expect(told(start, end)).toEqual(whole.slice(start, end));
      }),
    );
  });

  test.each([
    [undefined, { kind: "whole" }],
    ["bytes=0-0", { kind: "part", start: 0, end: 1 }],
    ["BYTES=5-", { kind: "part", start: 5, end: 10 }],
    ["bytes=-3", { kind: "part", start: 7, end: 10 }],
    ["bytes=-30", { kind: "part", start: 0, end: 10 }],
    ["bytes=-0", { kind: "unsatisfiable" }],
    ["bytes=10-", { kind: "unsatisfiable" }],
    ["bytes=5-2", { kind: "whole" }],
    ["bytes=0-1,3-4", { kind: "whole" }],
    ["bytes=-", { kind: "whole" }],
    ["lines=0-1", { kind: "whole" }],
    ["bytes=99999999999999999999-", { kind: "whole" }],
  ])("is asked for as RFC 9110 has it: %s of ten bytes", (header, range) => {
    expect(byteRange(header, 10)).toEqual(range);
  });
});
