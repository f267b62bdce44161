import type { Stage } from "../domain/record.ts";
import type { StepResult } from "../domain/settlement.ts";
import type { StepContext } from "./step.ts";
import { analyzeScenes } from "./steps/analyze-scenes.ts";
import { assembleVideo } from "./steps/assemble-video.ts";
import { collect } from "./steps/collect.ts";
import { generateClip } from "./steps/generate-clip.ts";
import { generateImage } from "./steps/generate-image.ts";
import { generatePrompt } from "./steps/generate-prompt.ts";
import { transcribe } from "./steps/transcribe.ts";

const STEPS: Record<Stage, (step: StepContext) => Promise<StepResult>> = {
  transcribe,
  analyze_scenes: analyzeScenes,
  generate_prompts: generatePrompt,
  generate_images: generateImage,
  generate_clips: generateClip,
  assemble_video: assembleVideo,
};

/** A new attempt starts its stage's step; a prediction under way is looked at. */
export const runStep = (step: StepContext, was: "pending" | "waiting"): Promise<StepResult> =>
  was === "waiting" ? collect(step) : STEPS[step.task.type](step);
