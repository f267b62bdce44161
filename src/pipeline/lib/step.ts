import type { StepResult } from "../../domain/controller/settlement.ts";
import type { PredictedStage } from "../../domain/controller/stages/index.ts";
import type { ProjectRecord, Stage, Task } from "../../domain/record/record.ts";
import type { Deps } from "../../ports/deps.ts";
import type { Prediction } from "../../ports/providers.ts";

/** What a stage's step works with. */
export interface StepContext {
  /** Paid calls of `deps.providers` reject with `LeaseLost` once the lease may have expired. */
  deps: Deps;
  /** The claimed task. */
  task: Task;
  /** The project's record at the moment of the claim. */
  record: ProjectRecord;
  /** The database's clock (its time at the claim, moved on by ours): to compare with times of the record. */
  now: () => Date;
  /** Shows how much of the step is done, from 0 to 1, to the open feeds; not stored. */
  progress: (fraction: number) => void;
}

/** How a stage works that is never ordered as a prediction. */
interface DirectSteps {
  /** Works on a new attempt. */
  start(step: StepContext): Promise<StepResult>;
  collect?: never;
}

/** How a stage works that may be ordered as a prediction. */
export interface PredictedSteps {
  /** Works on a new attempt, or orders its prediction. */
  start(step: StepContext): Promise<StepResult>;
  /** Takes the output of the attempt's prediction, which succeeded. */
  collect(step: StepContext, prediction: Prediction): Promise<StepResult> | StepResult;
}

/** By its policy, a stage is ordered as a prediction or not: only then it has a `collect`, and must have it. */
export type StageSteps<S extends Stage = Stage> = S extends PredictedStage ? PredictedSteps : DirectSteps;

/** Forgetting a stage is a type error. */
export type StepsOfStages = { [S in Stage]: StageSteps<S> };
