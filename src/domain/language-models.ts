/** The models that listen and write: names and prices. */

/** The one model of OpenAI's with word times; it shuts down on 2027-02-26 (developers.openai.com, deprecations). */
export const TRANSCRIPTION = { model: "whisper-1", usdPerMinute: 0.006 } as const;

export const transcriptionCostUsd = (seconds: number): number => (seconds / 60) * TRANSCRIPTION.usdPerMinute;

/** In order of preference: OpenRouter moves to the next when one can't answer. */
export const DIRECTOR_MODELS = [
  "deepseek/deepseek-v3.2",
  "openai/gpt-5-mini",
  "google/gemini-2.5-flash",
] as const;

/**
 * The most tokens of an answer, thinking included. DeepSeek's hosts end at 8,000, and OpenRouter
 * passes over a host that can't give what is asked for.
 */
export const SCENE_PLAN_TOKENS = 8_000;
export const SHOT_PROMPT_TOKENS = 4_000;

/** US dollars for a million tokens, in and out (openrouter.ai model pages, 2026). */
const PRICES: Readonly<Record<string, readonly [number, number]>> = {
  "deepseek/deepseek-v3.2": [0.26, 0.38],
  "openai/gpt-5-mini": [0.25, 2],
  "google/gemini-2.5-flash": [0.3, 2.5],
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
