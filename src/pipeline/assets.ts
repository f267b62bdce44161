/** The rows of images and clips over an attempt's life: pending with the create, then completed or failed. */
import type { StepContext } from "./step.ts";

/** The row that this attempt's create left, where its record was not lost. */
export function pendingRow({ task, record }: StepContext): { id: string } | undefined {
  const rows = task.type === "generate_clips" ? record.clips : record.images;
  return rows.find((row) => row.taskId === task.id && row.status === "pending");
}

/** What every row of this attempt carries. */
export const assetRow = ({ deps, task }: StepContext, id: string, predictionId: string | null) => ({
  id,
  projectId: task.projectId,
  sceneId: task.subject,
  taskId: task.id,
  model: task.model,
  inputHash: task.inputHash,
  replicatePredictionId: predictionId,
  createdAt: deps.now(),
});
