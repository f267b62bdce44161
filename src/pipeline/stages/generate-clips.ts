import { currentOf } from "../../domain/controller/current.ts";
import { seedOf } from "../../domain/controller/inputs.ts";
import { isUnitOf } from "../../domain/controller/run-request.ts";
import { failedStep, type StepResult } from "../../domain/controller/settlement.ts";
import { chargedForClip, sizeDiffers } from "../../domain/controller/stages/generate-clips.ts";
import { clipModel, clipSecondsFor } from "../../domain/models/models.ts";
import { failure } from "../../domain/record/failures.ts";
import { clipKey } from "../../domain/record/keys.ts";
import type { Clip, Failure, ModelNotice } from "../../domain/record/record.ts";
import { readSafely, storedFile } from "../../media/lib/source.ts";
import type { Prediction } from "../../ports/providers.ts";
import { assetRow, PENDING_CLIP_FIELDS, pendingRow } from "../lib/assets.ts";
import { badOutput, copyOutput } from "../lib/output.ts";
import { orderPrediction, PROVIDER_URL_SECONDS } from "../lib/predictions.ts";
import type { StageSteps, StepContext } from "../lib/step.ts";

export const generateClips: StageSteps<"generate_clips"> = { start, collect };

/** Orders one scene's clip, made from its approved image. */
async function start(step: StepContext): Promise<StepResult> {
  const { deps, task, record } = step;
  const { settings } = record.project;
  const state = currentOf(record).scenes.find((s) => s.scene.id === task.subject);
  const model = clipModel(task.model ?? "");
  if (!state?.prompt || !state.image?.objectKey || !state.imageApproved || !model)
    return failedStep(NOT_READY);
  const seconds = clipSecondsFor(model, state.framesToBuy, settings.fps, settings.clipResolution);
  if (seconds === null) return { kind: "declined", failure: TOO_LONG, spent: false };
  const { prompt, image } = state;
  const input = model.input({
    prompt: prompt.motionPrompt,
    negativePrompt: prompt.negativePrompt,
    imageUrl: await deps.storage.presignGet({
      key: state.image.objectKey,
      expiresSeconds: PROVIDER_URL_SECONDS,
      now: deps.now(),
    }),
    seconds,
    resolution: settings.clipResolution,
    aspectRatio: settings.aspectRatio,
    seed: seedOf(task.inputHash),
  });
  const id = deps.newId();
  return orderPrediction(step, { model: model.name, input }, (predictionId) => [
    {
      kind: "clip",
      clip: { ...assetRow(step, id, predictionId), ...PENDING_CLIP_FIELDS, imageId: image.id },
    },
  ]);
}

const NOT_READY = failure("image_not_approved", "The scene no longer has an approved image.");
const TOO_LONG = failure(
  "scene_too_long",
  "The scene is longer than the longest clip that the model makes.",
  {
    nextAction: "Choose another clip model, or shorter scenes.",
  },
);

const MAX_CLIP_BYTES = 256 * 1024 * 1024;

/** Collects a finished clip: copies it into the bucket, counts its frames, and completes its row. */
async function collect(step: StepContext, prediction: Prediction): Promise<StepResult> {
  const { deps, task, record } = step;
  const { project } = record;
  const row = pendingRow(record.clips, step);
  const imageId = row?.imageId ?? record.images.find((image) => image.id === task.imageId)?.id;
  // The image that the clip was made from is deleted: the clip is not kept, and was paid for.
  if (!imageId) return { kind: "completed", facts: [], costUsd: task.costEstimatedUsd };
  const id = row?.id ?? deps.newId();
  const copied = await copyOutput(step, prediction, {
    key: clipKey(project.ownerId, project.id, id),
    contentType: "video/mp4",
    maxBytes: MAX_CLIP_BYTES,
  });
  if (!copied.ok) return copied.result;
  const { object } = copied;
  const file = storedFile(deps.storage, object);
  const inspected = await deps.media.inspectClip(file);
  if (!inspected.ok) {
    await deps.storage.delete([object.key]);
    return badOutput(inspected.failure);
  }
  const { width, height, frames, fps, codec, decoderConfig } = inspected.clip;
  const current = currentOf(record);
  // A clip that an edit made stale is kept, in case the edit is undone. It need not fit the other clips' size
  // now.
  const counts = current.units.some((unit) => isUnitOf(unit, task));
  const [film] = current.scenes.flatMap((s) => (s.scene.id === task.subject ? [] : (s.clip ?? [])));
  if (counts && film && (film.width !== width || film.height !== height)) {
    await deps.storage.delete([object.key]);
    const why = sizeDiffers(film, { width, height, model: task.model });
    return {
      ...badOutput(why),
      costUsd: costOf(step, prediction),
      ...measured(step, { width, height }, why),
    };
  }
  // Unreadable provenance is no reason to reject a clip that can be used.
  const said = await readSafely(file, () => deps.media.clipProvenance(file));
  const clip: Clip = {
    ...assetRow(step, id, prediction.id),
    imageId,
    status: "completed",
    objectKey: object.key,
    etag: object.etag,
    bytes: object.bytes,
    contentType: "video/mp4",
    provenance: said.ok ? said.value : null,
    width,
    height,
    frames,
    fps,
    codec,
    decoderConfig,
  };
  return { kind: "completed", facts: [{ kind: "clip", clip }], costUsd: costOf(step, prediction) };
}

/**
 * A notice of the size that the model really makes, for a clip that can't join the others. The first clip
 * decides the film's size.
 */
function measured(
  { task, now }: StepContext,
  size: { width: number; height: number },
  { message }: Failure,
): { notice?: ModelNotice } {
  const { type: stage, model, outputForm } = task;
  if (model === null) return {};
  return {
    notice: { kind: "measured", stage, model, outputForm, ...size, message, at: now().toISOString() },
  };
}

/** In US dollars, by the length that the provider reports; the estimate where it reports none. */
const costOf = ({ task }: StepContext, { videoSeconds }: Prediction): number =>
  videoSeconds === null
    ? task.costEstimatedUsd
    : chargedForClip(task.model, task.costEstimatedUsd, videoSeconds);
