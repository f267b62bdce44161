import { describe, expect, it } from "vitest";
import { classifyFailure, readPrediction } from "../../../src/providers/prediction.ts";
import { replicatePredictions } from "../../../src/providers/replicate.ts";
import { broken, json, raw, scripted } from "../../support/scripted-fetch.ts";

const predictions = (fetch: ReturnType<typeof scripted>["fetch"]) =>
  replicatePredictions({
    token: "r8_secret",
    baseUrl: "https://api.test/v1",
    outputHosts: ["replicate.delivery"],
    fetch,
  });
const hook = "https://omvee.test/webhooks/replicate/p/t/1?t=abc";
const order = {
  model: "bytedance/seedance-1-pro",
  input: { prompt: "x" },
  webhookUrl: hook,
  cancelAfterSeconds: 1800,
};
const body = (more: object = {}) => ({
  id: "gm3q",
  status: "starting",
  output: null,
  error: null,
  created_at: "2026-11-22T10:00:00.000Z",
  webhook: hook,
  metrics: {},
  ...more,
});

describe("a prediction at Replicate is created", () => {
  it("by one POST that names the webhook and a deadline", async () => {
    const net = scripted(json(201, body()));
    const outcome = await predictions(net.fetch).create(order);
    expect(outcome).toMatchObject({
      kind: "ok",
      requestId: "gm3q",
      value: { id: "gm3q", status: "running", webhookUrl: hook },
    });
    expect(net.sent).toHaveLength(1);
    expect(net.last().url).toBe("https://api.test/v1/models/bytedance/seedance-1-pro/predictions");
    expect(net.last().headers.get("authorization")).toBe("Bearer r8_secret");
    expect(net.last().headers.get("cancel-after")).toBe("1800s");
    expect(net.json()).toEqual({
      input: { prompt: "x" },
      webhook: hook,
      webhook_events_filter: ["completed"],
    });
  });

  it("by its version where the model is not an official one", async () => {
    const version = "a".repeat(64);
    const net = scripted(json(201, body()));
    await predictions(net.fetch).create({ ...order, model: `some/model:${version}`, webhookUrl: null });
    expect(net.last().url).toBe("https://api.test/v1/predictions");
    expect(net.json()).toEqual({ version, input: { prompt: "x" } });
  });

  it("with a deadline of five seconds at least", async () => {
    const net = scripted(json(201, body()));
    await predictions(net.fetch).create({ ...order, cancelAfterSeconds: 1 });
    expect(net.last().headers.get("cancel-after")).toBe("5s");
  });

  it.each(["", "x", "../../account", "a/b:main", "a/b/c", "a/b?x=1"])(
    'never under the name "%s"',
    async (model) => {
      const net = scripted();
      expect(await predictions(net.fetch).create({ ...order, model })).toMatchObject({ kind: "invalid" });
      expect(net.sent).toEqual([]);
    },
  );

  const low =
    "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute. Your rate limit resets in ~9s.";
  const cases: [string, number, unknown, Record<string, string>, object][] = [
    ["accepted in other words", 200, body({ status: "processing" }), {}, { kind: "ok" }],
    [
      "accepted, and done at once",
      202,
      body({ status: "succeeded", output: ["https://replicate.delivery/a.jpg"] }),
      {},
      { kind: "ok", value: { outputUrl: "https://replicate.delivery/a.jpg" } },
    ],
    [
      "a bad token",
      401,
      { title: "Unauthenticated", detail: "You did not pass a valid authentication token" },
      {},
      { kind: "invalid", failure: { code: "provider_access" } },
    ],
    [
      "no credit",
      402,
      { title: "Insufficient credit", detail: "You have insufficient credit" },
      {},
      { kind: "out_of_credit" },
    ],
    [
      // replicate/replicate-javascript#347.
      "a model that is not there",
      404,
      { detail: "The requested resource could not be found.", status: 404 },
      {},
      {
        kind: "invalid",
        failure: {
          code: "provider_model_unknown",
          retryable: false,
          message: 'Replicate does not know the model "bytedance/seedance-1-pro".',
          nextAction:
            "Choose another model. The operator must retire this one: Replicate does not offer it any more.",
        },
      },
    ],
    [
      // replicate/replicate-python#47.
      "a version that is not there",
      422,
      {
        title: "Invalid version or not permitted",
        detail: "The specified version does not exist (or perhaps you don't have permission to use it?)",
      },
      {},
      { kind: "invalid", failure: { code: "provider_model_unknown" } },
    ],
    [
      "an input that the model refuses",
      422,
      { title: "Input validation failed", detail: "- input.duration: must be one of" },
      {},
      { kind: "invalid", failure: { message: expect.stringContaining("input.duration") } },
    ],
    ["moderation", 422, { detail: "The input was flagged as sensitive. (E005)" }, {}, { kind: "refused" }],
    [
      "little credit, by the body",
      429,
      { detail: low, status: 429, retry_after: 5 },
      { "retry-after": "8" },
      { kind: "retry", afterSeconds: 5, failure: { code: "provider_throttled" } },
    ],
    [
      "little credit, by the words",
      429,
      { detail: low, status: 429 },
      {},
      { kind: "retry", afterSeconds: 9 },
    ],
    ["a redirect", 301, {}, { location: "https://evil.test" }, { kind: "invalid" }],
    ["a timeout", 408, {}, {}, { kind: "unknown" }],
    ["a server error", 500, {}, {}, { kind: "unknown" }],
    ["a bad gateway", 502, "x", {}, { kind: "unknown" }],
    ["unavailability", 503, {}, { "retry-after": "3" }, { kind: "unknown" }],
    ["a gateway timeout", 504, {}, {}, { kind: "unknown" }],
    ["an answer without a prediction", 201, { hello: 1 }, {}, { kind: "unknown" }],
  ];
  it.each(cases)(
    "and %s (%i) is classified, after one POST",
    async (_, status, answer, headers, expected) => {
      const net = scripted(json(status, answer, headers));
      expect(await predictions(net.fetch).create(order)).toMatchObject(expected);
      expect(net.sent).toHaveLength(1);
    },
  );

  it("perhaps, where the answer was lost", async () => {
    for (const answer of [new Error("reset"), broken(201, '{"id":"gm')]) {
      const net = scripted(answer);
      expect(await predictions(net.fetch).create(order)).toMatchObject({ kind: "unknown" });
      expect(net.sent).toHaveLength(1);
    }
  });

  it("not at all, where the caller had given up before", async () => {
    const net = scripted();
    expect(await predictions(net.fetch).create({ ...order, signal: AbortSignal.abort() })).toMatchObject({
      kind: "retry",
    });
    expect(net.sent).toEqual([]);
  });
});

