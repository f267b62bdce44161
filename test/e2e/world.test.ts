import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startWorld, type World } from "../support/world.ts";

const Upload = z.object({
  key: z.string(),
  url: z.string(),
  method: z.literal("PUT"),
  headers: z.record(z.string(), z.string()),
});
const BYTES = 1_000;

describe("the local world", () => {
  let world: World;
  let token: string;

  beforeAll(async () => {
    world = await startWorld();
    token = await world.token("ada");
  });
  afterAll(() => world?.stop());

  const post = async (path: string, body: unknown): Promise<unknown> => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const answer = await fetch(`${world.apiUrl}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status).toBeLessThan(300);
    return answer.json();
  };

  /** A presigned upload for an MP3 of exactly `BYTES` bytes. */
  const presign = async () => {
    const { id } = z.object({ id: z.string() }).parse(await post("/api/projects", { name: "Uploads" }));
    const wish = { project_id: id, filename: "song.mp3", content_type: "audio/mpeg", bytes: BYTES };
    return Upload.parse(await post("/api/uploads/presign", wish));
  };

  const put = async (url: string, headers: Record<string, string>, bytes: number) => {
    // As in a browser: the length is the body's own, never a header that a script sets.
    const { "content-length": _, ...sent } = headers;
    return (await fetch(url, { method: "PUT", headers: sent, body: new Uint8Array(bytes) })).status;
  };

  test("a presigned URL accepts the file that it was made for, and only once", async () => {
    const { url, headers } = await presign();
    expect(await put(url, headers, BYTES)).toBe(200);
    expect(await put(url, headers, BYTES)).toBe(412);
  });

  test.each([
    ["over its declared size", BYTES + 1],
    ["under its declared size", BYTES - 1],
  ])("the store refuses a body %s", async (_, bytes) => {
    const { url, headers } = await presign();
    expect(await put(url, headers, bytes)).toBe(403);
  });

  test("the store refuses another content type, and an upload that might overwrite", async () => {
    const { url, headers } = await presign();
    expect(await put(url, { ...headers, "content-type": "video/mp4" }, BYTES)).toBe(403);
    const { "if-none-match": _, ...overwriting } = headers;
    expect(await put(url, overwriting, BYTES)).toBe(403);
  });

  test("the store refuses another key than the one that was signed", async () => {
    const [mine, other] = [await presign(), await presign()];
    expect(await put(mine.url.replace(mine.key, other.key), mine.headers, BYTES)).toBe(403);
    expect(await put(other.url, other.headers, BYTES)).toBe(200);
  });

  test("a Worker that was killed starts again with the same state", async () => {
    const { url, headers } = await presign();
    expect(await put(url, headers, BYTES)).toBe(200);
    await world.killWorker();
    await expect(fetch(`${world.apiUrl}/health`)).rejects.toThrow();
    await world.restartWorker();
    expect((await fetch(`${world.apiUrl}/health`)).status).toBe(200);
    expect(await put(url, headers, BYTES)).toBe(412);
  });
});
