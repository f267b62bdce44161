/** OpenRouter's chat completions: OpenRouterTeam/docs, provider-selection and errors-and-debugging. */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { countDown } from "../chaos/chaos.ts";
import { keyOf, type SandboxState } from "../state.ts";
import { roomFor, write } from "./answer.ts";
import { Chat, type Fault, hostFor, textOf } from "./chat.ts";
import { strictFault } from "./json-schema.ts";
import { CHAT_MODELS, type ChatModel, chatModel, endpoints, type Host, listing } from "./models.ts";

const fault = ({ status, message, type, availability }: Fault): Response =>
  Response.json(
    {
      error: {
        code: status,
        message,
        ...(type ? { metadata: { error_type: type } } : {}),
        ...(availability ? { availability } : {}),
      },
    },
    { status },
  );

/** As clients quote it (OpenRouterTeam/openrouter-examples#74, 2026): a message and a code, nothing else. */
const unknownModel = (id: string): Fault => ({ status: 400, message: `${id} is not a valid model ID` });

/** About four characters to a token, as in English. */
const tokensOf = (text: string) => Math.max(1, Math.ceil(text.length / 4));

interface Generation {
  id: string;
  model: string;
  host: string;
  cost: number;
  prompt: number;
  completion: number;
  finish: string;
  at: number;
}

export function openrouterRoutes(state: SandboxState): { routes: Hono; reset: () => void } {
  const generations = new Map<string, Generation>();

  function answer(chat: Chat, model: ChatModel, host: Host): Response {
    const whole = write(chat);
    const cut = countDown(state.chaos, "truncate_json")
      ? Math.floor(whole.length * 0.6)
      : Math.min(whole.length, roomFor(chat));
    const content = whole.slice(0, cut);
    const prompt = tokensOf(chat.messages.map(textOf).join("\n"));
    const completion = tokensOf(content);
    const cost = (prompt * model.price[0] + completion * model.price[1]) / 1e6;
    const finish = cut < whole.length ? "length" : "stop";
    const id = `gen-${Math.floor(state.clock() / 1000)}-${randomUUID().replaceAll("-", "").slice(0, 20)}`;
    generations.set(id, {
      id,
      model: model.id,
      host: host.name,
      cost,
      prompt,
      completion,
      finish,
      at: state.clock(),
    });
    state.ledger.openrouter.chat += 1;
    state.ledger.openrouter.usd += cost;
    return Response.json({
      id,
      object: "chat.completion",
      created: Math.floor(state.clock() / 1000),
      model: model.id,
      provider: host.name,
      system_fingerprint: null,
      service_tier: null,
      choices: [
        {
          index: 0,
          finish_reason: finish,
          native_finish_reason: finish,
          logprobs: null,
          message: { role: "assistant", content, refusal: null, reasoning: null },
        },
      ],
      usage: {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        cost,
        is_byok: false,
        cost_details: {
          upstream_inference_cost: null,
          upstream_inference_prompt_cost: (prompt * model.price[0]) / 1e6,
          upstream_inference_completions_cost: (completion * model.price[1]) / 1e6,
        },
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  }

  function complete(body: unknown): Response {
    const parsed = Chat.safeParse(body);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const message = `${issue?.path.join(".") || "body"}: ${issue?.message ?? "Invalid input"}`;
      return fault({ status: 400, message, type: "invalid_request" });
    }
    const chat = parsed.data;
    if (chat.stream) {
      return fault({
        status: 400,
        message: "The sandbox does not stream: leave `stream` out.",
        type: "invalid_request",
      });
    }
    const format = chat.response_format;
    if (format?.type === "json_schema" && format.json_schema.strict) {
      const wrong = strictFault(format.json_schema.schema);
      if (wrong) {
        const message = `Invalid schema for response_format '${format.json_schema.name}': ${wrong}`;
        return fault({ status: 400, message, type: "invalid_request" });
      }
    }
    if (state.chaos.out_of_credit) {
      const message = "Insufficient credits. Add more using https://openrouter.ai/settings/credits";
      return fault({ status: 402, message, type: "payment_required" });
    }
    // Any error moves on to the next model; `model` is tried before `models`.
    const asked = [...new Set([...(chat.model ? [chat.model] : []), ...(chat.models ?? [])])];
    let failed: Fault = { status: 400, message: "No models provided", type: "invalid_request" };
    for (const id of asked) {
      const model = state.chaos.unknown_models.includes(id) ? undefined : chatModel(id);
      if (!model) {
        failed = unknownModel(id);
        continue;
      }
      const host = hostFor(model, chat);
      if (!("status" in host)) return answer(chat, model, host);
      failed = host;
    }
    return fault(failed);
  }

  const routes = new Hono()
    .use(async (c, next) => {
      if (new URL(c.req.url).pathname.includes("/api/v1/models") || keyOf(state, "openrouter", c.req.raw))
        return next();
      await c.req.arrayBuffer();
      return fault({ status: 401, message: "No auth credentials found", type: "authentication" });
    })
    .get("/models", (c) => c.json({ data: CHAT_MODELS.map(listing) }))
    .get("/models/:author/:slug/endpoints", (c) => {
      const model = chatModel(`${c.req.param("author")}/${c.req.param("slug")}`);
      return model
        ? c.json({ data: endpoints(model) })
        : fault({ status: 404, message: "Model not found", type: "not_found" });
    })
    .get("/key", (c) => {
      const usage = state.ledger.openrouter.usd;
      const label = "sk-or-v1-san...box";
      return c.json({
        data: {
          label,
          limit: null,
          limit_remaining: null,
          limit_reset: null,
          usage,
          usage_daily: usage,
          usage_weekly: usage,
          usage_monthly: usage,
          byok_usage: 0,
          is_free_tier: false,
        },
      });
    })
    .get("/generation", (c) => {
      const g = generations.get(c.req.query("id") ?? "");
      if (!g) return fault({ status: 404, message: "Generation not found", type: "not_found" });
      return c.json({
        data: {
          id: g.id,
          model: g.model,
          total_cost: g.cost,
          native_tokens_prompt: g.prompt,
          native_tokens_completion: g.completion,
          finish_reason: g.finish,
          native_finish_reason: g.finish,
          provider_name: g.host,
          latency: 120,
          generation_time: 400,
          cancelled: false,
          created_at: new Date(g.at).toISOString(),
          api_type: "completions",
          is_byok: false,
        },
      });
    })
    .post("/chat/completions", async (c) => complete(await c.req.json().catch(() => undefined)))
    .all("*", () => fault({ status: 404, message: "Not Found", type: "not_found" }));
  return { routes, reset: () => generations.clear() };
}
