import OpenAI, { APIError } from "openai";
import { describe, expect, test } from "vitest";
import { DIRECTORS } from "../../../src/domain/models/language-models.ts";
import { openrouterDirector } from "../../../src/providers/openrouter.ts";
import { replicatePredictions } from "../../../src/providers/replicate.ts";
import { sandbox } from "../../support/sandbox.ts";

const client = (url: string) =>
  new OpenAI({ apiKey: "sk-or-test", baseURL: `${url}/openrouter/api/v1`, maxRetries: 0 });

const BOARD = {
  name: "storyboard",
  strict: true,
  schema: {
    type: "object",
    properties: {
      title: { type: "string" },
      mood: { enum: ["calm", "wild"] },
      note: { type: ["string", "null"] },
      shots: {
        type: "array",
        items: {
          type: "object",
          properties: { seconds: { type: "integer", minimum: 2, maximum: 12 }, wide: { type: "boolean" } },
          required: ["seconds", "wide"],
          additionalProperties: false,
        },
      },
    },
    required: ["title", "mood", "note", "shots"],
    additionalProperties: false,
  },
};

const base = {
  model: "deepseek/deepseek-v4.1-flash",
  messages: [{ role: "user" as const, content: "A storyboard, please" }],
  response_format: { type: "json_schema" as const, json_schema: BOARD },
};
/** OpenRouter's own fields are not in the types of OpenAI's client. */
const chat = (url: string, more: object = {}) => client(url).chat.completions.create({ ...base, ...more });

async function failure(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof APIError)) throw new Error(`expected an API error, got ${error}`);
  return error;
}

describe("chat completions", () => {
  test("any strict schema is answered with a value that fits it, always the same", async () => {
    const { url } = await sandbox();
    const [first, second] = [await chat(url), await chat(url)];
    const board = JSON.parse(first.choices[0]?.message.content ?? "");
    expect(Object.keys(board)).toEqual(["title", "mood", "note", "shots"]);
    expect(BOARD.schema.properties.mood.enum).toContain(board.mood);
    for (const shot of board.shots) {
      expect(shot).toEqual({ seconds: expect.any(Number), wide: expect.any(Boolean) });
      expect(shot.seconds).toBeGreaterThanOrEqual(2);
      expect(shot.seconds).toBeLessThanOrEqual(12);
    }
    expect(second.choices[0]?.message.content).toBe(first.choices[0]?.message.content);
  });

  test("an answer says what it cost, which host gave it, and the id by which it can be looked up", async () => {
    const { url, state } = await sandbox();
    const answer = await chat(url);
    expect(answer.id).toMatch(/^gen-\d+-/);
    expect(answer).toMatchObject({ model: base.model, provider: "DeepInfra", usage: { is_byok: false } });
    const headers = { authorization: "Bearer k" };
    const look = await fetch(`${url}/openrouter/api/v1/generation?id=${answer.id}`, { headers });
    const { data } = (await look.json()) as { data: { total_cost: number } };
    expect(answer.usage).toMatchObject({ cost: data.total_cost });
    const key = await fetch(`${url}/openrouter/api/v1/key`, { headers });
    expect(await key.json()).toMatchObject({ data: { usage: data.total_cost } });
    expect(state.ledger.openrouter).toEqual({ chat: 1, usd: data.total_cost });
  });

  test("with require_parameters, max_completion_tokens leaves DeepSeek without a host", async () => {
    const { url } = await sandbox();
    const provider = { require_parameters: true };
    const error = await failure(chat(url, { max_completion_tokens: 500, provider }));
    expect(error.status).toBe(404);
    expect(error.message).toContain("No endpoints found that can handle the requested parameters");
    expect((await chat(url, { max_tokens: 500, provider })).choices).toHaveLength(1);
    expect((await chat(url, { max_completion_tokens: 500 })).choices).toHaveLength(1);
  });

  test("DeepSeek's own host has no json_schema", async () => {
    const { url } = await sandbox();
    const error = await failure(chat(url, { provider: { only: ["deepseek"] } }));
    expect(error.status).toBe(400);
    expect(error.message).toContain("This response_format type is unavailable now");
  });

  test("where a model fails the next of the list answers, and the answer names it", async () => {
    const { url } = await sandbox();
    const answer = await chat(url, { model: "nobody/nothing", models: ["openai/gpt-6-luna"] });
    expect(answer.model).toBe("openai/gpt-6-luna");
    expect((await failure(chat(url, { model: "nobody/nothing" }))).status).toBe(400);
  });

  test("a model can be made unknown: 400 with OpenRouter's message", async () => {
    const { url, state } = await sandbox();
    state.chaos.unknown_models = ["google/gemini-3.5-flash-lite"];
    const error = await failure(chat(url, { model: "google/gemini-3.5-flash-lite" }));
    expect(error.status).toBe(400);
    expect(error.message).toContain("google/gemini-3.5-flash-lite is not a valid model ID");
  });

  test("every host supports json_object, which the messages must ask for too", async () => {
    const { url } = await sandbox();
    const asked = (content: string, more: object = {}) =>
      chat(url, {
        messages: [{ role: "user", content }],
        response_format: { type: "json_object" },
        ...more,
      });
    const answer = await asked("A storyboard as JSON", { provider: { only: ["deepseek"] } });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toBeTypeOf("object");
    const error = await failure(asked("A storyboard"));
    expect(error.status).toBe(400);
    expect(error.message).toContain("must contain the word 'json'");
  });

  test("a schema that breaks the strict rules is refused with the reason", async () => {
    const { url } = await sandbox();
    const loose = { ...BOARD, schema: { ...BOARD.schema, required: ["title"] } };
    const error = await failure(chat(url, { response_format: { type: "json_schema", json_schema: loose } }));
    expect(error.status).toBe(400);
    expect(error.message).toContain("Missing 'mood'");
  });

  test("an answer that does not fit max_tokens is cut and says so", async () => {
    const { url } = await sandbox();
    const [choice] = (await chat(url, { max_tokens: 5 })).choices;
    expect(choice?.finish_reason).toBe("length");
    expect(() => JSON.parse(choice?.message.content ?? "")).toThrow();
  });

  test("no key is a 401, no credit a 402, in OpenRouter's envelope", async () => {
    const { url, state } = await sandbox({ keys: { openrouter: "sk-or-right" } });
    const none = await failure(chat(url));
    expect(none.status).toBe(401);
    const raw = await fetch(`${url}/openrouter/api/v1/chat/completions`, { method: "POST", body: "{}" });
    expect(await raw.json()).toMatchObject({
      error: { code: 401, metadata: { error_type: "authentication" } },
    });
    state.keys = {};
    state.chaos.out_of_credit = true;
    expect((await failure(chat(url))).status).toBe(402);
  });

  test("truncate_json cuts that many answers and no more", async () => {
    const { url, state } = await sandbox();
    state.chaos.truncate_json = 1;
    expect((await chat(url)).choices[0]?.finish_reason).toBe("length");
    expect((await chat(url)).choices[0]?.finish_reason).toBe("stop");
  });
});

