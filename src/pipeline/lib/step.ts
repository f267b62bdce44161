import type { ProjectRecord, Task } from "../../domain/record/record.ts";
import type { Deps } from "../../ports/deps.ts";

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
