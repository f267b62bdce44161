/**
 * OpenRouter's chat completions as the director. Errors and shapes: OpenRouterTeam/docs,
 * errors-and-debugging.
 */
import { z } from "zod";
import type { AnswerMode } from "../domain/models/language-models.ts";
import type { Director, Outcome } from "../ports/providers.ts";
import { type Reader, readScenePlan, readShotPrompt } from "./director-answer.ts";
import { type Brief, promptBrief, sceneBrief, softBrief } from "./director-brief.ts";
import { type Fetch, platformFetch, type Reply, retryAfterSeconds, send } from "./http.ts";
import {
  badAnswer,
  credibleUsd,
  invalid,
  noAccess,
  outOfCredit,
  refused,
  refusedAtCost,
  throttled,
  unavailable,
  unknown,
  unknownModel,
} from "./outcome.ts";

const WHO = "OpenRouter";
/** OpenRouter documents no time limit; a reasoning model answers for a whole song within this. */
const TIMEOUT_MS = 120_000;
/** Many times more than the tokens of an answer can fill. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

export interface OpenRouterOptions {
  apiKey: string;
  /** Up to and with `/api/v1`. */
  baseUrl: string;
  /** This service's address, for OpenRouter's statistics. */
  appUrl?: string;
  fetch?: Fetch;
}

export function openrouterDirector({
  apiKey,
  baseUrl,
  appUrl,
  fetch: fetchUrl = platformFetch,
}: OpenRouterOptions): Director {
  async function ask<T>(
    { models, mode, signal }: Asked,
    brief: Brief,
    reader: Reader<T>,
  ): Promise<Outcome<T & { model: string }>> {
    const reply = await send(fetchUrl, {
      method: "POST",
      url: `${baseUrl}/chat/completions`,
      headers: {
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        "x-openrouter-title": "OMVEE",
        ...(appUrl ? { "http-referer": appUrl } : {}),
      },
      body: JSON.stringify(request(models, brief)),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
    });
    return classify(reply, models, (content) => reader(content, mode), Date.now());
  }

  return {
    proposeScenes: (input) => ask(input, sceneBrief(input), readScenePlan),
    writePrompt: (input) => ask(input, promptBrief(input), readShotPrompt),
    softenPrompt: (input) => ask(input, softBrief(input), readShotPrompt),
  };
}

interface Asked {
  models: readonly string[];
  mode: AnswerMode;
  signal?: AbortSignal;
}

/**
 * The body of the call. Few parameters, because with `require_parameters` each one excludes hosts:
 * `max_completion_tokens` leaves DeepSeek with none, `temperature` GPT (openstory-so/openstory#1317). Plain
 * JSON does not set `require_parameters`, so that every host of a model may answer.
 *
 * Reasoning is on by default in some models, and is counted and charged as a part of the answer, within
 * `max_tokens` (openrouter.ai/docs/use-cases/reasoning-tokens): a low effort is enough for these requests.
 */
function request(models: readonly string[], { system, user, format, maxTokens }: Brief) {
  const [model, ...others] = models;
  return {
    model,
    ...(others.length > 0 ? { models: others } : {}),
    messages: [
      { role: "system", content: system },
      { role: "user", content: user },
    ],
    max_tokens: maxTokens,
    reasoning: { effort: "low" },
    response_format: format,
    ...(format.type === "json_schema" ? { provider: { require_parameters: true } } : {}),
    plugins: [{ id: "response-healing" }],
  };
}

const text = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const ErrorObject = z.object({
  code: z.union([z.number(), z.string()]).nullish().catch(null),
  message: text,
  error_type: text,
  metadata: z
    .object({ error_type: text, reasons: z.array(z.unknown()).nullish().catch(null), flagged_input: text })
    .nullish()
    .catch(null),
  availability: z
    .object({ code: text, retryable: flag, retry_after: z.number().nullish().catch(null) })
    .nullish()
    .catch(null),
});
type ErrorObject = z.infer<typeof ErrorObject>;

/** An id or a model's name; null where the text has another form. */
const name = z
  .string()
  .regex(/^[\w.:/@+-]{1,200}$/)
  .nullish()
  .catch(null);

