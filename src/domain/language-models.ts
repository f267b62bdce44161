/** The models that listen and write: names and prices. */

/** The one model of OpenAI's with word times; it shuts down on 2027-02-26 (developers.openai.com, deprecations). */
export const TRANSCRIPTION = { model: "whisper-1", usdPerMinute: 0.006 } as const;

export const transcriptionCostUsd = (seconds: number): number => (seconds / 60) * TRANSCRIPTION.usdPerMinute;

const DEEPSEEK = "deepseek/deepseek-v3.2";
const GPT = "openai/gpt-5-mini";
const GEMINI = "google/gemini-3.5-flash-lite";

/** In order of preference: OpenRouter moves to the next when one can't answer. */
export const DIRECTOR_MODELS = [DEEPSEEK, GPT, GEMINI] as const;

/** How an answer is held to its shape: by the host, or by a description of it and repair. */
export type AnswerMode = "schema" | "json";

/**
 * Ways to ask the director, each for when the one before did not bring an answer. Without structured
 * outputs every host of a model can serve it, and another model leads than the one that failed.
 */
export const DIRECTOR_CHOICES: readonly { models: readonly string[]; mode: AnswerMode }[] = [
  { models: DIRECTOR_MODELS, mode: "schema" },
  { models: [GPT, GEMINI, DEEPSEEK], mode: "json" },
];

/**
 * The most tokens of an answer, thinking included. DeepSeek's hosts end at 8,000, and OpenRouter
 * passes over a host that can't give what is asked for.
 */
export const SCENE_PLAN_TOKENS = 8_000;
export const SHOT_PROMPT_TOKENS = 4_000;

/** US dollars for a million tokens, in and out (openrouter.ai model pages, 2026). */
const PRICES: Readonly<Record<string, readonly [number, number]>> = {
  [DEEPSEEK]: [0.26, 0.38],
  [GPT]: [0.25, 2],
  // About these: seen second hand, in several places.
  [GEMINI]: [0.3, 2.5],
};
/** For a model without a listed price: above all of them. */
const UNLISTED: readonly [number, number] = [1, 5];

/**
 * The most that a chat call can cost, in US dollars: the dearest of its models, a token for each
 * character of the prompt (as in Chinese; English has four to a token), every answer token used.
 */
export function chatCostUsd(models: readonly string[], promptCharacters: number, maxTokens: number): number {
  const costs = models.map((name) => {
    const [input, output] = PRICES[name] ?? UNLISTED;
    return (promptCharacters * input + maxTokens * output) / 1e6;
  });
  return Math.max(0, ...costs);
}
