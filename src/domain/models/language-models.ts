/** The models that listen and write: names and prices. */

/** The one model of OpenAI's with word times; it shuts down on 2027-02-26 (developers.openai.com, deprecations). */
export const TRANSCRIPTION = { model: "whisper-1", usdPerMinute: 0.006 } as const;

export const transcriptionCostUsd = (seconds: number): number => (seconds / 60) * TRANSCRIPTION.usdPerMinute;

const LUNA = "openai/gpt-6-luna";
const GEMINI = "google/gemini-3.5-flash-lite";
const DEEPSEEK = "deepseek/deepseek-v4.1-flash";

/** How an answer is held to its shape: by the host, or by a description of it and repair. */
export type AnswerMode = "schema" | "json";

/**
 * Whom to ask for direction, each for when the one before did not bring an answer. One model in each: whether
 * OpenRouter passes over an id in a list that it does not know, or refuses the whole list, is not published.
 * Whether any host of DeepSeek's holds to a schema isn't either, so its answer is described in words.
 */
export const DIRECTOR_CHOICES: readonly { models: readonly string[]; mode: AnswerMode }[] = [
  { models: [LUNA], mode: "schema" },
  { models: [GEMINI], mode: "schema" },
  { models: [DEEPSEEK], mode: "json" },
];

/**
 * The most tokens of an answer, thinking included. Hosts of DeepSeek's ended at 8,000 (read of V3.2), and
 * OpenRouter passes over a host that can't give what is asked for.
 */
export const SCENE_PLAN_TOKENS = 8_000;
export const SHOT_PROMPT_TOKENS = 4_000;

/** US dollars for a million tokens, in and out. */
const PRICES: Readonly<Record<string, readonly [number, number]>> = {
  // A: OpenRouter's list of models, September and October 2026; twice as much above 272,000 tokens in.
  [LUNA]: [0.1, 0.5],
  // B: OpenRouter's page of the model, 2026.
  [GEMINI]: [0.3, 2.5],
  // C: the dearest of several that are told; it varies by host and hour.
  [DEEPSEEK]: [0.3, 1.2],
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
