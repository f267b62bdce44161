import type { StepResult } from "../domain/controller/settlement.ts";
import { collect } from "./collect.ts";
import type { StepContext } from "./lib/step.ts";
import { starterOf } from "./stages/index.ts";

/** Starts a new attempt of the stage, and polls the prediction of one under way. */
export const runStep = (step: StepContext, was: "pending" | "waiting"): Promise<StepResult> =>
  was === "waiting" ? collect(step) : starterOf(step.task.type)(step);
