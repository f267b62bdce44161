import type { StepResult } from "../domain/controller/settlement.ts";
import type { Stage } from "../domain/record/record.ts";
import { collect } from "./collect.ts";
import type { StepContext } from "./lib/step.ts";
import { analyzeScenes } from "./stages/analyze-scenes.ts";
import { assembleVideo } from "./stages/assemble-video.ts";
import { generateClip } from "./stages/generate-clips.ts";
import { generateImage } from "./stages/generate-images.ts";
import { generatePrompt } from "./stages/generate-prompts.ts";
import { transcribe } from "./stages/transcribe.ts";

const STEPS: Record<Stage, (step: StepContext) => Promise<StepResult>> = {
  transcribe,
  analyze_scenes: analyzeScenes,
  generate_prompts: generatePrompt,
  generate_images: generateImage,
  generate_clips: generateClip,
  assemble_video: assembleVideo,
};

/** Runs the stage's step for a new attempt, and polls the prediction of one under way. */
export const runStep = (step: StepContext, was: "pending" | "waiting"): Promise<StepResult> =>
  was === "waiting" ? collect(step) : STEPS[step.task.type](step);
