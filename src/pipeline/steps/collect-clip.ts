import { currentOf } from "../../domain/current.ts";
import { clipCostUsd, clipModel } from "../../domain/models.ts";
import type { Clip } from "../../domain/record.ts";
import type { StepResult } from "../../domain/settlement.ts";
import { storedFile } from "../../media/source.ts";
import type { Prediction } from "../../providers/ports.ts";
import { clipKey } from "../../storage/keys.ts";
import { assetRow, pendingRow } from "../assets.ts";
import { copyOutput, spoiled } from "../output.ts";
import type { StepContext } from "../step.ts";

const MAX_CLIP_BYTES = 256 * 1024 * 1024;

/** A finished clip: copied into the bucket, its frames counted, and only then completed. */
export async function collectClip(step: StepContext, prediction: Prediction): Promise<StepResult> {
  const { deps, task, record } = step;
  const { project } = record;
  const row = pendingRow(record.clips, step);
  const imageId =
    row?.imageId ?? currentOf(record).scenes.find((s) => s.scene.id === task.subject)?.image?.id;
  // Without the picture it was made from, the clip belongs to nothing any more; it was paid for all the same.
  if (!imageId) return { kind: "made", facts: [], costUsd: task.costEstimatedUsd };
  const id = row?.id ?? deps.newId();
  const copied = await copyOutput(step, prediction, {
    key: clipKey(project.ownerId, project.id, id),
    contentType: "video/mp4",
    maxBytes: MAX_CLIP_BYTES,
  });
  if (!copied.ok) return copied.result;
  const { object } = copied;
  const inspected = await deps.media.inspectClip(storedFile(deps.storage, object));
  if (!inspected.ok) {
    await deps.storage.delete([object.key]);
    return spoiled(inspected.failure);
  }
  const { width, height, frames, fps, codec, decoderConfig } = inspected.clip;
  const clip: Clip = {
    ...assetRow(step, id, prediction.id),
    imageId,
    status: "completed",
    objectKey: object.key,
    etag: object.etag,
    bytes: object.bytes,
    contentType: "video/mp4",
    width,
    height,
    frames,
    fps,
    codec,
    decoderConfig,
  };
  return { kind: "made", facts: [{ kind: "clip", clip }], costUsd: costOf(step, prediction) };
}

/** By the seconds that the provider says it made, where it says so; else what was ordered. */
function costOf({ task, record }: StepContext, { videoSeconds }: Prediction): number {
  const model = clipModel(task.model ?? "");
  if (!model || videoSeconds === null) return task.costEstimatedUsd;
  return clipCostUsd(model, videoSeconds, record.project.settings.clipResolution);
}
