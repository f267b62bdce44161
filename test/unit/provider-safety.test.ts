import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fetch } from "../../src/providers/http.ts";
import { openaiTranscriber } from "../../src/providers/openai.ts";
import { openrouterDirector } from "../../src/providers/openrouter.ts";
import type { Outcome } from "../../src/providers/ports.ts";
import { replicatePredictions } from "../../src/providers/replicate.ts";
import { broken } from "../support/scripted-fetch.ts";

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
  const common = { models: ["m"], title: "", style: "", mood: "" };
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
          if (paid) expect(sent).toBe(1);
          const lost = how === "thrown" || (how === "broken" && status >= 200 && status < 300);
          if (paid && lost) expect(outcome.kind).toBe("unknown");
        }
      }),
      { numRuns: 150 },
    );
  });
});
