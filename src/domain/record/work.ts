/** The stages, and the jobs and tasks of their work. Money in US dollars. */
import { z } from "zod";
import type { Failure, FailureCode } from "./failures.ts";

/**
 * In their order. All else about a stage is declared in `src/domain/controller/stages/` (what is decided) and
 * `src/pipeline/stages/` (what is done).
 */
export const STAGES = [
  "transcribe",
  "analyze_scenes",
  "generate_prompts",
  "generate_images",
  "generate_clips",
  "assemble_video",
] as const;

export const Stage = z.enum(STAGES);

export type Stage = z.infer<typeof Stage>;

export const JOB_STATUSES = ["pending", "running", "completed", "failed", "canceled"] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** An open job may still get tasks, and a stage of a project has at most one. */
export const OPEN_JOB_STATUSES = ["pending", "running"] as const satisfies readonly JobStatus[];

export const TASK_STATUSES = ["pending", "running", "waiting", "succeeded", "failed", "canceled"] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];

/** An open task can still change without a person's request. */
export const OPEN_TASK_STATUSES = ["pending", "running", "waiting"] as const satisfies readonly TaskStatus[];

export const CHARGED = ["no", "yes", "unknown"] as const;

export type Charged = (typeof CHARGED)[number];

export interface Job {
  id: string;
  projectId: string;
  type: Stage;
  status: JobStatus;
  /** 0 to 100. */
  progress: number;
  payload: Record<string, unknown>;
  result: Record<string, unknown> | null;
  error: Failure | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** One attempt of a task that failed. */
export interface FailedAttempt {
  attempt: number;
  /** ISO 8601. */
  at: string;
  provider: string | null;
  model: string | null;
  /** May be unknown to this version, as in `Failure`. */
  code: FailureCode;
  message: string;
  charged: Charged;
}

/** One unit of a job: its claim, its count of attempts and the record of what was bought for it. */
export interface Task {
  id: string;
  jobId: string;
  projectId: string;
  type: Stage;
  /** A scene's id, or the project's id for work on the whole song. */
  subject: string;
  /** The image that a clip is made from; null for other stages. */
  imageId: string | null;
  /** See `outputFormOf`. */
  outputForm: string;
  status: TaskStatus;
  /** Number of the current attempt, from 1. The fence compares it and `claimId`. */
  attempt: number;
  /** Failed attempts of the current supplier; being rate limited does not count. */
  supplierFailures: number;
  /** Index of the current supplier in the list of `suppliersOf`. */
  supplierIndex: number;
  /** The current claim or the last one; shows whether a claim whose answer was lost was made. */
  claimId: string | null;
  /** The run of the project in which the task was created. */
  runNumber: number;
  /** Whether the provider was, or is to be, asked to stop. */
  cancelRequested: boolean;
  /** The newest attempts that failed, oldest first. */
  failedAttempts: FailedAttempt[];
  /** When the person retried it; from then on the ended task does not block the same work. */
  retriedAt: Date | null;
  /** Pending: the earliest time of the next claim. Waiting: the time of the next poll. */
  runAfter: Date;
  /** When its message was last sent to the queue; null if a new one is to be sent. */
  dispatchedAt: Date | null;
  leaseUntil: Date | null;
  /** When the current attempt was claimed; moved to when its order was, or may have been, sent. */
  claimedAt: Date | null;
  provider: string | null;
  model: string | null;
  /** The provider's id of the order; null if there is none or it is not known yet. */
  providerRequestId: string | null;
  inputHash: string;
  costEstimatedUsd: number;
  costChargedUsd: number | null;
  charged: Charged;
  error: Failure | null;
  createdAt: Date;
  updatedAt: Date;
}
