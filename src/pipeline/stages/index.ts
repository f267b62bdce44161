/** How every stage works. */

import type { Stage } from "../../domain/record/record.ts";
import type { PredictedSteps, StageSteps, StepsOfStages } from "../lib/step.ts";
import { analyzeScenes } from "./analyze-scenes.ts";
import { assembleVideo } from "./assemble-video.ts";
import { generateClips } from "./generate-clips.ts";
import { generateImages } from "./generate-images.ts";
import { generatePrompts } from "./generate-prompts.ts";
import { transcribe } from "./transcribe.ts";

const STEPS: StepsOfStages = {
  transcribe,
  analyze_scenes: analyzeScenes,
  generate_prompts: generatePrompts,
  generate_images: generateImages,
  generate_clips: generateClips,
  assemble_video: assembleVideo,
};

/** Works on a new attempt of the stage. */
export const starterOf = (stage: Stage): StageSteps["start"] => STEPS[stage].start;

/**
 * Takes the output of the stage's predictions. Throws for a stage that is never ordered as a prediction:
 * there is a defect if one of its tasks waits for one.
 */
export function collectorOf(stage: Stage): PredictedSteps["collect"] {
  const { collect } = STEPS[stage];
  if (!collect) throw new Error(`The stage ${stage} is never ordered as a prediction`);
  return collect;
}