const Body = z.object({
  id: name,
  model: name,
  error: ErrorObject.nullish().catch(null),
  choices: z
    .array(
      z.object({
        finish_reason: text,
        error: ErrorObject.nullish().catch(null),
        message: z.object({ content: text, refusal: text }).nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
  usage: z
    .object({ cost: z.number().nullish().catch(null) })
    .nullish()
    .catch(null),
});

function classify<T>(
  reply: Reply,
  models: readonly string[],
  read: (content: string) => ReturnType<Reader<T>>,
  nowMs: number,
): Outcome<T & { model: string }> {
  if (reply.kind === "lost") return reply.sent ? unknown(WHO, reply.reason) : unavailable(WHO, reply.reason);
  const { status, headers, json, complete, tooLarge } = reply;
  const body = Body.safeParse(json).data;
  const costUsd = credibleUsd(body?.usage?.cost);
  const unusable = (words: string) => badAnswer(WHO, words, { retryable: true, costUsd });
  const fault = (error: ErrorObject | null, asked: number) =>
    classifyError(asked, error, models, retryAfterSeconds(headers, json, nowMs));
  if (status < 200 || status >= 300) return fault(body?.error ?? null, status);
  if (tooLarge) return unusable("it is too long");
  if (!complete) return unknown(WHO, "the answer broke off");
  if (!body) return unusable("it is not a chat completion");

  // After a model has begun to answer, its errors come with status 200.
  if (body.error) return fault(body.error, statusOf(body.error));
  const choice = body.choices?.[0];
  const failed = choice?.error ?? null;
  if (failed || choice?.finish_reason === "error") return fault(failed, failed ? statusOf(failed) : 502);
  if (choice?.finish_reason === "content_filter" || choice?.message?.refusal) {
    return refusedAtCost(WHO, choice.message?.refusal ?? "its filter stopped the answer", costUsd);
  }
  if (choice?.finish_reason === "length") return unusable("the answer did not fit and was cut off");
  const content = choice?.message?.content?.trim();
  // An empty answer without a cost is a cold start: another try is free.
  if (!content) return costUsd ? unusable("it is empty") : unavailable(WHO, "the answer was empty");
  const answer = read(content);
  if (!answer.ok) return unusable(answer.problem);
  return {
    kind: "ok",
    value: { ...answer.value, model: body.model ?? models[0] ?? "unknown" },
    costUsd,
    requestId: body.id ?? null,
  };
}

/** The status of an error that came with status 200: its own code, or 502 where that is no status. */
function statusOf(error: ErrorObject): number {
  const code = Number(error.code);
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 502;
}

/**
 * OpenRouter's messages about a model id that it does not know, or not any more, as clients quote them
 * (OpenRouterTeam/openrouter-examples#74, vyancharuk/nodejs-api-boilerplate#16, Aider-AI/aider#2444,
 * Pythagora-io/gpt-pilot#883). Its messages about hosts that can't do what is asked are similar, and must not
 * match.
 */
const UNKNOWN_MODEL =
  /\bis not a valid model ID\b|^No endpoints found for (this model|[\w.~-]+\/\S+)|^Model \S+ is not available\b/i;

/** Which of the models that were asked OpenRouter does not offer; null where the error says no such thing. */
function unknownOf(status: number, error: ErrorObject | null, models: readonly string[]): string | null {
  const words = error?.message ?? "";
  const isUnknown = error?.availability?.code === "model_not_found" || UNKNOWN_MODEL.test(words);
  if (!isUnknown || (status !== 400 && status !== 404)) return null;
  return models.find((model) => words.includes(model)) ?? models[0] ?? null;
}

const MODERATED = new Set(["content_policy_violation", "refusal"]);

function classifyError(
  status: number,
  error: ErrorObject | null,
  models: readonly string[],
  afterSeconds: number | null,
): Outcome<never> {
  const words = error?.message ?? `it answered ${status}`;
  const type = error?.metadata?.error_type ?? error?.error_type ?? "";
  const availability = error?.availability;
  const after = afterSeconds ?? availability?.retry_after ?? null;
  if (status === 402) return outOfCredit(WHO);
  if (status === 401) return noAccess(WHO, "OPENROUTER_API_KEY", words);
  if (MODERATED.has(type) || error?.metadata?.reasons?.length || error?.metadata?.flagged_input) {
    return refused(WHO, words);
  }
  const gone = unknownOf(status, error, models);
  if (gone !== null) return unknownModel(WHO, gone, replaceIt(gone));
  // What the error says of itself counts more than the status.
  if (availability?.retryable === true) return unavailable(WHO, words, after);
  if (availability?.retryable === false) return invalid(WHO, words, CHECK_MODELS);
  if (status === 429) return throttled(WHO, after);
  if (status === 403) return noAccess(WHO, "OPENROUTER_API_KEY", words);
  if (status === 503) return overloaded(error, words, after);
  if (status === 408 || status >= 500) return unavailable(WHO, words, after);
  return invalid(WHO, words, status === 404 ? CHECK_MODELS : undefined);
}

const replaceIt = (model: string) =>
  `The operator must replace ${JSON.stringify(model)} in the list of directors: OpenRouter does not offer it any more.`;
const CHECK_MODELS =
  "The operator must check that the director models are still offered with structured outputs.";
const BUSY = new Set(["temporarily_unavailable", "capacity_exhausted"]);

/**
 * A 503 is an overload, which passes by itself, or says that no host meets our routing rules, which stays.
 */
function overloaded(error: ErrorObject | null, words: string, after: number | null): Outcome<never> {
  const busy = error === null || after !== null || BUSY.has(error.availability?.code ?? "");
  return busy ? unavailable(WHO, words, after) : invalid(WHO, words, CHECK_MODELS);
}
