import { videoClips } from "../../db/schema.ts";
import { currentOf } from "../../domain/current.ts";
import { clipSeconds, seedOf } from "../../domain/inputs.ts";
import { clipModel } from "../../domain/models.ts";
import { failure } from "../../domain/tasks.ts";
import { assetRow } from "../assets.ts";
import { submit } from "../predictions.ts";
import { failed, type StepContext, type StepResult } from "../step.ts";
import { READ_BY_PROVIDER_SECONDS } from "./transcribe.ts";

/** Orders one scene's clip, from its approved picture. */
export async function generateClip(step: StepContext): Promise<StepResult> {
  const { deps, task, record } = step;
  const { settings } = record.project;
  const state = currentOf(record).scenes.find((s) => s.scene.id === task.subject);
  const model = clipModel(task.model ?? "");
  if (!state?.prompt || !state.image?.objectKey || !state.imageApproved || !model) return failed(NOT_READY);
  const seconds = clipSeconds(record.project, state.scene);
  if (seconds === null) return failed(TOO_LONG);
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
    deps.db.insert(videoClips).values({
      ...assetRow(step, id, predictionId),
      imageId: image.id,
      status: "pending",
    }),
  ]);
}

const NOT_READY = failure("image_not_approved", "The scene has no approved image any more.");
const TOO_LONG = failure("scene_too_long", "The scene is longer than any clip that the model makes.", {
  nextAction: "Choose another clip model, or shorter scenes.",
});
