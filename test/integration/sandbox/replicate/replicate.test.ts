import Replicate, { type Prediction } from "replicate";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { cancelAfterMs } from "../../../../src/sandbox/replicate/replicate.ts";
import { fixture } from "../../../support/media.ts";
import { sandbox } from "../../../support/sandbox.ts";

const SCHNELL = "black-forest-labs/flux-schnell";
const WHISPERX =
  "victor-upmeet/whisperx:84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb" as const;
const small = { prompt: "a paper boat on a calm bay at dusk", megapixels: "0.25", output_format: "jpg" };

/** The official client; its own retries would wait for seconds, so a failure comes back as it is. */
const client = (url: string, auth = "r8_test") => new Replicate({ auth, baseUrl: `${url}/replicate/v1` });

/** The fields of any answer that these tests read. */
const Answer = z.looseObject({
  status: z.unknown().optional(),
  created_at: z.string().optional(),
  deadline: z.string().nullish(),
  results: z.array(z.looseObject({ id: z.string() })).optional(),
  invalid_fields: z
    .array(z.object({ type: z.string(), field: z.string(), description: z.string() }))
    .optional(),
  latest_version: z.unknown().optional(),
});

/** One call without retries. */
async function call(
  url: string,
  path: string,
  init: { body?: unknown; headers?: object; key?: string } = {},
) {
  const response = await fetch(`${url}/replicate/v1${path}`, {
    method: init.body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${init.key ?? "r8"}`,
      "content-type": "application/json",
      ...init.headers,
    },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  return { status: response.status, body: Answer.parse(await response.json()) };
}
const create = (url: string, model: string, input: object, more: object = {}, headers = {}) =>
  call(url, `/models/${model}/predictions`, { body: { input, ...more }, headers });

const idle = async (url: string): Promise<Prediction> =>
  client(url).predictions.create({ model: SCHNELL, input: small });

describe("the official client", () => {
  test("runs an official model: flux-schnell gives a list of files, flux-1.1-pro one file", async () => {
    const { url } = await sandbox();
    const many = await client(url).run(SCHNELL, { input: { ...small, num_outputs: 2 } });
    expect(many).toEqual([expect.stringMatching(/\/out-0\.jpg$/), expect.stringMatching(/\/out-1\.jpg$/)]);
    const one = await client(url).run("black-forest-labs/flux-1.1-pro", {
      input: { prompt: "hills", aspect_ratio: "custom", width: 256, height: 256, output_format: "png" },
    });
    const file = await fetch(String(one));
    expect(file.headers.get("content-type")).toBe("image/png");
    expect(Number(file.headers.get("content-length"))).toBe((await file.arrayBuffer()).byteLength);
  });

  test("follows a prediction from starting to succeeded", async () => {
    const { url } = await sandbox({ pace: 1 });
    const created = await idle(url);
    expect(created).toMatchObject({ status: "starting", output: null, version: "hidden", model: SCHNELL });
    const seen = new Set<string>();
    const ended = await client(url).wait(created, { interval: 20 }, async (p: Prediction) => {
      seen.add(p.status);
      return false;
    });
    expect([...seen]).toContain("processing");
    expect(ended).toMatchObject({ status: "succeeded", error: null, data_removed: false });
    expect(ended.metrics?.predict_time).toBeGreaterThan(0.2);
  });

  test("cancels, and a cancelled prediction stays cancelled", async () => {
    const { url } = await sandbox({ pace: 100 });
    const { id } = await idle(url);
    expect((await client(url).predictions.cancel(id)).status).toBe("canceled");
    expect((await client(url).predictions.cancel(id)).status).toBe("canceled");
    expect((await client(url).predictions.get(id)).completed_at).not.toBeNull();
  });

  test("pages through its predictions, newest first, a hundred to a page", async () => {
    let now = Date.parse("2026-11-22T10:00:00Z");
    const { url } = await sandbox({ pace: 1000, clock: () => now++ });
    const ids: string[] = [];
    for (let i = 0; i < 130; i++) ids.push((await idle(url)).id);
    const pages: Prediction[][] = [];
    for await (const page of client(url).paginate(client(url).predictions.list)) pages.push(page);
    expect(pages.map((p) => p.length)).toEqual([100, 30]);
    expect(pages.flat().map((p) => p.id)).toEqual(ids.reverse());
  });

  test("created_after leaves older predictions out", async () => {
    let now = Date.parse("2026-11-22T10:00:00Z");
    const { url } = await sandbox({ pace: 1000, clock: () => now });
    await idle(url);
    now += 60_000;
    const { id } = await idle(url);
    const list = await call(url, `/predictions?created_after=${new Date(now).toISOString()}`);
    expect(list.body.results?.map((p) => p.id)).toEqual([id]);
  });

  test("uploads a file, uses it as an input, and deletes it", async () => {
    const { url } = await sandbox();
    const song = Buffer.from(fixture("song.mp3"));
    const files = client(url).files;
    const file = await files.create(song);
    const heard = await client(url).run(WHISPERX, {
      input: { audio_file: file.urls.get, align_output: true },
    });
    expect(heard).toMatchObject({
      detected_language: "en",
      segments: expect.arrayContaining([
        expect.objectContaining({ text: " Neon rain on the window pane", words: expect.any(Array) }),
      ]),
    });
    expect(await files.delete(file.id)).toBe(true);
    expect((await files.list()).results).toEqual([]);
  });

  test("without align_output whisperx gives segments alone", async () => {
    const { url } = await sandbox();
    const song = Buffer.from(fixture("song.mp3"));
    const input = { audio_file: `data:audio/mpeg;base64,${song.toString("base64")}` };
    const { segments } = (await client(url).run(WHISPERX, { input })) as { segments: object[] };
    expect(segments).toHaveLength(10);
    expect(segments[0]).not.toHaveProperty("words");
  });
});

describe("requests that Replicate refuses", () => {
  test.each([
    [SCHNELL, { ...small, aspect_ratio: "5:3" }, "input.aspect_ratio"],
    [SCHNELL, { ...small, num_inference_steps: 5 }, "input.num_inference_steps"],
    [SCHNELL, { ...small, negative_prompt: "text" }, "input.negative_prompt"],
    [SCHNELL, {}, "input.prompt"],
    ["bytedance/seedance-1-pro", { prompt: "x", duration: 13 }, "input.duration"],
    ["bytedance/seedance-1-pro", { prompt: "x", duration: 4.5 }, "input.duration"],
    ["bytedance/seedance-2.0-mini", { prompt: "x", duration: 3 }, "input.duration"],
    ["bytedance/seedance-2.0-mini", { prompt: "x", resolution: "1080p" }, "input.resolution"],
    [
      "bytedance/seedance-2.0",
      { prompt: "x", image: "https://a.b/c.png", reference_images: ["https://a.b/d.png"] },
      "input.reference_images",
    ],
    ["xai/grok-imagine-video", { prompt: "x", seed: 1 }, "input.seed"],
    ["xai/grok-imagine-video", { prompt: "x", aspect_ratio: "21:9" }, "input.aspect_ratio"],
    ["google/veo-3.1-lite", { prompt: "x", duration: 4, resolution: "1080p" }, "input.duration"],
    ["google/veo-3.1-lite", { prompt: "x", generate_audio: false }, "input.generate_audio"],
    ["google/veo-3.1-fast", { prompt: "x", duration: 5 }, "input.duration"],
    ["kwaivgi/kling-v3-video", { prompt: "x", duration: 2 }, "input.duration"],
    ["black-forest-labs/flux-2-pro", { prompt: "x", seed: null }, "input.seed"],
    ["bytedance/seedream-5-lite", { prompt: "x", output_format: "jpg" }, "input.output_format"],
    [
      "bytedance/seedance-1-pro-fast",
      { prompt: "x", last_frame_image: "https://a.b/c.png" },
      "input.last_frame_image",
    ],
    ["kwaivgi/kling-v2.1", { prompt: "x" }, "input.start_image"],
    ["kwaivgi/kling-v2.1", { prompt: "x", start_image: "https://a.b/c.png", seed: 1 }, "input.seed"],
    ["kwaivgi/kling-v2.1", { prompt: "x", start_image: "https://a.b/c.png", duration: 6 }, "input.duration"],
    [
      "wan-video/wan-2.2-i2v-fast",
      { prompt: "x", image: "https://a.b/c.png", num_frames: 60 },
      "input.num_frames",
    ],
  ])("%s with %j: 422 that names %s", async (model, input, field) => {
    const { url, state } = await sandbox();
    const { status, body } = await create(url, model, input);
    expect(status).toBe(422);
    expect(body).toMatchObject({ title: "Input validation failed", status: 422 });
    expect(body.invalid_fields?.map((f) => f.field)).toContain(field);
    expect(state.ledger.replicate.predictions).toBe(0);
  });

  test("a model or prediction that is not there is a flat 404, a community model needs its version", async () => {
    const { url } = await sandbox();
    expect((await create(url, "nobody/nothing", {})).body).toEqual({
      detail: expect.any(String),
      status: 404,
    });
    expect((await create(url, "victor-upmeet/whisperx", {})).status).toBe(404);
    expect((await call(url, "/predictions/none")).status).toBe(404);
    expect((await call(url, "/predictions", { body: { version: "0".repeat(64), input: {} } })).status).toBe(
      422,
    );
  });

  test("a wrong token is a 401, and the client's error carries the response", async () => {
    const { url } = await sandbox({ keys: { replicate: "r8_right" } });
    const error = await client(url, "r8_wrong")
      .predictions.list()
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "ApiError", response: { status: 401 } });
  });

  test("a webhook's address is https, or on this machine", async () => {
    const { url } = await sandbox();
    const to = async (webhook: string) => (await create(url, SCHNELL, small, { webhook })).status;
    expect(await to("http://example.com/hook")).toBe(422);
    expect(await to("not an address")).toBe(422);
  });

  test("Cancel-After is at least five seconds", async () => {
    const { url } = await sandbox();
    expect((await create(url, SCHNELL, small, {}, { "cancel-after": "4s" })).status).toBe(422);
    expect((await create(url, SCHNELL, small, {}, { "cancel-after": "soon" })).status).toBe(422);
    const { body } = await create(url, SCHNELL, small, {}, { "cancel-after": "1m30s" });
    expect(Date.parse(body.deadline ?? "") - Date.parse(body.created_at ?? "")).toBe(90_000);
  });

  test.each([
    ["90s", 90_000],
    ["90", 90_000],
    ["5m", 300_000],
    ["1h30m45s", 5_445_000],
    ["", undefined],
    ["1d", undefined],
  ])("a duration of %j is %s ms", (text, ms) => {
    expect(cancelAfterMs(text)).toBe(ms);
  });

  test("a model's schema lists its fields", async () => {
    const { url } = await sandbox();
    const { body } = await call(url, "/models/bytedance/seedance-1-pro");
    const duration = { properties: { duration: { minimum: 2, maximum: 12, default: 5 } } };
    expect(body.latest_version).toMatchObject({
      openapi_schema: { components: { schemas: { Input: duration } } },
    });
  });
});

describe("an account with little credit", () => {
  /** A sandbox with these fault modes, and with a clock that `pass` advances. */
  async function reduced(chaos: object) {
    let now = Date.parse("2026-11-22T10:00:00Z");
    const { url, state } = await sandbox({ clock: () => now });
    await fetch(`${url}/_sandbox/chaos`, { method: "POST", body: JSON.stringify(chaos) });
    return {
      state,
      create: () => create(url, SCHNELL, small),
      reset: () => fetch(`${url}/_sandbox/state`, { method: "DELETE" }),
      pass(ms: number) {
        now += ms;
      },
    };
  }

  test("gets one create every ten seconds, else the message and the wait that Replicate documents", async () => {
    const { create: order, pass, state } = await reduced({ low_credit: true });
    expect((await order()).status).toBe(201);
    pass(5_200);
    expect(await order()).toEqual({
      status: 429,
      body: {
        detail:
          "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~5s.",
        status: 429,
        retry_after: 5,
      },
    });
    pass(4_799);
    expect((await order()).body).toMatchObject({ retry_after: 1 });
    pass(1);
    expect((await order()).status).toBe(201);
    expect(state.ledger.replicate).toMatchObject({ predictions: 2, throttled: 2 });
  });

  test("does not save up creates, however long it makes none", async () => {
    const { create: order, pass } = await reduced({ low_credit: true });
    pass(3_600_000);
    expect([(await order()).status, (await order()).status]).toEqual([201, 429]);
  });

  test("can be given another number of creates a minute", async () => {
    const { create: order, pass } = await reduced({ creates_per_minute: 120 });
    expect((await order()).status).toBe(201);
    pass(499);
    expect(await order()).toMatchObject({ status: 429, body: { retry_after: 1 } });
    pass(1);
    expect((await order()).status).toBe(201);
  });

  test("has no limit any more after a reset", async () => {
    const { create: order, reset } = await reduced({ low_credit: true });
    await order();
    await reset();
    expect([(await order()).status, (await order()).status]).toEqual([201, 201]);
  });
});

describe("a prediction's data", () => {
  test("its input, output and files are gone one hour after completion", async () => {
    let now = Date.parse("2026-11-22T10:00:00Z");
    const { url } = await sandbox({ clock: () => now });
    const done = await client(url).predictions.create({ model: SCHNELL, input: small, wait: true });
    const [file] = done.output as string[];
    now += 3_599_000;
    expect((await fetch(String(file))).status).toBe(200);
    now += 1000;
    expect((await fetch(String(file))).status).toBe(404);
    expect(await client(url).predictions.get(done.id)).toMatchObject({
      status: "succeeded",
      output: null,
      input: {},
      data_removed: true,
    });
  });

  test("a part of a file can be read by range", async () => {
    const { url } = await sandbox();
    const [address] = (await client(url).run(SCHNELL, { input: small })) as string[];
    const whole = new Uint8Array(await (await fetch(String(address))).arrayBuffer());
    const part = await fetch(String(address), { headers: { range: "bytes=10-19" } });
    expect(part.status).toBe(206);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(whole.slice(10, 20));
  });

  test("an input that can't be fetched or read fails the run with the reason", async () => {
    const { url } = await sandbox();
    const run = async (image: string) => {
      const { body } = await create(
        url,
        "bytedance/seedance-1-pro",
        { prompt: "x", image },
        {},
        { prefer: "wait" },
      );
      return body;
    };
    expect(await run(`${url}/replicate/delivery/none/none.jpg`)).toMatchObject({
      status: "failed",
      error: expect.stringContaining("HTTP 404"),
      output: null,
    });
    expect((await run("data:image/png;base64,bm8gaW1hZ2U=")).status).toBe("failed");
  });
});