describe("a prediction is read", () => {
  it.each([
    ["found", json(200, body({ status: "processing" })), { kind: "ok", value: { status: "running" } }],
    ["gone", json(404, { detail: "Not found" }), { kind: "ok", value: null }],
    ["throttled", json(429, { retry_after: 2 }), { kind: "retry", afterSeconds: 2 }],
    ["a server error", json(500, {}), { kind: "retry" }],
    ["nonsense", raw("<html>"), { kind: "retry" }],
    ["lost", new Error("reset"), { kind: "retry" }],
    ["a bad token", json(401, {}), { kind: "invalid" }],
  ])("%s, and looking again is always safe", async (_, answer, expected) => {
    expect(await predictions(scripted(answer).fetch).get("gm3q")).toMatchObject(expected);
    expect(await predictions(scripted(answer).fetch).cancel("gm3q")).toMatchObject(expected);
  });

  it("under its own address, whatever its id", async () => {
    const net = scripted(json(404, {}));
    await predictions(net.fetch).get("../account");
    expect(net.last()).toMatchObject({ method: "GET", url: "https://api.test/v1/predictions/..%2Faccount" });
    await predictions(net.fetch).cancel("a");
    expect(net.last()).toMatchObject({ method: "POST", url: "https://api.test/v1/predictions/a/cancel" });
  });
});

describe("an order whose answer was lost is searched for", () => {
  const since = new Date("2026-11-22T09:59:00Z");
  const find = (net: ReturnType<typeof scripted>) => predictions(net.fetch).find({ webhookUrl: hook, since });
  const other = (n: number) => body({ id: `o${n}`, webhook: `https://omvee.test/other/${n}` });
  const bare = (id: string) => {
    const { webhook: _, ...rest } = body({ id });
    return rest;
  };
  const list = (results: unknown[], next: string | null = null) =>
    json(200, { previous: null, next, results });

  it("by exactly its webhook, on any page, and the token goes to Replicate's API only", async () => {
    const near = body({ id: "near", webhook: `${hook}0` });
    const net = scripted(
      list([other(1), near], "https://evil.test/steal?cursor=c2"),
      list([other(2), body()]),
    );
    expect(await find(net)).toMatchObject({ kind: "ok", value: { id: "gm3q" } });
    expect(net.sent.map((s) => s.url)).toEqual([
      "https://api.test/v1/predictions?created_after=2026-11-22T09%3A59%3A00.000Z",
      "https://api.test/v1/predictions?cursor=c2",
    ]);
  });

  it("and not found, where the list shows webhooks and not this one, or is empty", async () => {
    expect(await find(scripted(list([other(1), bare("b")])))).toMatchObject({ kind: "ok", value: null });
    expect(await find(scripted(list([])))).toMatchObject({ kind: "ok", value: null });
  });

  it("one by one, where the list does not show webhooks", async () => {
    const net = scripted(list([bare("x"), bare("gm3q")]), json(200, other(1)), json(200, body()));
    expect(await find(net)).toMatchObject({ kind: "ok", value: { id: "gm3q" } });
    expect(net.sent.slice(1).map((s) => s.url)).toEqual([
      "https://api.test/v1/predictions/x",
      "https://api.test/v1/predictions/gm3q",
    ]);
  });

  it('and the outcome is unknown, not "none", where no answer shows a webhook', async () => {
    const net = scripted(list([bare("x")]), json(200, bare("x")));
    expect(await find(net)).toMatchObject({ kind: "unknown" });
  });

  it("among those created since then only", async () => {
    const old = { ...bare("old"), created_at: "2026-11-22T09:00:00Z" };
    expect(await find(scripted(list([old])))).toMatchObject({ kind: "ok", value: null });
  });

  it('and is never "none" where the list fails on the way', async () => {
    expect(
      await find(scripted(list([other(1)], "https://api.test/v1/predictions?cursor=2"), json(500, {}))),
    ).toMatchObject({ kind: "retry" });
    expect(await find(scripted(raw("x")))).toMatchObject({ kind: "retry" });
  });

  it("in a list that never ends, but not for ever", async () => {
    const net = scripted(list([other(1)], "https://api.test/v1/predictions?cursor=again"));
    expect(await find(net)).toMatchObject({ kind: "retry" });
    expect(net.sent.length).toBeLessThanOrEqual(20);
  });
});

