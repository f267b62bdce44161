/**
 * The models that images and clips are bought from: what each takes, delivers and costs. Import them from
 * here.
 */
export {
  type ClipModel,
  clipCostUsd,
  clipFrameLengths,
  clipFrameRange,
  clipLengths,
  clipResolution,
  clipSecondsFor,
  clipsJoin,
  makesRatio,
} from "./clip-model.ts";
export { CLIP_MODEL_NAMES, clipModel, isRetired, RETIRED_CLIP_MODELS } from "./clip-models.ts";
export { IMAGE_MODEL_NAMES, type ImageModel, imageCostUsd, imageModel } from "./image-models.ts";
