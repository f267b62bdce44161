/**
 * The project's record: everything that decisions are made from, as Postgres stores it.
 * Song time is in whole frames at the project's frame rate, money in US dollars.
 */

import type { Approval, Clip, Film, Image, Prompt, Scene } from "./artifacts.ts";
import type { Project } from "./project.ts";
import type { Job, Task } from "./work.ts";

export * from "./artifacts.ts";
export type { Failure, FailureCode } from "./failures.ts";
export * from "./project.ts";
export * from "./settings.ts";
export * from "./song.ts";
export * from "./work.ts";

export interface ProjectRecord {
  /** The database's clock when the record was read; the only clock that decisions use. */
  readAt: Date;
  project: Project;
  scenes: Scene[];
  /** All versions: a prompt for earlier settings is current again when these return. */
  prompts: Prompt[];
  images: Image[];
  clips: Clip[];
  approvals: Approval[];
  films: Film[];
  jobs: Job[];
  /** Not every task of the project: see `tasksInRecord`. */
  tasks: Task[];
}
