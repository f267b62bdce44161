import { describe, expect, it } from "vitest";
import { openaiTranscriber } from "../../../src/providers/openai.ts";
import { openrouterDirector } from "../../../src/providers/openrouter.ts";
import { json, raw, scripted } from "../../support/scripted-fetch.ts";

type Answer = Parameters<typeof scripted>[0];

const transcribed = (answer: Answer, model = "whisper-1") =>
  openaiTranscriber({ apiKey: "k", baseUrl: "https://oa.test/v1", fetch: scripted(answer).fetch }).transcribe(
    {
      audio: new Uint8Array(1),
      filename: "a.mp3",
      contentType: "audio/mpeg",
      model,
    },
  );
const proposed = (answer: Answer) =>
  openrouterDirector({
    apiKey: "k",
    baseUrl: "https://or.test/v1",
    fetch: scripted(answer).fetch,
  }).proposeScenes({
    models: ["a/one"],
    mode: "schema",
    title: "",
    style: "",
    mood: "",
    durationSeconds: 10,
    minSeconds: 2,
    maxSeconds: 5,
    lines: [],
  });
const chat = (choice: object, usage: unknown = { cost: 0.004 }) =>
  json(200, { id: "gen-1", choices: [choice], usage });
const stopped = (content: string) => ({ finish_reason: "stop", message: { content } });

describe("an answer that can't be used", () => {
  it.each([
    ["prose", chat(stopped("no")), 0.004],
    ["another shape", chat(stopped("{}")), 0.004],
    ["a part", chat({ finish_reason: "length", message: { content: "{" } }), 0.004],
    ["nothing, for money", chat(stopped("")), 0.004],
    ["prose for nothing", chat(stopped("no"), { cost: 0 }), 0],
    ["prose, without its cost", chat(stopped("no"), null), null],
    ["prose, with an impossible cost", chat(stopped("no"), { cost: -3 }), null],
    ["more than is read", raw(`{"a":"${"x".repeat(3e6)}"}`), null],
    ["no chat completion", raw("hello"), null],
  ])("from the director costs what OpenRouter says: %s", async (_, answer, costUsd) => {
    expect(await proposed(answer)).toMatchObject({
      kind: "invalid",
      costUsd,
      failure: { code: "provider_bad_answer", retryable: true },
    });
  });

  it.each([
    ["its length", { usage: { type: "duration", seconds: 60 } }, 0.006],
    ["its length in the older place", { duration: 120 }, 0.012],
    ["nothing", {}, null],
    ["a length beyond any song", { duration: 1e12 }, null],
    ["a length that is none", { usage: { seconds: "60" } }, null],
  ])(
    "from the transcriber costs what was transcribed, where the answer has %s",
    async (_, billing, costUsd) => {
      expect(await transcribed(json(200, { ...billing, text: 7 }))).toMatchObject({
        kind: "invalid",
        costUsd,
        failure: { code: "provider_bad_answer" },
      });
    },
  );

  it("from a transcriber without a price has no known cost", async () => {
    const answer = json(200, { text: 7, usage: { seconds: 60 } });
    expect(await transcribed(answer, "gpt-transcribe")).toMatchObject({ kind: "invalid", costUsd: null });
  });

  it("that is too long to read was paid for", async () => {
    const answer = raw(`{"text":"${"x".repeat(17 * 1024 * 1024)}"}`);
    expect(await transcribed(answer)).toMatchObject({
      kind: "invalid",
      costUsd: null,
      failure: { code: "provider_bad_answer" },
    });
  });
});

describe("a model that ran and refused", () => {
  it.each([
    ["stopped by a filter", { finish_reason: "content_filter", message: { content: "" } }],
    ["in words", { finish_reason: "stop", message: { content: null, refusal: "No." } }],
  ])("is paid for: %s", async (_, choice) => {
    expect(await proposed(chat(choice))).toMatchObject({ kind: "refused", costUsd: 0.004 });
  });
});

describe("a call that the provider rejected", () => {
  it.each([
    ["bad", 400, { error: { code: 400, message: "no" } }],
    ["moderated", 403, { error: { code: 403, message: "no", metadata: { reasons: ["x"] } } }],
    ["without access", 401, { error: { code: 401, message: "no" } }],
  ])("bought nothing: %s", async (_, status, body) => {
    for (const outcome of [await proposed(json(status, body)), await transcribed(json(status, body))]) {
      expect(["invalid", "refused"]).toContain(outcome.kind);
      expect(outcome).not.toHaveProperty("costUsd");
    }
  });
});
