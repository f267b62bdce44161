/** The models that transcribe and the directors that plan scenes and write prompts: names and prices. */

/**
 * OpenAI's only model that gives word times; it shuts down on 2027-02-26 (developers.openai.com,
 * deprecations).
 */
export const TRANSCRIPTION = { model: "whisper-1", usdPerMinute: 0.006 } as const;

/**
 * The largest file to send for transcription, in bytes. OpenAI takes requests of 26,214,400 bytes, including
 * the other fields and the multipart boundaries.
 */
export const MAX_TRANSCRIBED_BYTES = 25_000_000;

export const transcriptionCostUsd = (seconds: number): number => (seconds / 60) * TRANSCRIPTION.usdPerMinute;

const LUNA = "openai/gpt-6-luna";
const GEMINI = "google/gemini-3.5-flash-lite";
const DEEPSEEK = "deepseek/deepseek-v4.1-flash";

/**
 * How an answer gets its JSON shape: `schema`: the host enforces it; `json`: the prompt describes it and we
 * repair it.
 */
export type AnswerMode = "schema" | "json";

/**
 * The directors, in order: each is asked if the one before brought no answer. Each has one model only,
 * because it is not published whether OpenRouter skips an unknown id in a list of models or refuses the whole
 * list. Nor is it published whether any host of DeepSeek enforces a schema, so the prompt describes the shape
 * of its answer.
 */
export const DIRECTORS: readonly { models: readonly string[]; mode: AnswerMode }[] = [
  { models: [LUNA], mode: "schema" },
  { models: [GEMINI], mode: "schema" },
  { models: [DEEPSEEK], mode: "json" },
];

/**
 * The most tokens of an answer, reasoning included. Hosts of DeepSeek allowed at most 8,000 (read of V3.2),
 * and OpenRouter skips a host that can't give as many as are asked for.
 */
export const SCENE_PLAN_TOKENS = 8_000;
export const SHOT_PROMPT_TOKENS = 4_000;

/** US dollars for a million tokens: of the prompt, of the answer. */
const PRICES: Readonly<Record<string, readonly [number, number]>> = {
  // A: OpenRouter's list of models, September and October 2026; twice as much above 272,000 tokens in.
  [LUNA]: [0.1, 0.5],
  // B: OpenRouter's page of the model, 2026.
  [GEMINI]: [0.3, 2.5],
  // C: the highest of several published prices; it varies by host and hour.
  [DEEPSEEK]: [0.3, 1.2],
};
/** For a model without a listed price: more than any listed one. */
const UNLISTED: readonly [number, number] = [1, 5];

/**
 * The most that a chat call can cost, in US dollars: at the price of the dearest of its models, with one
 * token for each character of the prompt (as in Chinese; English has four to a token) and all answer tokens
 * used.
 */
export function chatCostUsd(models: readonly string[], promptCharacters: number, maxTokens: number): number {
  const costs = models.map((name) => {
    const [input, output] = PRICES[name] ?? UNLISTED;
    return (promptCharacters * input + maxTokens * output) / 1e6;
  });
  return Math.max(0, ...costs);
}
