/** The models that OpenRouter's stand-in offers, and the hosts behind each. */

export interface Host {
  name: string;
  slug: string;
  /** Parameters that the host supports beside `model` and `messages`; hosts of one model differ. */
  parameters: readonly string[];
}
export interface ChatModel {
  id: string;
  context: number;
  /** US dollars for a million tokens, in and out. */
  price: readonly [number, number];
  hosts: readonly Host[];
}

const COMMON = [
  "max_tokens",
  "temperature",
  "top_p",
  "seed",
  "stop",
  "frequency_penalty",
  "presence_penalty",
];
const REASONING = ["reasoning", "include_reasoning"];
const STRUCTURED = ["response_format", "structured_outputs"];

/** DeepSeek's own host takes `json_object` only, and no host of its models takes `max_completion_tokens`. */
const DEEPSEEK: readonly Host[] = [
  // Whether other hosts really hold to a schema is not known; here one does.
  { name: "DeepInfra", slug: "deepinfra", parameters: [...COMMON, ...REASONING, ...STRUCTURED] },
  { name: "DeepSeek", slug: "deepseek", parameters: [...COMMON, ...REASONING, "response_format"] },
];

export const CHAT_MODELS: readonly ChatModel[] = [
  {
    id: "openai/gpt-6-luna",
    context: 1_050_000,
    price: [0.1, 0.5],
    // It takes no `temperature`.
    hosts: [
      {
        name: "OpenAI",
        slug: "openai",
        parameters: ["max_tokens", "max_completion_tokens", "seed", ...REASONING, ...STRUCTURED],
      },
    ],
  },
  {
    id: "google/gemini-3.5-flash-lite",
    context: 1_048_576,
    price: [0.3, 2.5],
    hosts: [
      { name: "Google", slug: "google-ai-studio", parameters: [...COMMON, ...REASONING, ...STRUCTURED] },
    ],
  },
  { id: "deepseek/deepseek-v4.1-flash", context: 1_000_000, price: [0.3, 1.2], hosts: DEEPSEEK },
];

/** By id, without a routing suffix such as `:nitro`. */
export const chatModel = (id: string): ChatModel | undefined =>
  CHAT_MODELS.find((m) => m.id === id.replace(/:(nitro|floor)$/, ""));

/** US dollars as the price per token, as `GET /models` shows it. */
const perToken = (usd: number) => (usd / 1e6).toFixed(10).replace(/0+$/, "");

export const listing = (m: ChatModel) => ({
  id: m.id,
  canonical_slug: m.id,
  name: m.id,
  created: 1_760_000_000,
  context_length: m.context,
  architecture: { modality: "text->text", input_modalities: ["text"], output_modalities: ["text"] },
  pricing: { prompt: perToken(m.price[0]), completion: perToken(m.price[1]) },
  supported_parameters: [...new Set(m.hosts.flatMap((h) => h.parameters))],
});

export const endpoints = (m: ChatModel) => ({
  id: m.id,
  name: m.id,
  endpoints: m.hosts.map((h) => ({
    name: `${h.name} | ${m.id}`,
    provider_name: h.name,
    tag: h.slug,
    context_length: m.context,
    pricing: { prompt: perToken(m.price[0]), completion: perToken(m.price[1]) },
    supported_parameters: h.parameters,
    status: 0,
  })),
});
