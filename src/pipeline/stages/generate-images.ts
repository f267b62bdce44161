import { currentOf } from "../../domain/controller/current.ts";
import { seedOf } from "../../domain/controller/inputs.ts";
import { failedStep, type StepResult } from "../../domain/controller/settlement.ts";
import { imageCostUsd, imageModel } from "../../domain/models/models.ts";
import { failure } from "../../domain/record/failures.ts";
import { imageKey } from "../../domain/record/keys.ts";
import type { Image } from "../../domain/record/record.ts";
import type { Prediction } from "../../ports/providers.ts";
import { assetRow, pendingRow } from "../lib/assets.ts";
import { badOutput, copyOutput } from "../lib/output.ts";
import { orderPrediction } from "../lib/predictions.ts";
import type { StageSteps, StepContext } from "../lib/step.ts";

export const generateImages: StageSteps<"generate_images"> = { start, collect };

/** Orders one scene's image. */
async function start(step: StepContext): Promise<StepResult> {
  const { deps, task, record } = step;
  const prompt = currentOf(record).scenes.find((s) => s.scene.id === task.subject)?.prompt;
  const model = imageModel(task.model ?? "");
  if (!prompt || !model)
    return failedStep(failure("prompt_gone", "The scene or its prompt does not exist any more."));
  const input = model.input({
    prompt: prompt.imagePrompt,
    negativePrompt: prompt.negativePrompt,
    aspectRatio: record.project.settings.aspectRatio,
    seed: seedOf(task.inputHash),
  });
  const id = deps.newId();
  return orderPrediction(step, { model: model.name, input }, (predictionId) => [
    {
      kind: "image",
      image: { ...assetRow(step, id, predictionId), promptId: prompt.id, origin: "generated" },
    },
  ]);
}

const MAX_IMAGE_BYTES = 32 * 1024 * 1024;
/** The whole file, for most images: the size is in the header, but provenance may stand after the pixels. */
const READ_BYTES = 4 * 1024 * 1024;

/** Collects a finished image: copies it into the bucket, measures it, and completes its row. */
async function collect(step: StepContext, prediction: Prediction): Promise<StepResult> {
  const { deps, task, record } = step;
  const { project } = record;
  const model = imageModel(task.model ?? "");
  const costUsd = model ? imageCostUsd(model, project.settings.aspectRatio) : null;
  // The scene is deleted: the image is not kept, and was paid for.
  if (!record.scenes.some((s) => s.id === task.subject)) return { kind: "completed", facts: [], costUsd };
  const row = pendingRow(record.images, step);
  const id = row?.id ?? deps.newId();
  const copied = await copyOutput(step, prediction, {
    key: imageKey(project.ownerId, project.id, id, "jpg"),
    contentType: "image/jpeg",
    maxBytes: MAX_IMAGE_BYTES,
  });
  if (!copied.ok) return copied.result;
  const { object } = copied;
  const head = await deps.storage.read(object.key, 0, Math.min(object.bytes, READ_BYTES), object.etag);
  // The object is not there, or another one by now: collect the prediction again.
  if (!head) return { kind: "waiting", requestId: prediction.id, pollAfterMs: 10_000, facts: [] };
  const size = deps.media.measurePicture(head);
  if (!size) {
    await deps.storage.delete([object.key]);
    return badOutput(NOT_AN_IMAGE);
  }
  const prompt = currentOf(record).scenes.find((s) => s.scene.id === task.subject)?.prompt;
  const image: Image = {
    ...assetRow(step, id, prediction.id),
    promptId: row?.promptId ?? prompt?.id ?? null,
    origin: "generated",
    status: "completed",
    objectKey: object.key,
    etag: object.etag,
    bytes: object.bytes,
    ...size,
    provenance: deps.media.pictureProvenance(head),
  };
  return { kind: "completed", facts: [{ kind: "image", image }], costUsd };
}

const NOT_AN_IMAGE = failure(
  "output_form",
  "The provider's file is not an image that can be read: it must be a JPEG, PNG or WebP.",
  { nextAction: "Choose another image model." },
);
