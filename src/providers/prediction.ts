/** Reads Replicate's prediction object, as it is in answers and webhooks, into our `Prediction`. */
import { z } from "zod";
import type { Prediction } from "../ports/providers.ts";
import { redact } from "./http.ts";
import { problem } from "./outcome.ts";
import { fileIn } from "./output-file.ts";

const text = z.string().nullish().catch(null);

/**
 * Far longer than any clip that is sold. The cost is computed from the length, so a longer one is ignored.
 */
const MAX_VIDEO_SECONDS = 600;

/** Only the id and the status are required: SDKs that required more failed on new statuses. */
const Body = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
  status: z.string(),
  output: z.unknown().optional(),
  error: z.unknown().optional(),
  data_removed: z.boolean().nullish().catch(null),
  webhook: text,
  created_at: text,
  completed_at: text,
  metrics: z
    .object({
      predict_time: z.number().nonnegative().nullish().catch(null),
      video_output_duration_seconds: z.number().positive().max(MAX_VIDEO_SECONDS).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

/** The prediction in a parsed body, or null where it holds none. */
export function readPrediction(json: unknown): Prediction | null {
  const parsed = Body.safeParse(json);
  if (!parsed.success) return null;
  const body = parsed.data;
  const status = statusOf(body.status, body.completed_at ?? null);
  return {
    id: body.id,
    status,
    outputUrl: fileIn(body.output),
    output: body.output ?? null,
    failure: failureOf(status, body.error, body.data_removed === true),
    webhookUrl: body.webhook ?? null,
    createdAt: body.created_at ?? null,
    predictSeconds: body.metrics?.predict_time ?? null,
    videoSeconds: body.metrics?.video_output_duration_seconds ?? null,
  };
}

/** Statuses are an open set: `aborted` was added in 2025 (the deadline passed before the run started). */
function statusOf(status: string, completedAt: string | null): Prediction["status"] {
  if (status === "succeeded" || status === "failed" || status === "canceled") return status;
  if (status === "aborted") return "canceled";
  return completedAt === null ? "running" : "failed";
}

/** Codes and phrases in the errors of real runs; E005 is moderation. */
const REFUSED =
  /E005|sensitive|nsfw|flagged|moderat|content policy|safety (checker|filter|system)|copyright|risk control|real (person|people)/i;
const BAD_INPUT =
  /input (validation|format)|invalid (input|image|value|argument)|unsupported|must be (a|an|one|at|in|between|less|greater)\b/i;

function failureOf(status: Prediction["status"], error: unknown, removed: boolean): Prediction["failure"] {
  switch (status) {
    case "running":
      return null;
    case "succeeded": {
      if (!removed) return null;
      const message = "The result was deleted at Replicate before it was fetched.";
      return { ...problem("output_expired", message, true), refused: false };
    }
    case "canceled": {
      const message = "Replicate stopped the run: it was canceled, or took too long.";
      return { ...problem("provider_unavailable", message, true), refused: false };
    }
    case "failed":
      return classifyFailure(typeof error === "string" ? error : "");
  }
}

/**
 * The failure of a run, by its error text. Retryable, except where the text names the content or the input as
 * the cause. The code is `provider_run_failed` and not `provider_unavailable`: one model can fail while the
 * provider works.
 */
export function classifyFailure(error: string): NonNullable<Prediction["failure"]> {
  const words = error === "" ? "The run failed and gave no reason." : redact(error);
  if (REFUSED.test(error)) {
    const advice = "Change the prompt or the image and try again.";
    return {
      ...problem("provider_refused", `The model refused the content: ${words}`, false, advice),
      refused: true,
    };
  }
  if (BAD_INPUT.test(error)) {
    return {
      ...problem("provider_invalid_request", `The model does not accept the input: ${words}`, false),
      refused: false,
    };
  }
  return { ...problem("provider_run_failed", `The model failed: ${words}`, true), refused: false };
}