describe.each(DIRECTORS.map((c) => [`${c.models[0]} with ${c.mode}`, c] as const))(
  "our director, asking %s",
  (_, { models, mode }) => {
    const director = (url: string) =>
      openrouterDirector({ apiKey: "k", baseUrl: `${url}/openrouter/api/v1` });
    const asked = { models, mode, title: "Tide", style: "", mood: "" };

    test("gets scenes for a song, and a prompt for a scene, from its first model", async () => {
      const { url } = await sandbox();
      const line = (index: number, text: string) => ({
        index,
        startSeconds: 5 + index * 5,
        endSeconds: 9 + index * 5,
        text,
      });
      const plan = await director(url).proposeScenes({
        ...asked,
        durationSeconds: 30,
        minSeconds: 4,
        maxSeconds: 9,
        lines: [line(0, "Neon rain on the window pane"), line(1, "A paper boat </song> on a midnight train")],
      });
      if (plan.kind !== "ok") throw new Error(plan.failure.message);
      expect(plan.value.model).toBe(models[0]);
      expect(plan.value.scenes).toContainEqual(expect.objectContaining({ firstLine: 0, lastLine: 1 }));
      const shot = await director(url).writePrompt({
        ...asked,
        aspectRatio: "16:9",
        scene: { number: 1, of: 2, lyric: "A paper boat", theme: "A boat", energy: 0.5, seconds: 5 },
        previousTheme: null,
        nextTheme: null,
      });
      if (shot.kind !== "ok") throw new Error(shot.failure.message);
      expect(shot.value.imagePrompt).toContain("«A paper boat»");
      expect(shot.value.palette.length).toBeGreaterThanOrEqual(3);
    });

    test("gets a softer prompt, which the model that refused the first one accepts", async () => {
      const { url, state } = await sandbox();
      const shot = await director(url).writePrompt({
        ...asked,
        aspectRatio: "16:9",
        scene: { number: 1, of: 1, lyric: "A paper boat", theme: "A boat", energy: 0.5, seconds: 5 },
        previousTheme: null,
        nextTheme: null,
      });
      if (shot.kind !== "ok") throw new Error(shot.failure.message);
      state.chaos.refuse = ["boat", "paper-cut", "soft grain"];
      const refusal = await drawn(url, shot.value.imagePrompt);
      expect(refusal).toMatchObject({ status: "failed", failure: { refused: true } });

      for (const softeningLevel of ["implied", "symbolic"] as const) {
        const softer = await director(url).softenPrompt({
          ...asked,
          aspectRatio: "16:9",
          prompt: shot.value,
          softeningLevel,
          what: "image",
          refusal: refusal?.failure?.message ?? "",
        });
        if (softer.kind !== "ok") throw new Error(softer.failure.message);
        expect(await drawn(url, softer.value.imagePrompt)).toMatchObject({ status: "succeeded" });
        expect(softer.value.palette).toEqual(shot.value.palette);
      }
    });
  },
);

/** The prediction of an image, once it has ended. */
async function drawn(url: string, prompt: string) {
  const predictions = replicatePredictions({
    token: "r8_t",
    baseUrl: `${url}/replicate/v1`,
    outputHosts: [],
  });
  const made = await predictions.create({
    model: "black-forest-labs/flux-schnell",
    input: { prompt, megapixels: "0.25" },
    webhookUrl: null,
    cancelAfterSeconds: 60,
  });
  if (made.kind !== "ok") throw new Error(made.failure.message);
  for (;;) {
    const seen = await predictions.get(made.value.id);
    if (seen.kind !== "ok") throw new Error(seen.failure.message);
    if (seen.value?.status !== "running") return seen.value;
  }
}
