import { currentOf } from "../../domain/current.ts";
import { seedOf } from "../../domain/inputs.ts";
import { imageModel } from "../../domain/models.ts";
import { failed, type StepResult } from "../../domain/settlement.ts";
import { failure } from "../../domain/tasks.ts";
import { assetRow } from "../assets.ts";
import { submit } from "../predictions.ts";
import type { StepContext } from "../step.ts";

/** Orders one scene's picture. */
export async function generateImage(step: StepContext): Promise<StepResult> {
  const { deps, task, record } = step;
  const prompt = currentOf(record).scenes.find((s) => s.scene.id === task.subject)?.prompt;
  const model = imageModel(task.model ?? "");
  if (!prompt || !model)
    return failed(failure("prompt_gone", "The scene or its prompt does not exist any more."));
  const input = model.input({
    prompt: prompt.imagePrompt,
    negativePrompt: prompt.negativePrompt,
    aspectRatio: record.project.settings.aspectRatio,
    seed: seedOf(task.inputHash),
  });
  const id = deps.newId();
  return submit(step, { model: model.name, input }, (predictionId) => [
    {
      kind: "image",
      image: { ...assetRow(step, id, predictionId), promptId: prompt.id, origin: "generated" },
    },
  ]);
}
