/** The rows of images and clips over an attempt's life: pending with the create, then completed or failed. */
import { and, eq } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { generatedImages, videoClips } from "../db/schema.ts";
import type { Failure } from "../domain/record.ts";
import type { StepContext } from "./step.ts";

type AssetStage = "generate_images" | "generate_clips";
const TABLES = { generate_images: generatedImages, generate_clips: videoClips } as const;

const isAssetStage = (stage: string): stage is AssetStage => stage in TABLES;

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

export function failAssets({ deps, task }: StepContext, error: Failure): BatchItem<"pg">[] {
  if (!isAssetStage(task.type)) return [];
  const table = TABLES[task.type];
  return [
    deps.db
      .update(table)
      .set({ status: "failed", error })
      .where(and(eq(table.taskId, task.id), eq(table.status, "pending"))),
  ];
}
