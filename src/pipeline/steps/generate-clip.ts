import { currentOf } from "../../domain/current.ts";
import { seedOf } from "../../domain/inputs.ts";
import { clipModel, clipSecondsFor } from "../../domain/models.ts";
import { failed, type StepResult } from "../../domain/settlement.ts";
import { failure } from "../../domain/tasks.ts";
import { assetRow, NO_CLIP_YET } from "../assets.ts";
import { submit } from "../predictions.ts";
import type { StepContext } from "../step.ts";
import { READ_BY_PROVIDER_SECONDS } from "./transcribe.ts";

/** Orders one scene's clip, from its approved picture. */
export async function generateClip(step: StepContext): Promise<StepResult> {
  const { deps, task, record } = step;
  const { settings } = record.project;
  const state = currentOf(record).scenes.find((s) => s.scene.id === task.subject);
  const model = clipModel(task.model ?? "");
  if (!state?.prompt || !state.image?.objectKey || !state.imageApproved || !model) return failed(NOT_READY);
  const seconds = clipSecondsFor(model, state.footage, settings.fps, settings.clipResolution);
  if (seconds === null) return { kind: "declined", failure: TOO_LONG, spent: false };
  const { prompt, image } = state;
  const input = model.input({
    prompt: prompt.motionPrompt,
    negativePrompt: prompt.negativePrompt,
    imageUrl: await deps.storage.presignGet({
      key: state.image.objectKey,
      expiresSeconds: READ_BY_PROVIDER_SECONDS,
      now: deps.now(),
    }),
    seconds,
    resolution: settings.clipResolution,
    aspectRatio: settings.aspectRatio,
    seed: seedOf(task.inputHash),
  });
  const id = deps.newId();
  return submit(step, { model: model.name, input }, (predictionId) => [
    { kind: "clip", clip: { ...assetRow(step, id, predictionId), ...NO_CLIP_YET, imageId: image.id } },
  ]);
}

const NOT_READY = failure("image_not_approved", "The scene has no approved image any more.");
const TOO_LONG = failure("scene_too_long", "The scene is longer than any clip that the model makes.", {
  nextAction: "Choose another clip model, or shorter scenes.",
});
