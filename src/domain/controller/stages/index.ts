/** The policy of every stage. */

import type { Stage } from "../../record/record.ts";
import { analyzeScenes } from "./analyze-scenes.ts";
import { assembleVideo } from "./assemble-video.ts";
import { generateClips } from "./generate-clips.ts";
import { generateImages } from "./generate-images.ts";
import { generatePrompts } from "./generate-prompts.ts";
import type { StagePolicies, StagePolicy } from "./policy.ts";
import { transcribe } from "./transcribe.ts";

const POLICIES = {
  transcribe,
  analyze_scenes: analyzeScenes,
  generate_prompts: generatePrompts,
  generate_images: generateImages,
  generate_clips: generateClips,
  assemble_video: assembleVideo,
} satisfies StagePolicies;

/** The stages whose work may be ordered as a prediction: those with a `cancelAfterSeconds`. */
export type PredictedStage = {
  [S in keyof typeof POLICIES]: (typeof POLICIES)[S]["cancelAfterSeconds"] extends null ? never : S;
}[keyof typeof POLICIES];

/** What the controller has to know about the stage. */
export const policyOf = (stage: Stage): StagePolicy => POLICIES[stage];
