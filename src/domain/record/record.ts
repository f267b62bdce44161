/**
 * The project's record: every fact that decisions are made from, as Postgres holds it.
 * Song time is in whole frames at the project's frame rate; money in US dollars.
 */

import type { Approval, Clip, Film, Image, Prompt, Scene } from "./artifacts.ts";
import type { Project } from "./project.ts";
import type { Job, Task } from "./work.ts";

export * from "./artifacts.ts";
export * from "./project.ts";
export * from "./settings.ts";
export * from "./song.ts";
export * from "./work.ts";

export interface ProjectRecord {
  /** The database's clock when it was read: the one time that decisions are made by. */
  readAt: Date;
  project: Project;
  scenes: Scene[];
  /** Every version: one that was written for other settings counts again when they return. */
  prompts: Prompt[];
  images: Image[];
  clips: Clip[];
  approvals: Approval[];
  films: Film[];
  jobs: Job[];
  /** Those that decisions are made from: see `tasksRead`. */
  tasks: Task[];
}
