/** Rows of images and clips: pending when the prediction is ordered, then completed or failed. */
import type { Clip, Image } from "../../domain/record/record.ts";
import type { StepContext } from "./step.ts";

/** The pending row that this task wrote with its order; undefined where that write was lost. */
export function pendingRow<Row extends Image | Clip>(rows: Row[], { task }: StepContext): Row | undefined {
  return rows.find((row) => row.taskId === task.id && row.status === "pending");
}

/** The columns that images and clips share, as they are before there are bytes. */
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

export const PENDING_CLIP_FIELDS = { frames: null, fps: null, codec: null, decoderConfig: null };
