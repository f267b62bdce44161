import { videoClips } from "../../db/schema.ts";
import { currentOf } from "../../domain/current.ts";
import { inspectClip } from "../../media/clip.ts";
import { storedFile } from "../../media/source.ts";
import type { Prediction } from "../../providers/ports.ts";
import { clipKey } from "../../storage/keys.ts";
import { assetRow, pendingRow } from "../assets.ts";
import { copyOutput } from "../output.ts";
import type { StepContext, StepResult } from "../step.ts";

const MAX_CLIP_BYTES = 256 * 1024 * 1024;

/** A finished clip: copied into the bucket, its frames counted, and only then completed. */
export async function collectClip(step: StepContext, prediction: Prediction): Promise<StepResult> {
  const { deps, task, record } = step;
  const { project } = record;
  const row = record.clips.find((c) => c.id === pendingRow(step)?.id);
  const imageId =
    row?.imageId ?? currentOf(record).scenes.find((s) => s.scene.id === task.subject)?.image?.id;
  // Without the picture it was made from, the clip belongs to nothing any more; it was paid for all the same.
  if (!imageId) return { kind: "made", writes: [], costUsd: task.costEstimatedUsd };
  const id = row?.id ?? deps.newId();
  const copied = await copyOutput(step, prediction, {
    key: clipKey(project.ownerId, project.id, id),
    contentType: "video/mp4",
    maxBytes: MAX_CLIP_BYTES,
  });
  if (!copied.ok) return copied.result;
  const { object } = copied;
  const inspected = await inspectClip(storedFile(deps.storage, object));
  if (!inspected.ok) {
    await deps.storage.delete([object.key]);
    return { kind: "lost", failure: { ...inspected.failure, retryable: true } };
  }
  const { clip } = inspected;
  const made = {
    status: "completed" as const,
    objectKey: object.key,
    etag: object.etag,
    bytes: object.bytes,
    contentType: "video/mp4",
    width: clip.width,
    height: clip.height,
    frames: clip.frames,
    fps: clip.fps,
    codec: clip.codec,
    decoderConfig: clip.decoderConfig,
    replicatePredictionId: prediction.id,
  };
  return {
    kind: "made",
    writes: [
      deps.db
        .insert(videoClips)
        .values({ ...assetRow(step, id, prediction.id), imageId, ...made })
        .onConflictDoUpdate({ target: videoClips.id, set: made }),
    ],
    costUsd: task.costEstimatedUsd,
  };
}
