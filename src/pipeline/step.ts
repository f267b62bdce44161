import type { Deps } from "../deps.ts";
import type { ProjectRecord, Task } from "../domain/record/record.ts";

export interface StepContext {
  deps: Deps;
  task: Task;
  record: ProjectRecord;
  /** The database's clock by now: for what is compared with the record's times. */
  now: () => Date;
  /** 0 to 1; shown to whoever watches, never stored. */
  progress: (fraction: number) => void;
}
