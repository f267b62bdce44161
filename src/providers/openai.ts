/**
 * OpenAI's audio transcription. Errors, limits and shapes: openai-openapi `CreateTranscriptionRequest`,
 * probes of 2026.
 */
import { z } from "zod";
import {
  MAX_TRANSCRIBED_BYTES,
  TRANSCRIPTION,
  transcriptionCostUsd,
} from "../domain/models/language-models.ts";
import { storable } from "../domain/record/text.ts";
import type { Outcome, Transcriber, Transcription } from "../ports/providers.ts";
import { type Fetch, platformFetch, type Reply, retryAfterSeconds, send } from "./http.ts";
import { languageCode } from "./language.ts";
import {
  badAnswer,
  credibleUsd,
  invalid,
  noAccess,
  outOfCredit,
  refused,
  throttled,
  unavailable,
  unknown,
} from "./outcome.ts";

const WHO = "OpenAI";
/** A song takes a minute or two; the vendor's own client waits ten. */
const TIMEOUT_MS = 300_000;

export interface OpenAiOptions {
  apiKey: string;
  /** Up to and with `/v1`. */
  baseUrl: string;
  fetch?: Fetch;
}

export function openaiTranscriber({
  apiKey,
  baseUrl,
  fetch: fetchUrl = platformFetch,
}: OpenAiOptions): Transcriber {
  return {
    async transcribe({ audio, filename, contentType, model, signal }) {
      if (audio.byteLength > MAX_TRANSCRIBED_BYTES) {
        return invalid(
          WHO,
          `the audio has ${audio.byteLength} bytes, and ${MAX_TRANSCRIBED_BYTES} are the most`,
        );
      }
      const reply = await send(fetchUrl, {
        method: "POST",
        url: `${baseUrl}/audio/transcriptions`,
        headers: { authorization: `Bearer ${apiKey}` },
        body: form(new File([audio], filename, { type: contentType }), model),
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      return classify(reply, model, Date.now());
    },
  };
}

/** Only whisper-1 gives times, and only as `verbose_json`; words alone would leave the segments out. */
function form(file: File, model: string): FormData {
  const timed = model.startsWith("whisper");
  const body = new FormData();
  body.append("file", file);
  body.append("model", model);
  body.append("response_format", timed ? "verbose_json" : "json");
  if (timed) for (const unit of ["word", "segment"]) body.append("timestamp_granularities[]", unit);
  return body;
}

function classify(reply: Reply, model: string, nowMs: number): Outcome<Transcription> {
  if (reply.kind === "lost") return reply.sent ? unknown(WHO, reply.reason) : unavailable(WHO, reply.reason);
  const { status, headers, json } = reply;
  if (status < 200 || status >= 300) return classifyError(status, headers, json, nowMs);
  // It was transcribed and charged for; a part of an answer can't be used.
  if (reply.tooLarge) return badAnswer(WHO, "it is too long", { retryable: false, costUsd: null });
  if (!reply.complete) return unknown(WHO, "the answer broke off");
  const costUsd = model === TRANSCRIPTION.model ? costOf(json) : null;
  const parsed = Answer.safeParse(json);
  if (!parsed.success) return badAnswer(WHO, "it is not a transcription", { retryable: false, costUsd });
  return {
    kind: "ok",
    value: transcription(parsed.data),
    costUsd,
    requestId: headers.get("x-request-id"),
  };
}

function costOf(json: unknown): number | null {
  const billed = Billed.safeParse(json).data;
  const billedSeconds = billed?.usage?.seconds ?? billed?.duration;
  return billedSeconds == null ? null : credibleUsd(transcriptionCostUsd(billedSeconds));
}

const text = z.string().catch("");
const ErrorBody = z.object({ error: z.object({ message: text, type: text, code: text }) });
const NO_CREDIT = /insufficient_quota|billing_hard_limit|no credits/i;
const MODERATED = /content_policy_violation|moderation_blocked/i;

/** The status decides before the error's type: a 413 has the type `server_error`. */
function classifyError(status: number, headers: Headers, json: unknown, nowMs: number): Outcome<never> {
  const parsed = ErrorBody.safeParse(json);
  const { message, type, code } = parsed.success ? parsed.data.error : { message: "", type: "", code: "" };
  const after = () => retryAfterSeconds(headers, json, nowMs);
  if (status === 429) {
    return NO_CREDIT.test(`${type} ${code} ${message}`) ? outOfCredit(WHO) : throttled(WHO, after());
  }
  if (status === 408 || status === 409 || status >= 500) return unavailable(WHO, message, after());
  if (status === 401 || status === 403 || status === 404) return noAccess(WHO, "OPENAI_API_KEY", message);
  if (MODERATED.test(code)) return refused(WHO, message);
  const unreadable = code === "invalid_value" ? "Upload the song again, as MP3 or WAV." : undefined;
  return invalid(WHO, message || `it answered ${status}`, unreadable);
}

/** Far longer than any song: an answer with a later time is wrong. */
const MAX_SECONDS = 1_000_000;
const seconds = z.number().nonnegative().max(MAX_SECONDS);
const measure = z.number().nullish().catch(null);
const storableText = z.string().transform((s) => storable(s).trim());

/** What is charged for; read separately, since an answer that can't be used may still have it. */
const billing = {
  duration: seconds.nullish().catch(null),
  usage: z
    .object({ seconds: seconds.nullish().catch(null) })
    .nullish()
    .catch(null),
};
const Billed = z.object(billing);
const Answer = z.object({
  ...billing,
  text: storableText,
  language: z.string().nullish().catch(null),
  languages: z
    .array(z.object({ code: z.string() }))
    .nullish()
    .catch(null),
  segments: z
    .array(
      z.object({
        start: seconds,
        end: seconds,
        text: storableText,
        avg_logprob: measure,
        no_speech_prob: measure,
        compression_ratio: measure,
      }),
    )
    .max(20_000)
    .nullish(),
  words: z
    .array(z.object({ word: storableText, start: seconds, end: seconds }))
    .max(100_000)
    .nullish(),
});

function transcription(answer: z.infer<typeof Answer>): Transcription {
  return {
    text: answer.text,
    language: languageCode(answer.languages?.[0]?.code ?? answer.language ?? ""),
    durationSeconds: answer.duration ?? answer.usage?.seconds ?? null,
    segments: (answer.segments ?? []).map((s) => ({
      start: s.start,
      end: Math.max(s.start, s.end),
      text: s.text,
      noSpeech: share(s.no_speech_prob),
      confidence: typeof s.avg_logprob === "number" ? share(Math.exp(s.avg_logprob)) : null,
      compressionRatio: s.compression_ratio ?? null,
    })),
    words: (answer.words ?? []).map((w) => ({
      start: w.start,
      end: Math.max(w.start, w.end),
      text: w.word,
    })),
  };
}

/** A probability, clamped to 0 to 1; null where there is none. */
const share = (value: number | null | undefined) =>
  typeof value === "number" && Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : null;
