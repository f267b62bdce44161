import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/ports/providers.ts";
import { type Fetch, platformFetch } from "../../../src/providers/http.ts";
import { openaiTranscriber } from "../../../src/providers/openai.ts";
import { openrouterDirector } from "../../../src/providers/openrouter.ts";
import { readPrediction } from "../../../src/providers/prediction.ts";
import { replicatePredictions } from "../../../src/providers/replicate.ts";
import { broken, json, scripted } from "../../support/scripted-fetch.ts";

/** JSON that looks like an answer, with the parts that adapters read at random. */
const words = fc.oneof(
  fc.constantFrom("stop", "length", "error", "failed", "succeeded", "https://replicate.delivery/a"),
  fc.string(),
);
const shaped = fc.record(
  {
    id: fc.oneof(words, fc.jsonValue()),
    status: fc.oneof(words, fc.jsonValue()),
    output: fc.jsonValue(),
    error: fc.oneof(
      fc.record({ code: fc.jsonValue(), message: fc.jsonValue(), metadata: fc.jsonValue() }),
      fc.jsonValue(),
    ),
    choices: fc.oneof(
      fc.array(
        fc.record({ finish_reason: words, message: fc.oneof(fc.record({ content: words }), fc.jsonValue()) }),
      ),
      fc.jsonValue(),
    ),
    usage: fc.jsonValue(),
    text: fc.oneof(words, fc.jsonValue()),
    words: fc.jsonValue(),
    segments: fc.jsonValue(),
    results: fc.oneof(fc.array(fc.jsonValue(), { maxLength: 3 }), fc.jsonValue()),
    next: fc.oneof(words, fc.constant(null)),
    retry_after: fc.jsonValue(),
    detail: fc.jsonValue(),
    __proto__: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  shaped.map((v) => JSON.stringify(v)),
  fc.json(),
  fc.string({ unit: "binary" }),
);
const status = fc.oneof(
  fc.constantFrom(
    200,
    201,
    202,
    301,
    400,
    401,
    402,
    403,
    404,
    408,
    413,
    422,
    429,
    500,
    502,
    503,
    504,
    524,
    529,
  ),
  fc.integer({ min: 200, max: 599 }),
);
const answer = fc.record({
  status,
  body,
  how: fc.constantFrom("whole", "whole", "whole", "broken", "thrown"),
  retryAfter: fc.option(fc.string({ unit: "grapheme-ascii" })),
});
const KINDS = ["ok", "retry", "refused", "invalid", "out_of_credit", "unknown"];

/** Each port's call, over a network that gives every request the same answer. */
function calls(fetch: Fetch): { paid: boolean; run: () => Promise<Outcome<unknown>> }[] {
  const transcriber = openaiTranscriber({ apiKey: "k", baseUrl: "https://a.test", fetch });
  const director = openrouterDirector({ apiKey: "k", baseUrl: "https://b.test", fetch });
  const predictions = replicatePredictions({
    token: "t",
    baseUrl: "https://c.test",
    outputHosts: ["replicate.delivery"],
    fetch,
  });
  const audio = {
    audio: new Uint8Array(1),
    filename: "a.mp3",
    contentType: "audio/mpeg",
    model: "whisper-1",
  };
  const common = { models: ["m"], mode: "json" as const, title: "", style: "", mood: "" };
  const scene = { number: 1, of: 1, lyric: "", theme: "", energy: 0, seconds: 1 };
  return [
    { paid: true, run: () => transcriber.transcribe(audio) },
    {
      paid: true,
      run: () =>
        director.proposeScenes({ ...common, durationSeconds: 1, minSeconds: 1, maxSeconds: 2, lines: [] }),
    },
    {
      paid: true,
      run: () =>
        director.writePrompt({ ...common, aspectRatio: "1:1", scene, previousTheme: null, nextTheme: null }),
    },
    {
      paid: true,
      run: () =>
        director.softenPrompt({
          ...common,
          aspectRatio: "1:1",
          prompt: {
            imagePrompt: "",
            motionPrompt: "",
            negativePrompt: "",
            styleNotes: "",
            setting: "",
            shotType: "",
            mood: "",
            palette: [],
          },
          softeningLevel: "symbolic",
          what: "clip",
          refusal: "",
        }),
    },
    {
      paid: true,
      run: () => predictions.create({ model: "a/b", input: {}, webhookUrl: null, cancelAfterSeconds: 60 }),
    },
    { paid: false, run: () => predictions.get("p1") },
    { paid: false, run: () => predictions.cancel("p1") },
    { paid: false, run: () => predictions.find({ webhookUrl: "https://w.test", since: new Date(0) }) },
    { paid: false, run: () => predictions.openOutput("https://replicate.delivery/a", 10) },
  ];
}

describe("whatever a provider answers", () => {
  it("no adapter throws, a paid call is made once, and a lost one is never called unpaid", async () => {
    await fc.assert(
      fc.asyncProperty(answer, async ({ status, body, how, retryAfter }) => {
        let sent = 0;
        const fetch: Fetch = async () => {
          sent += 1;
          if (how === "thrown") throw new TypeError("fetch failed");
          if (how === "broken") return broken(status, body)();
          const empty = status === 204 || status === 205 || status === 304;
          return new Response(empty ? null : body, {
            status,
            headers: retryAfter ? { "retry-after": retryAfter } : {},
          });
        };
        for (const { paid, run } of calls(fetch)) {
          sent = 0;
          const outcome = await run();
          expect(KINDS).toContain(outcome.kind);
          if (outcome.kind === "retry") expect(outcome.afterSeconds ?? 0).toBeGreaterThanOrEqual(0);
          if (outcome.kind !== "ok") expect(outcome.failure.message.length).toBeLessThan(500);
          if ("costUsd" in outcome) expect(outcome.costUsd ?? 0).toBeGreaterThanOrEqual(0);
          if (paid) expect(sent).toBe(1);
          const lost = how === "thrown" || (how === "broken" && status >= 200 && status < 300);
          if (paid && lost) expect(outcome.kind).toBe("unknown");
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Calls whose answers are parsed: all but the last, which opens a file. */
const parsing = (fetch: Fetch) => calls(fetch).slice(0, -1);

describe("a hostile answer", () => {
  it.each([301, 302, 303, 307, 308])("that redirects the call (%i) is not followed", async (status) => {
    for (const location of [
      "http://169.254.169.254/",
      "https://a.test/again",
      "//evil.test",
      "file:///etc/passwd",
    ]) {
      const net = scripted(json(status, {}, { location }));
      for (const [i, { run }] of calls(net.fetch).entries()) {
        expect(["invalid", "retry", "unknown"]).toContain((await run()).kind);
        expect(net.sent).toHaveLength(i + 1);
        expect(new URL(net.last().url).host).toMatch(/^([abc]\.test|replicate\.delivery)$/);
        expect(net.last().url).not.toContain("again");
      }
    }
  });

  it.each([
    '{"__proto__":{"id":"p1","status":"succeeded","output":"https://replicate.delivery/a"}}',
    '{"__proto__":{"text":"la","choices":[{"message":{"content":"{}"}}],"results":[]}}',
    '{"constructor":{"prototype":{"id":"p1","status":"succeeded"}}}',
    '{"toString":"x","valueOf":1,"hasOwnProperty":null,"__proto__":null}',
  ])("reaches nothing by the keys of prototypes: %s", async (text) => {
    for (const status of [200, 201, 400, 429, 500]) {
      for (const { run } of parsing(async () => new Response(text, { status }))) {
        expect((await run()).kind).not.toBe("ok");
      }
    }
    expect(Reflect.get({}, "id")).toBeUndefined();
    expect(Reflect.get({}, "text")).toBeUndefined();
  });

  it.each([
    ["null", "null"],
    ["a number", "1e999"],
    ["a list", "[[],{}]"],
    ["half an object", '{"id":"p1","status":'],
    ["two objects", '{"id":"p1"}{"status":"succeeded"}'],
    ["a page", "<!doctype html><title>502</title>"],
    ["an event stream", 'data: {"id":"p1"}\n\n'],
    ["bytes", "\u0000\ufffd\ud800"],
    ["nothing", ""],
    ["a million brackets", `{"output":${"[".repeat(1e6)}${"]".repeat(1e6)}}`],
  ])("of %s is no valid answer, whatever its status", async (_, text) => {
    for (const status of [200, 201]) {
      for (const { run } of parsing(async () => new Response(text, { status }))) {
        expect(["invalid", "unknown", "retry"]).toContain((await run()).kind);
      }
    }
  });

  it.each(["9".repeat(400), "1e12", "-1", "0", '"5"', "[5]"])(
    "makes no video of %s seconds, which would be charged for",
    (seconds) => {
      const metrics = `{"video_output_duration_seconds":${seconds}}`;
      const json = `{"id":"p1","status":"succeeded","metrics":${metrics},"output":{"url":7}}`;
      expect(readPrediction(JSON.parse(json))).toMatchObject({
        id: "p1",
        videoSeconds: null,
        outputUrl: null,
      });
    },
  );

  it("that never ends is cut off, and its connection closed", async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(0x20);
    for (const i of parsing(platformFetch).keys()) {
      let given = 0;
      let gone = false;
      const body = new ReadableStream({
        pull(controller) {
          if (given++ < 40) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => {
          gone = true;
        },
      });
      const outcome = await parsing(async () => new Response(body))[i]?.run();
      expect(outcome?.kind).not.toBe("ok");
      expect(gone).toBe(true);
      expect(given).toBeLessThan(20);
    }
  });
});
