/** The sandbox's faults of models: unknown, withdrawn, or with clips in another form. */
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { replicatePredictions } from "../../../../src/providers/replicate.ts";
import { sandbox } from "../../../support/sandbox.ts";

const SCHNELL = "black-forest-labs/flux-schnell";
const GROK = "xai/grok-imagine-video";
const small = { prompt: "a paper boat on a calm bay at dusk", megapixels: "0.25" };
const short = { prompt: "a calm bay", resolution: "480p", duration: 1, aspect_ratio: "1:1" };

async function call(url: string, path: string, input?: object) {
  const response = await fetch(`${url}/replicate/v1${path}`, {
    method: input ? "POST" : "GET",
    headers: { authorization: "Bearer r8", "content-type": "application/json", prefer: "wait" },
    ...(input ? { body: JSON.stringify({ input }) } : {}),
  });
  return {
    status: response.status,
    body: z.looseObject({ output: z.unknown().optional() }).parse(await response.json()),
  };
}
const order = (url: string, model: string, input: object) => call(url, `/models/${model}/predictions`, input);
const run = async (url: string, model: string, input: object) => (await order(url, model, input)).body;

describe("models that changed", () => {
  test("one that its maker withdrew is listed, and every prediction of it fails with E004", async () => {
    const { url } = await sandbox();
    expect((await call(url, "/models/bytedance/seedance-1-lite")).status).toBe(200);
    expect(await run(url, "bytedance/seedance-1-lite", { prompt: "a calm bay" })).toMatchObject({
      status: "failed",
      error: expect.stringContaining("(E004)"),
      output: null,
    });
  });

  test("any can be made to fail like that, and the others do not", async () => {
    const { url, state } = await sandbox();
    state.chaos.dead_models = [SCHNELL];
    expect(await run(url, SCHNELL, small)).toMatchObject({ status: "failed" });
    expect(await run(url, "black-forest-labs/flux-dev", small)).toMatchObject({ status: "succeeded" });
  });

  test("any can be made unknown: a flat 404, and no prediction", async () => {
    const { url, state } = await sandbox();
    state.chaos.unknown_models = [SCHNELL];
    const { status, body } = await order(url, SCHNELL, small);
    expect([status, body]).toEqual([
      404,
      { detail: "The requested resource could not be found.", status: 404 },
    ]);
    expect((await call(url, `/models/${SCHNELL}`)).status).toBe(404);
    expect(state.ledger.replicate.predictions).toBe(0);
  });

  const address = expect.stringMatching(/\/replicate\/delivery\/.+\/output\.(mp4|webm)$/);

  test.each([
    ["keyed", { video: address }],
    ["data_uri", expect.stringMatching(/^data:video\/mp4;base64,[\w+/]+=*$/)],
    ["unknown_shape", { video: { id: expect.any(String), frames: 24 } }],
    ["webm", address],
    ["hevc", address],
    ["high10", address],
    ["other_size", address],
  ] as const)("a clip can come as %s", async (form, output) => {
    const { url, state } = await sandbox();
    state.chaos.clip_form = { [GROK]: form };
    expect(await run(url, GROK, short)).toMatchObject({ status: "succeeded", output });
  });

  test.each([
    ["webm", "vp9", [320, 180]],
    ["hevc", "hevc", [320, 180]],
    ["high10", "avc", [320, 180]],
    ["other_size", "avc", [480, 464]],
  ] as const)("%s is another file than the one that is asked for", async (form, codec, size) => {
    const { url, state } = await sandbox();
    state.chaos.clip_form = { [GROK]: form };
    const { output } = await run(url, GROK, short);
    const bytes = new Uint8Array(await (await fetch(String(output))).arrayBuffer());
    using file = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
    const track = await file.getPrimaryVideoTrack();
    expect([await track?.getCodec(), [track?.codedWidth, track?.codedHeight]]).toEqual([codec, size]);
  });

  test.each([
    ["keyed", true],
    ["data_uri", true],
    ["unknown_shape", false],
  ] as const)("our adapter finds the file of a clip that comes as %s: %s", async (form, found) => {
    const { url, state } = await sandbox();
    state.chaos.clip_form = { [GROK]: form };
    const { id } = z.looseObject({ id: z.string() }).parse(await run(url, GROK, short));
    const predictions = replicatePredictions({
      token: "r8",
      baseUrl: `${url}/replicate/v1`,
      outputHosts: [new URL(url).host],
    });
    const seen = await predictions.get(id);
    if (seen.kind !== "ok" || !seen.value) throw new Error("It is there");
    expect(seen.value.outputUrl !== null).toBe(found);
    if (!seen.value.outputUrl) return;
    const opened = await predictions.openOutput(seen.value.outputUrl, 1e7);
    if (opened.kind !== "ok") throw new Error(opened.failure.message);
    const bytes = new Uint8Array(await new Response(opened.value.body).arrayBuffer());
    expect(Buffer.from(bytes.subarray(4, 8)).toString()).toBe("ftyp");
    expect([opened.value.bytes, opened.value.contentType]).toEqual([bytes.length, "video/mp4"]);
  });
});
