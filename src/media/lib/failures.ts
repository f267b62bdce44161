import { failure } from "../../domain/controller/tasks.ts";
import type { Failure } from "../../domain/record/record.ts";

/** A failure that trying again can't mend; `nextAction` says what the person can do. */
export const refusal = (
  code: string,
  message: string,
  nextAction: string,
): { ok: false; failure: Failure } => ({
  ok: false,
  failure: failure(code, message, { nextAction }),
});

/** The bucket's object is not the one that was named. */
export const vanished = (what: string): { ok: false; failure: Failure } =>
  refusal(
    "media_gone",
    `${what} was changed or deleted while it was being read.`,
    "Upload or make it again.",
  );
