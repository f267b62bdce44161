import { imageSize } from "image-size";
import { generatedImages } from "../../db/schema.ts";
import { currentOf } from "../../domain/current.ts";
import { imageCostUsd, imageModel } from "../../domain/models.ts";
import { failure } from "../../domain/tasks.ts";
import type { Prediction } from "../../providers/ports.ts";
import { imageKey } from "../../storage/keys.ts";
import { assetRow, pendingRow } from "../assets.ts";
import { copyOutput } from "../output.ts";
import type { StepContext, StepResult } from "../step.ts";

const MAX_IMAGE_BYTES = 32 * 1024 * 1024;
/** Sizes stand in the headers; EXIF in front of them can be long. */
const HEADER_BYTES = 256 * 1024;
const TYPES: Record<string, string> = { jpg: "image/jpeg", png: "image/png", webp: "image/webp" };

/** A finished picture: copied into the bucket, measured, and only then completed. */
export async function collectImage(step: StepContext, prediction: Prediction): Promise<StepResult> {
  const { deps, task, record } = step;
  const { project } = record;
  // Without its scene the picture belongs to nothing any more; it was paid for all the same.
  if (!record.scenes.some((s) => s.id === task.subject)) return { kind: "made", writes: [], costUsd: null };
  const id = pendingRow(step)?.id ?? deps.newId();
  const copied = await copyOutput(step, prediction, {
    key: imageKey(project.ownerId, project.id, id, "jpg"),
    contentType: "image/jpeg",
    maxBytes: MAX_IMAGE_BYTES,
  });
  if (!copied.ok) return copied.result;
  const { object } = copied;
  const head = await deps.storage.read(object.key, 0, Math.min(object.bytes, HEADER_BYTES), object.etag);
  const size = head && measure(head);
  if (!size) {
    await deps.storage.delete([object.key]);
    return { kind: "lost", failure: NOT_AN_IMAGE };
  }
  const prompt = currentOf(record).scenes.find((s) => s.scene.id === task.subject)?.prompt;
  const made = {
    status: "completed" as const,
    objectKey: object.key,
    etag: object.etag,
    bytes: object.bytes,
    contentType: size.contentType,
    width: size.width,
    height: size.height,
    replicatePredictionId: prediction.id,
  };
  const row = {
    ...assetRow(step, id, prediction.id),
    promptId: prompt?.id ?? null,
    origin: "generated" as const,
    ...made,
  };
  const model = imageModel(task.model ?? "");
  return {
    kind: "made",
    writes: [
      deps.db
        .insert(generatedImages)
        .values(row)
        .onConflictDoUpdate({ target: generatedImages.id, set: made }),
    ],
    costUsd: model ? imageCostUsd(model) : null,
  };
}

function measure(head: Uint8Array): { width: number; height: number; contentType: string } | null {
  try {
    const { width, height, type } = imageSize(head);
    const contentType = TYPES[type ?? ""];
    return contentType && width > 0 && height > 0 ? { width, height, contentType } : null;
  } catch {
    return null; // image-size throws on what it does not know
  }
}

const NOT_AN_IMAGE = failure("output_not_an_image", "What the provider gave is not a picture.", {
  retryable: true,
});
