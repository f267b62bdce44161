import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { solveCover } from "../../../src/domain/cover/solve.ts";
import {
  DIRECTORS,
  SCENE_PLAN_TOKENS,
  SHOT_PROMPT_TOKENS,
} from "../../../src/domain/models/language-models.ts";
import {
  CLIP_MODEL_NAMES,
  clipModel,
  IMAGE_MODEL_NAMES,
  imageModel,
} from "../../../src/domain/models/models.ts";
import type { PromptDraft, SceneProposal } from "../../../src/domain/record/record.ts";
import { storable } from "../../../src/domain/record/text.ts";
import type { Director, Outcome } from "../../../src/ports/providers.ts";
import { openaiTranscriber } from "../../../src/providers/openai.ts";
import { openrouterDirector } from "../../../src/providers/openrouter.ts";
import { granting, type Task, WISHES } from "../../support/obedient-model.ts";
import { json, scripted } from "../../support/scripted-fetch.ts";

const CORPUS = z
  .array(z.strictObject({ name: z.string(), text: z.string(), wants: z.array(z.string()).min(1) }))
  .parse(JSON.parse(readFileSync(`${import.meta.dirname}/../../fixtures/injections.json`, "utf8")));

const FPS = 24;
const LINES = [
  { startFrame: 24, endFrame: 120 },
  { startFrame: 150, endFrame: 300 },
];
const director = (fetch: ReturnType<typeof scripted>["fetch"]) =>
  openrouterDirector({ apiKey: "sk-or-secret", baseUrl: "https://or.test/api/v1", fetch });

/** Each request to the director, with `text` in every field that strangers can write. */
const QUESTIONS: readonly {
  task: Task;
  name: string;
  tokens: number;
  ask: (
    director: Director,
    choice: (typeof DIRECTORS)[number],
    text: string,
  ) => Promise<Outcome<SceneProposal | PromptDraft>>;
}[] = [
  {
    task: "plan",
    name: "for scenes",
    tokens: SCENE_PLAN_TOKENS,
    ask: (d, choice, text) =>
      d.proposeScenes({
        ...choice,
        title: text,
        style: text,
        mood: text,
        durationSeconds: 30,
        minSeconds: 4,
        maxSeconds: 9,
        lines: LINES.map((l, index) => ({
          index,
          startSeconds: l.startFrame / FPS,
          endSeconds: l.endFrame / FPS,
          text,
        })),
      }),
  },
  {
    task: "shot",
    name: "for a shot",
    tokens: SHOT_PROMPT_TOKENS,
    ask: (d, choice, text) =>
      d.writePrompt({
        ...choice,
        title: text,
        style: text,
        mood: text,
        aspectRatio: "16:9",
        scene: { number: 1, of: 2, lyric: text, theme: text, energy: 0.5, seconds: 5 },
        previousTheme: text,
        nextTheme: text,
      }),
  },
  {
    task: "shot",
    name: "for a softer shot",
    tokens: SHOT_PROMPT_TOKENS,
    ask: (d, choice, text) =>
      d.softenPrompt({
        ...choice,
        title: text,
        style: text,
        mood: text,
        aspectRatio: "16:9",
        prompt: {
          imagePrompt: text,
          motionPrompt: text,
          negativePrompt: text,
          styleNotes: text,
          setting: text,
          shotType: text,
          mood: text,
          palette: [text],
        },
        softeningLevel: "implied",
        what: "image",
        refusal: text,
      }),
  },
];
const EACH = QUESTIONS.flatMap((question) => DIRECTORS.map((choice) => ({ question, choice })));
const TEXTS = CORPUS.map((c) => [c.name, c] as const);

const Request = z.strictObject({
  model: z.string(),
  models: z.array(z.string()).default([]),
  messages: z.tuple([
    z.strictObject({ role: z.literal("system"), content: z.string() }),
    z.strictObject({ role: z.literal("user"), content: z.string() }),
  ]),
  max_tokens: z.number(),
  reasoning: z.strictObject({ effort: z.literal("low") }),
  response_format: z.looseObject({ type: z.string() }),
  provider: z.strictObject({ require_parameters: z.literal(true) }).optional(),
  plugins: z.tuple([z.strictObject({ id: z.literal("response-healing") })]),
});

/** What is sent: the request without the data, and the data. */
async function asked(question: (typeof QUESTIONS)[number], choice: (typeof DIRECTORS)[number], text: string) {
  const net = scripted(json(200, {}));
  await question.ask(director(net.fetch), choice, text);
  expect(net.sent).toHaveLength(1);
  const { url, method, headers } = net.last();
  const request = Request.parse(net.json());
  const [system, user] = request.messages;
  const [, tag, inside = ""] = /^<([a-z]+)>([^<]*)<\/\1>$/.exec(user.content) ?? [];
  return {
    data: z.unknown().parse(JSON.parse(inside)),
    around: { url, method, headers: [...headers], tag, request: { ...request, messages: [system] } },
    request,
  };
}

