import { imageCostUsd, imageModel } from "../../models/models.ts";
import type { StagePolicy } from "./policy.ts";

export const generateImages = {
  summary: "one for each scene",
  heavy: false,
  cancelAfterSeconds: 600,
  trialLimited: true,
  outputForm: ({ aspectRatio }) => aspectRatio,
  units: ({ scenes }) =>
    scenes.flatMap(({ scene, prompt, softening, image, imageHash, borrowed }) =>
      !borrowed && !softening && prompt && !image && imageHash
        ? [{ subject: scene.id, inputHash: imageHash }]
        : [],
    ),
  isDone: ({ scenes }) => scenes.length > 0 && scenes.every((s) => s.image),
  isMissing: ({ image, borrowed }) => !image && !borrowed,
  awaitsApproval: null,
  offersRefused: false,
  offers: ({ project: { settings } }) =>
    [...new Set([settings.imageModel, ...settings.imageFallbacks])].flatMap((name) => {
      const model = imageModel(name);
      const usd = model && imageCostUsd(model, settings.aspectRatio);
      return usd === undefined ? [] : [{ provider: "replicate", model: name, estimateUsd: usd }];
    }),
} satisfies StagePolicy;
