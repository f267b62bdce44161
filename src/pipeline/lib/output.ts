import type { StepResult } from "../../domain/controller/settlement.ts";
import { failure } from "../../domain/record/failures.ts";
import type { Failure } from "../../domain/record/record.ts";
import type { Prediction } from "../../ports/providers.ts";
import type { StoredObject } from "../../ports/storage.ts";
import { isEmptyOutput } from "../../providers/output-file.ts";
import type { StepContext } from "./step.ts";

export type Copied =
  | { ok: true; object: StoredObject }
  /** The file can't be copied, now or at all: the result of the step. */
  | { ok: false; result: StepResult };

/**
 * Streams the output file of a prediction that succeeded into the bucket; the provider deletes it an hour
 * after completion. `contentType` is what the object is stored with, whatever the provider says.
 */
export async function copyOutput(
  { deps }: StepContext,
  prediction: Prediction,
  to: { key: string; contentType: string; maxBytes: number },
): Promise<Copied> {
  if (!prediction.outputUrl) {
    // A model whose output has a form that is not known here gives the same form the next time.
    return isEmptyOutput(prediction.output)
      ? { ok: false, result: badOutput(NO_OUTPUT) }
      : { ok: false, result: { kind: "declined", failure: UNKNOWN_FORM, spent: true } };
  }
  const opened = await deps.providers.predictions.openOutput(prediction.outputUrl, to.maxBytes);
  if (opened.kind === "retry" || opened.kind === "unknown")
    return {
      ok: false,
      result: { kind: "waiting", requestId: prediction.id, pollAfterMs: 10_000, facts: [] },
    };
  if (opened.kind !== "ok") {
    const why = opened.failure;
    // A prediction that succeeded is charged, also where its output can't be used.
    return {
      ok: false,
      result: why.retryable ? badOutput(why) : { kind: "declined", failure: why, spent: true },
    };
  }
  const { body, bytes } = opened.value;
  const object = await deps.storage.put(
    to.key,
    bytes === null ? await collectBytes(body) : { body, bytes },
    to.contentType,
  );
  return { ok: true, object };
}

/** The output was paid for (at the estimated cost) and can't be used. */
export const badOutput = (why: Failure): Extract<StepResult, { kind: "bad_output" }> => ({
  kind: "bad_output",
  failure: why,
  costUsd: null,
  charged: "yes",
});

const collectBytes = async (body: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(body).arrayBuffer());

const UNKNOWN_FORM = failure(
  "output_form",
  "The provider's result has a form that this service does not know.",
  { nextAction: "Choose another model." },
);
const NO_OUTPUT = failure("output_missing", "The provider finished, but its result holds no file.", {
  retryable: true,
});
