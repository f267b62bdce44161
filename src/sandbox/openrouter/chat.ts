/** A chat request at OpenRouter, and the host of a model that can serve it. */
import { z } from "zod";
import type { ChatModel, Host } from "./models.ts";

const Message = z.object({
  role: z.string(),
  content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).nullish(),
});
const JsonSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  strict: z.boolean().nullish(),
  schema: z.record(z.string(), z.unknown()),
});
export const Chat = z.looseObject({
  model: z.string().optional(),
  models: z.array(z.string()).optional(),
  messages: z.array(Message).min(1),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stream: z.boolean().optional(),
  response_format: z
    .discriminatedUnion("type", [
      z.object({ type: z.literal("text") }),
      z.object({ type: z.literal("json_object") }),
      z.object({ type: z.literal("json_schema"), json_schema: JsonSchema }),
    ])
    .optional(),
  provider: z
    .looseObject({
      require_parameters: z.boolean().optional(),
      only: z.array(z.string()).optional(),
      ignore: z.array(z.string()).optional(),
    })
    .optional(),
});
export type Chat = z.infer<typeof Chat>;

export interface Fault {
  status: number;
  message: string;
  type?: string;
  availability?: Record<string, unknown>;
}

/** Fields of a request that route or describe it; all others are parameters of the model. */
const ROUTING = new Set([
  "model",
  "models",
  "messages",
  "provider",
  "plugins",
  "user",
  "session_id",
  "usage",
  "stream",
  "stream_options",
  "transforms",
  "route",
  "metadata",
]);

/** The parameters that a host must support to serve the request in full. */
function wanted(chat: Chat): string[] {
  const sent = Object.keys(chat).filter((key) => !ROUTING.has(key) && chat[key] != null);
  return chat.response_format?.type === "json_schema" ? [...sent, "structured_outputs"] : sent;
}

/** The host that serves the request, or the error to answer with. */
export function hostFor(model: ChatModel, chat: Chat): Host | Fault {
  const { only, ignore, require_parameters: strict = false } = chat.provider ?? {};
  const allowed = model.hosts.filter((h) => (!only || only.includes(h.slug)) && !ignore?.includes(h.slug));
  const needed = wanted(chat);
  const able = allowed.filter((h) => needed.every((p) => h.parameters.includes(p)));
  if (strict && able.length === 0) {
    return {
      status: 404,
      message:
        "No endpoints found that can handle the requested parameters. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing",
      type: "not_found",
      availability: { code: "constraint_filtered", retryable: false, excluded_by: ["require_parameters"] },
    };
  }
  const host = able[0] ?? allowed[0];
  if (!host) {
    return {
      status: 404,
      message: `No allowed providers are available for the selected model.`,
      type: "not_found",
      availability: { code: "constraint_filtered", retryable: false, excluded_by: ["allowed_providers"] },
    };
  }
  if (chat.response_format?.type === "json_schema" && host.slug === "deepseek") {
    return { status: 400, message: "This response_format type is unavailable now", type: "invalid_request" };
  }
  // As OpenAI's and DeepSeek's own hosts require; here every host does.
  const plainJson = chat.response_format?.type === "json_object";
  if (plainJson && !/json/i.test(chat.messages.map(textOf).join("\n"))) {
    return {
      status: 400,
      message:
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      type: "invalid_request",
    };
  }
  return host;
}

export const textOf = (message: z.infer<typeof Message>): string =>
  typeof message.content === "string"
    ? message.content
    : (message.content ?? []).map((p) => p.text ?? "").join("");
