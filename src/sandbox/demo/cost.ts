import { clipCostUsd, clipModel, imageCostUsd, imageModel } from "../../domain/models.ts";
import type { View } from "./view.ts";
import type { Project } from "./wire.ts";

/** US dollars that the images and clips would have cost at the real providers' list prices. */
export function wouldHaveCost(settings: Project["settings"], view: View): { images: number; clips: number } {
  const image = imageModel(settings.image_model);
  const clip = clipModel(settings.clip_model);
  const clips = [...view.clip.values()].map(({ duration_seconds }) => {
    if (!clip || duration_seconds === null) return 0;
    return clipCostUsd(clip, nearest(clip.seconds, duration_seconds), settings.clip_resolution);
  });
  return {
    images: image ? view.image.size * imageCostUsd(image, "16:9") : 0,
    clips: clips.reduce((sum, usd) => sum + usd, 0),
  };
}

/** Files are a frame or so off the length that was bought. */
function nearest(lengths: readonly number[], seconds: number): number {
  return [...lengths].sort((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds))[0] ?? seconds;
}