/** Replaces every string that equals `from` by `to`. */
function swapped(value: unknown, from: string, to: string): unknown {
  return JSON.parse(JSON.stringify(value), (_key, v) => (v === from ? to : v));
}

describe("a request to the director", () => {
  it.each(TEXTS)(
    "has our models, shape, limits and address whatever strangers write, and their text as data: %s",
    async (_, { text }) => {
      for (const { question, choice } of EACH) {
        const hostile = await asked(question, choice, text);
        const harmless = await asked(question, choice, "la");
        expect(hostile.around).toEqual(harmless.around);
        expect(hostile.data).toEqual(swapped(harmless.data, "la", text));
        const { model, models, max_tokens, response_format } = hostile.request;
        expect([model, ...models]).toEqual(choice.models);
        expect(max_tokens).toBe(question.tokens);
        expect(response_format.type).toBe(choice.mode === "schema" ? "json_schema" : "json_object");
        expect(hostile.around.url).toBe("https://or.test/api/v1/chat/completions");
      }
    },
  );
});

/** Text that we keep: one short well-formed line, with no address and nothing invisible in it. */
const words = (most: number) =>
  z
    .string()
    .max(most)
    .refine((s) => s.isWellFormed() && s === s.trim())
    .refine((s) => !/https?:|:\/\/|www\.|javascript:|data:\w/i.test(s), "holds an address")
    .refine(
      (s) => !/[\p{Cc}\u2028\u200b\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u.test(s),
      "hides something",
    );
const model = (names: readonly string[]) => z.string().refine((name) => names.includes(name));
/** Strict: an additional key is a failure. */
const Plan = (names: readonly string[]) =>
  z.strictObject({
    model: model(names),
    scenes: z
      .array(
        z.strictObject({
          firstLine: z.number().nullable(),
          lastLine: z.number().nullable(),
          theme: words(400).min(1),
          reasoning: words(1000),
          energy: z.number().min(0).max(1),
        }),
      )
      .min(1)
      .max(1000),
  });
const Draft = (names: readonly string[]) =>
  z.strictObject({
    model: model(names),
    imagePrompt: words(2000).min(1),
    motionPrompt: words(1000).min(1),
    negativePrompt: words(500),
    styleNotes: words(500),
    setting: words(200),
    shotType: words(100),
    mood: words(200),
    palette: z.array(z.string().regex(/^#[0-9a-f]{6}$/)).max(8),
  });

/** What an outcome may contain, and which kinds an answer may have. */
const KEYS: Partial<Record<Outcome<unknown>["kind"], string[]>> = {
  ok: ["costUsd", "kind", "requestId", "value"],
  invalid: ["costUsd", "failure", "kind"],
  refused: ["costUsd", "failure", "kind"],
};

/** What a text asks for, and that it be repeated. */
const wishesOf = ({ wants }: (typeof CORPUS)[number]) => [...new Set([...wants, "echo"])];

async function granted(
  question: (typeof QUESTIONS)[number],
  choice: (typeof DIRECTORS)[number],
  wish: string,
  text: string,
) {
  const net = scripted(granting(wish, question.task, text, choice.models.at(-1) ?? ""));
  const outcome = await question.ask(director(net.fetch), choice, text);
  expect(net.sent).toHaveLength(1);
  return outcome;
}

describe("an obedient model", () => {
  it.each(TEXTS)("gives only a valid answer, or none: %s", async (_, entry) => {
    for (const { question, choice } of EACH) {
      for (const wish of wishesOf(entry)) {
        const outcome = await granted(question, choice, wish, entry.text);
        expect(Object.keys(outcome).sort()).toEqual(KEYS[outcome.kind]);
        if (outcome.kind === "ok") {
          (question.task === "plan" ? Plan : Draft)(choice.models).parse(outcome.value);
          expect(outcome.costUsd).toBe(0.001);
        } else {
          expect(outcome.failure.message).not.toMatch(/https?:|sk-or/);
        }
        expect(Reflect.get({}, "polluted")).toBeUndefined();
      }
    }
  });
});

describe("an obedient model's wishes", () => {
  const [schema] = DIRECTORS;
  const [plan, shot] = QUESTIONS;
  if (!schema || !plan || !shot) throw new Error("There is something to ask");

  it("are many, and each is in some text", () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(40);
    expect([...new Set(CORPUS.flatMap((c) => c.wants))].sort()).toEqual(Object.keys(WISHES).sort());
  });

  /** Which wishes end in an invalid answer, and which in a valid one. */
  it.each([
    ["many_scenes", "invalid"],
    ["no_scenes", "invalid"],
    ["prose", "invalid"],
    ["energy_words", "invalid"],
    ["line_words", "invalid"],
    ["deep", "invalid"],
    ["cut_off", "invalid"],
    ["refusal", "refused"],
    ["tool_calls", "invalid"],
    ["extra_keys", "ok"],
    ["energy", "ok"],
    ["lines", "ok"],
    ["address", "ok"],
    ["megabyte", "ok"],
    ["unicode", "ok"],
    ["prototype", "ok"],
  ])("to have scenes as %s end as %s", async (wish, kind) => {
    expect(await granted(plan, schema, wish, "la")).toMatchObject({ kind });
  });

  it.each(TEXTS)("leave the song covered exactly, in lengths that can be bought: %s", async (_, entry) => {
    for (const wish of wishesOf(entry)) {
      const outcome = await granted(plan, schema, wish, entry.text);
      const proposal = outcome.kind === "ok" && "scenes" in outcome.value ? outcome.value.scenes : [];
      const [totalFrames, minFrames, maxFrames] = [30 * FPS, 4 * FPS, 9 * FPS];
      const cover = solveCover({ totalFrames, fps: FPS, lines: LINES, proposal, minFrames, maxFrames });
      if (!cover.ok) throw new Error(cover.failure.message);
      expect(cover.certificate).toMatchObject({ frames: totalFrames, gaps: 0, overlaps: 0 });
      let at = 0;
      for (const { startFrame, endFrame } of cover.scenes) {
        expect(startFrame).toBe(at);
        expect(endFrame - startFrame).toBeGreaterThanOrEqual(minFrames);
        expect(endFrame - startFrame).toBeLessThanOrEqual(maxFrames);
        at = endFrame;
      }
      expect(at).toBe(totalFrames);
    }
  });

  /** What is sent to image and clip models for a draft, without its texts. */
  function orders({ imagePrompt, motionPrompt, negativePrompt }: PromptDraft) {
    const images = IMAGE_MODEL_NAMES.map((name) =>
      imageModel(name)?.input({ prompt: imagePrompt, negativePrompt, aspectRatio: "16:9", seed: 7 }),
    );
    const clips = CLIP_MODEL_NAMES.map((name) => {
      const clip = clipModel(name);
      return clip?.input({
        prompt: motionPrompt,
        negativePrompt,
        imageUrl: "https://bucket.test/a.jpg",
        seconds: clip.seconds[0] ?? 0,
        resolution: "720p",
        aspectRatio: "16:9",
        seed: 7,
      });
    });
    return [...images, ...clips].map((input = {}) => {
      const { prompt, negative_prompt, ...rest } = input;
      expect([typeof prompt, typeof (negative_prompt ?? "")]).toEqual(["string", "string"]);
      return rest;
    });
  }

  it.each(TEXTS)("change nothing in an order but its texts: %s", async (_, entry) => {
    const harmless = await granted(shot, schema, "echo", "a boat");
    if (harmless.kind !== "ok" || !("imagePrompt" in harmless.value)) throw new Error("It was harmless");
    for (const wish of wishesOf(entry)) {
      const outcome = await granted(shot, schema, wish, entry.text);
      if (outcome.kind !== "ok" || !("imagePrompt" in outcome.value)) continue;
      expect(orders(outcome.value)).toEqual(orders(harmless.value));
    }
  });
});

describe("the words of a song", () => {
  it.each(TEXTS)("stays text: %s", async (_, { text }) => {
    const heard = { start: 0, end: 1, text, avg_logprob: -0.1, no_speech_prob: 0, url: "https://evil.test" };
    const answer = {
      text,
      language: text,
      duration: 1,
      segments: [heard],
      words: [],
      budget_usd: 1000,
      model: text,
    };
    const { fetch } = scripted(json(200, answer));
    const outcome = await openaiTranscriber({ apiKey: "k", baseUrl: "https://oa.test/v1", fetch }).transcribe(
      {
        audio: new Uint8Array(1),
        filename: "a.mp3",
        contentType: "audio/mpeg",
        model: "whisper-1",
      },
    );
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    const kept = storable(text).trim();
    expect(outcome.value).toEqual({
      text: kept,
      language: null,
      durationSeconds: 1,
      segments: [
        {
          start: 0,
          end: 1,
          text: kept,
          noSpeech: 0,
          confidence: Math.exp(-0.1),
          compressionRatio: null,
        },
      ],
      words: [],
    });
    expect(outcome.costUsd).toBeCloseTo(0.0001, 6);
  });
});
