import { failure } from "../domain/tasks.ts";
import type { Prediction } from "../providers/ports.ts";
import type { StoredObject } from "../storage/port.ts";
import { fromOutcome } from "./outcome.ts";
import type { StepContext, StepResult } from "./step.ts";

export type Copied =
  | { ok: true; object: StoredObject }
  /** Paid for, and its bytes can't be had: the attempt is lost. */
  | { ok: false; result: StepResult };

/** Copies a prediction's file into the bucket, streaming; the provider deletes it an hour after completion. */
export async function copyOutput(
  { deps }: StepContext,
  prediction: Prediction,
  to: { key: string; contentType: string; maxBytes: number },
): Promise<Copied> {
  if (!prediction.outputUrl) return { ok: false, result: { kind: "lost", failure: NO_OUTPUT } };
  const opened = await deps.providers.predictions.openOutput(prediction.outputUrl, to.maxBytes);
  if (opened.kind === "retry" || opened.kind === "unknown")
    return {
      ok: false,
      result: { kind: "waiting", requestId: prediction.id, lookAfterMs: 10_000, writes: [] },
    };
  if (opened.kind !== "ok") {
    const { failure: why } = opened;
    return { ok: false, result: why.retryable ? { kind: "lost", failure: why } : spent(fromOutcome(opened)) };
  }
  const { body, bytes } = opened.value;
  const object = await deps.storage.put(
    to.key,
    bytes === null ? await collectBytes(body) : { body, bytes },
    to.contentType,
  );
  return { ok: true, object };
}

/** A run that succeeded is charged, whatever we think of its output. */
const spent = (result: StepResult): StepResult =>
  result.kind === "failed" ? { ...result, spent: true } : result;

const collectBytes = async (body: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(body).arrayBuffer());

const NO_OUTPUT = failure("output_missing", "The provider finished without giving a file.", {
  retryable: true,
});