describe("a prediction's status", () => {
  it.each([
    ["starting", null, "running"],
    ["processing", null, "running"],
    ["succeeded", "x", "succeeded"],
    ["failed", "x", "failed"],
    ["canceled", "x", "canceled"],
    ["aborted", "x", "canceled"],
    ["dreaming", null, "running"],
    ["exploded", "2026-11-22T10:00:00Z", "failed"],
  ])("%s (completed %s) is %s", (status, completed_at, expected) => {
    expect(readPrediction(body({ status, completed_at }))?.status).toBe(expected);
  });

  it("fails with `output_expired` where the result was deleted before it was fetched", () => {
    const gone = readPrediction(body({ status: "succeeded", output: null, data_removed: true }));
    expect(gone).toMatchObject({ status: "succeeded", failure: { code: "output_expired", refused: false } });
  });

  it("needs no more than an id and a status", () => {
    expect(readPrediction({ id: "a", status: "starting" })).toEqual({
      id: "a",
      status: "running",
      outputUrl: null,
      output: null,
      failure: null,
      webhookUrl: null,
      createdAt: null,
      predictSeconds: null,
      videoSeconds: null,
    });
  });

  it.each([null, "x", [], {}, { id: "a" }, { id: "../a", status: "failed" }, { id: 7, status: "failed" }])(
    "is not read out of %j",
    (json) => expect(readPrediction(json)).toBeNull(),
  );

  const REFUSED = { code: "provider_refused", refused: true, retryable: false };
  const INVALID = { code: "provider_invalid_request", refused: false, retryable: false };
  const RUN_FAILED = { code: "provider_run_failed", refused: false, retryable: true };

  it.each([
    ["The input or output was flagged as sensitive. Please try again with different inputs. (E005)", REFUSED],
    ["NSFW content detected", REFUSED],
    // vm0-ai/vm0#30959, openstory-so/openstory#1680: models that refuse what they drew, or the picture.
    ["The output video may be related to copyright restrictions. Request id: 0000", REFUSED],
    ["Failure to pass the risk control system", REFUSED],
    ["The input image may contain a real person. Request id: 0000", REFUSED],
    ["Input validation failed: unsupported image", INVALID],
    ["Prediction interrupted; please retry (code: PA)", RUN_FAILED],
    ["Director: unexpected error handling prediction (E6716)", RUN_FAILED],
    ["Queue is full", RUN_FAILED],
    ["Service is temporarily unavailable due to high demand. Please try again later. (E003)", RUN_FAILED],
    ["Service is temporarily unavailable. Please try again later. (E004)", RUN_FAILED],
    ["CUDA out of memory", RUN_FAILED],
    ["Something unknown", RUN_FAILED],
    ["", RUN_FAILED],
  ])('that failed with "%s" is classified as %j', (error, classified) => {
    expect(classifyFailure(error)).toMatchObject(classified);
    const failed = readPrediction(body({ status: "failed", error }));
    expect(failed?.failure).toMatchObject(classified);
  });

  it("has another code for a model that does not run than for a provider that does not answer", async () => {
    const { failure: run } = readPrediction(body({ status: "failed", error: "" })) ?? {};
    const http = await predictions(scripted(json(503, {})).fetch).get("gm3q");
    expect([run?.code, run?.message]).toEqual([
      "provider_run_failed",
      "The model failed: The run failed and gave no reason.",
    ]);
    expect(http).toMatchObject({ failure: { code: "provider_unavailable" } });
  });
});
