/** A plan: the changes, messages and next look that the controller asks for. */
import { z } from "zod";
import { failure } from "../record/failures.ts";
import type { Job, JobStatus, ProjectStatus, Task, TaskStatus } from "../record/record.ts";

/**
 * How many tasks a job has and how many of them ended, as its payload stores them.
 * Parse a stored one before comparing it as text: Postgres does not keep the order of the members of a
 * `jsonb`.
 */
export const TaskCounts = z.object({ total: z.int(), succeeded: z.int(), failed: z.int() });
export type TaskCounts = z.infer<typeof TaskCounts>;

/** The tasks that failed, up to 100, as a job's result stores them. A code may be unknown to this version. */
export const JobResult = z.object({
  failed: z.array(
    z.object({
      task_id: z.string(),
      /** Null for work on the whole song. */
      scene_id: z.string().nullable(),
      /** Both null where the task does not say why. */
      code: z.string().nullable(),
      message: z.string().nullable(),
    }),
  ),
});
export type JobResult = z.infer<typeof JobResult>;

/** A change to the record. Those with `from` are applied only while the row is still in that state. */
export type Change =
  | { kind: "project"; status: ProjectStatus }
  | { kind: "job.create"; job: Job }
  | { kind: "job.update"; id: string; from: JobStatus; set: Partial<Omit<Job, "id">> }
  | { kind: "task.create"; task: Task }
  | {
      kind: "task.update";
      id: string;
      from: { status: TaskStatus; attempt: number };
      set: Partial<Omit<Task, "id">>;
      /** US dollars that leave the reservation, and how many of them count as spent; null: it stays. */
      release: { usd: number; spentUsd: number } | null;
    }
  /** Voids the approval for this reason; null: it is valid again. */
  | { kind: "approval"; id: string; voided: string | null };

export interface Plan {
  changes: Change[];
  /** Tasks to send a message for; heavy ones have a queue of their own. */
  dispatch: { taskId: string; heavy: boolean }[];
  /** When to plan again; null if nothing can happen until a person or a provider acts. */
  wakeAt: Date | null;
}

export interface PlanContext {
  newId: () => string;
  /** 0 to 1, the jitter of back-off. */
  random: () => number;
}

/** With the time at which the record was read. */
export type DecisionContext = PlanContext & { now: Date };

export const SUPERSEDED = failure("superseded", "What this would have made is no longer needed.");
