import { describe, expect, it } from "vitest";
import { openaiTranscriber } from "../../../src/providers/openai.ts";
import { broken, json, scripted } from "../../support/scripted-fetch.ts";

const transcriber = (fetch: ReturnType<typeof scripted>["fetch"]) =>
  openaiTranscriber({ apiKey: "sk-secret", baseUrl: "https://api.test/v1", fetch });
const song = {
  audio: new Uint8Array(8),
  filename: "song.mp3",
  contentType: "audio/mpeg",
  model: "whisper-1",
};
const error = (message: string, type: string, code: string | null = null) => ({
  error: { message, type, param: null, code },
});

describe("a transcription by OpenAI", () => {
  it("asks whisper-1 once for words and segments with times", async () => {
    const net = scripted(json(200, { text: "" }));
    await transcriber(net.fetch).transcribe(song);
    expect(net.sent).toHaveLength(1);
    expect(net.last().url).toBe("https://api.test/v1/audio/transcriptions");
    expect(net.last().headers.get("authorization")).toBe("Bearer sk-secret");
    // The runtime sets it, with the boundary.
    expect(net.last().headers.get("content-type")).toBeNull();
    const { body } = net.last();
    if (!(body instanceof FormData)) throw new Error("a form");
    expect(body.get("model")).toBe("whisper-1");
    expect(body.get("response_format")).toBe("verbose_json");
    expect(body.getAll("timestamp_granularities[]")).toEqual(["word", "segment"]);
    expect(body.get("file")).toMatchObject({ name: "song.mp3", type: "audio/mpeg", size: 8 });
  });

  it("asks other models for plain JSON, since they refuse anything else", async () => {
    const net = scripted(
      json(200, { text: "la", languages: [{ code: "fr" }], usage: { type: "duration", seconds: 4 } }),
    );
    const outcome = await transcriber(net.fetch).transcribe({ ...song, model: "gpt-transcribe" });
    const { body } = net.last();
    if (!(body instanceof FormData)) throw new Error("a form");
    expect([body.get("response_format"), body.has("timestamp_granularities[]")]).toEqual(["json", false]);
    expect(outcome).toMatchObject({
      kind: "ok",
      costUsd: null,
      value: { language: "fr", durationSeconds: 4, words: [] },
    });
  });

  it("gives times, confidence, language code and cost", async () => {
    const answer = {
      task: "transcribe",
      language: "english",
      duration: 8.47,
      text: "Hello there",
      segments: [
        {
          id: 0,
          start: 0,
          end: 3.32,
          text: " Hello there",
          avg_logprob: -0.28,
          no_speech_prob: 0.009,
          compression_ratio: 1.23,
        },
      ],
      words: [{ word: "Hello", start: 0, end: 0.42 }],
      usage: { type: "duration", seconds: 9 },
    };
    const net = scripted(json(200, answer, { "x-request-id": "req_1" }));
    expect(await transcriber(net.fetch).transcribe(song)).toEqual({
      kind: "ok",
      costUsd: expect.closeTo(0.0009, 9),
      requestId: "req_1",
      value: {
        text: "Hello there",
        language: "en",
        durationSeconds: 8.47,
        segments: [
          {
            start: 0,
            end: 3.32,
            text: "Hello there",
            noSpeech: 0.009,
            confidence: expect.closeTo(0.756, 3),
            compressionRatio: 1.23,
          },
        ],
        words: [{ start: 0, end: 0.42, text: "Hello" }],
      },
    });
  });

  it("of more than 25 MB is refused before anything is sent", async () => {
    const net = scripted();
    const audio = new Uint8Array(25_000_001);
    expect(await transcriber(net.fetch).transcribe({ ...song, audio })).toMatchObject({ kind: "invalid" });
    expect(net.sent).toEqual([]);
  });

  const cases: [string, number, unknown, Record<string, string>, object][] = [
    [
      "an unsupported request",
      400,
      error("not compatible", "invalid_request_error", "unsupported_value"),
      {},
      { kind: "invalid" },
    ],
    [
      "an unreadable song",
      400,
      error("Audio file might be corrupted", "invalid_request_error", "invalid_value"),
      {},
      { kind: "invalid" },
    ],
    [
      "a bad key",
      401,
      error("Incorrect API key: sk-ab**yz", "invalid_request_error", "invalid_api_key"),
      {},
      { kind: "invalid", failure: { code: "provider_access" } },
    ],
    ["no access", 403, error("no", "x"), {}, { kind: "invalid", failure: { code: "provider_access" } }],
    ["a model that was shut down", 404, error("gone", "x", "model_not_found"), {}, { kind: "invalid" }],
    [
      "a body too large, which calls itself a server error",
      413,
      error("Maximum content size limit", "server_error"),
      {},
      { kind: "invalid" },
    ],
    [
      "a rate limit",
      429,
      error("slow", "requests", "rate_limit_exceeded"),
      { "retry-after": "7" },
      { kind: "retry", afterSeconds: 7, failure: { code: "provider_throttled", retryable: true } },
    ],
    [
      "no quota",
      429,
      error("quota", "insufficient_quota", "insufficient_quota"),
      {},
      { kind: "out_of_credit" },
    ],
    ["no credits left", 429, error("You have no credits remaining", "x"), {}, { kind: "out_of_credit" }],
    ["the hard limit", 429, error("limit", "x", "billing_hard_limit_reached"), {}, { kind: "out_of_credit" }],
    ["a timeout on their side", 408, {}, {}, { kind: "retry" }],
    ["a conflict", 409, {}, {}, { kind: "retry" }],
    ["a server error", 500, error("oops", "server_error"), {}, { kind: "retry", afterSeconds: null }],
    ["a bad gateway", 502, "x", {}, { kind: "retry" }],
    [
      "no quota, said in few words",
      429,
      { error: { code: "insufficient_quota" } },
      {},
      { kind: "out_of_credit" },
    ],
    ["unavailability", 503, {}, { "retry-after-ms": "250" }, { kind: "retry", afterSeconds: 0.25 }],
    ["a gateway timeout", 504, {}, {}, { kind: "retry" }],
    ["moderation", 400, error("no", "x", "content_policy_violation"), {}, { kind: "refused" }],
    ["a redirect", 302, {}, { location: "https://evil.test" }, { kind: "invalid" }],
    [
      "an answer of another kind",
      200,
      { hello: 1 },
      {},
      { kind: "invalid", failure: { code: "provider_bad_answer" } },
    ],
  ];
  it.each(cases)("classifies %s (%i)", async (_, status, body, headers, expected) => {
    const net = scripted(json(status, body, headers));
    expect(await transcriber(net.fetch).transcribe(song)).toMatchObject(expected);
    expect(net.sent).toHaveLength(1);
  });

  it("that was sent and not answered, or answered in part, may have been charged", async () => {
    for (const answer of [new Error("connection lost"), broken(200, '{"text":"la')]) {
      const net = scripted(answer);
      expect(await transcriber(net.fetch).transcribe(song)).toMatchObject({ kind: "unknown" });
      expect(net.sent).toHaveLength(1);
    }
  });

  it("never repeats a key that an error echoes", async () => {
    const net = scripted(json(401, error("Incorrect API key provided: sk-proj-abc*****xyz", "x")));
    expect(JSON.stringify(await transcriber(net.fetch).transcribe(song))).not.toContain("sk-proj");
  });
});
