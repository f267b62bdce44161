import { type FailureCode, failure } from "../../domain/record/failures.ts";
import type { Failure } from "../../domain/record/record.ts";

/** A failure result that is not retryable; `nextAction` tells the user what to do. */
export const refusal = <Code extends FailureCode>(
  code: Code,
  message: string,
  nextAction: string,
): { ok: false; failure: Failure<Code> } => ({
  ok: false,
  failure: failure(code, message, { nextAction }),
});

/** The failure `media_gone`: the object in the bucket was replaced or deleted. */
export const mediaGone = (what: string): { ok: false; failure: Failure<"media_gone"> } =>
  refusal(
    "media_gone",
    `${what} was changed or deleted while it was being read.`,
    "Upload or make it again.",
  );
