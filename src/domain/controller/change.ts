/** What a plan asks for. */
import { z } from "zod";
import type { Job, JobStatus, ProjectStatus, Task, TaskStatus } from "../record/record.ts";
import { failure } from "./tasks.ts";

/** Parsed before it is compared: Postgres keeps the members of a `jsonb` in an order of its own. */
export const TaskCounts = z.object({ total: z.int(), succeeded: z.int(), failed: z.int() });
export type TaskCounts = z.infer<typeof TaskCounts>;

/** Each change names what it saw, and is applied only while that still holds. */
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
      /** What leaves the reservation, in US dollars, and how much of it counts as spent. */
      release: { usd: number; spentUsd: number } | null;
    }
  /** It binds nothing for now, for this reason; null: it binds again. */
  | { kind: "approval"; id: string; voided: string | null };

export interface Plan {
  changes: Change[];
  /** Tasks to wake a worker for; heavy ones by a queue of their own. */
  dispatch: { taskId: string; heavy: boolean }[];
  /** When to look again, or null where nothing can happen without somebody acting. */
  wakeAt: Date | null;
}

export interface PlanContext {
  newId: () => string;
  /** 0 to 1, for back-off. */
  random: () => number;
}

/** A plan's context at the time that the record was read. */
export type DecisionContext = PlanContext & { now: Date };

export const SUPERSEDED = failure("superseded", "What this would have made is no longer needed.");
