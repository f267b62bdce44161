/** The rows of images and clips over an attempt's life: pending with the create, then completed or failed. */
import type { Clip, Image } from "../domain/record/record.ts";
import type { StepContext } from "./step.ts";

/** The row that this attempt's create left, where its record was not lost. */
export function pendingRow<Row extends Image | Clip>(rows: Row[], { task }: StepContext): Row | undefined {
  return rows.find((row) => row.taskId === task.id && row.status === "pending");
}

/** What every row of this attempt carries before there are bytes. */
export const assetRow = (
  { task, record, now }: StepContext,
  id: string,
  predictionId: string | null,
): Omit<Image, "promptId" | "origin"> => ({
  id,
  projectId: record.project.id,
  sceneId: task.subject,
  taskId: task.id,
  status: "pending",
  objectKey: null,
  etag: null,
  bytes: null,
  contentType: null,
  width: null,
  height: null,
  model: task.model,
  inputHash: task.inputHash,
  replicatePredictionId: predictionId,
  provenance: null,
  error: null,
  createdAt: now(),
});

export const NO_CLIP_YET = { frames: null, fps: null, codec: null, decoderConfig: null };
