/** The stages, and the jobs and tasks that do their work. Money in US dollars. */
import { z } from "zod";

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

/** Stages whose attempts hold a large part of an isolate's memory at once: an isolate runs one at a time. */
export const HEAVY_STAGES: readonly Stage[] = ["transcribe", "assemble_video"];

export const JOB_STATUSES = ["pending", "running", "completed", "failed", "canceled"] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

export const TASK_STATUSES = ["pending", "running", "waiting", "succeeded", "failed", "canceled"] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];

export const CHARGED = ["no", "yes", "unknown"] as const;

export type Charged = (typeof CHARGED)[number];

/** What went wrong, for the person who reads it: what, whether trying again can help, what to do. */
export const Failure = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  nextAction: z.string().nullable(),
});

export type Failure = z.infer<typeof Failure>;

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

/** How one attempt of a task ended, where it did not bring the artifact. */
export interface FailedAttempt {
  attempt: number;
  at: string;
  provider: string | null;
  model: string | null;
  code: string;
  message: string;
  charged: Charged;
}

/** One unit of a job: the claim, the retry counter and the purchase record in one row. */
export interface Task {
  id: string;
  jobId: string;
  projectId: string;
  type: Stage;
  /** A scene's id, or the project's id for work on the whole song. */
  subject: string;
  /** The picture that a clip is made from. */
  imageId: string | null;
  /** The settings that decide the form of what is made: see `termsOf`. */
  outputForm: string;
  status: TaskStatus;
  /** Counts every claim: the fence of whoever works on it. */
  attempt: number;
  /** Attempts that the present supplier has spoiled: waits for our turn do not count. */
  supplierFailures: number;
  /** Which of the stage's suppliers it is with, from 0. */
  supplierIndex: number;
  /** Of the claim under way or the last one: tells a lost answer's outcome. */
  claimId: string | null;
  /** The project's run that it was made for. */
  runNumber: number;
  /** The provider was, or is to be, asked to stop. */
  cancelRequested: boolean;
  /** The newest attempts that failed, oldest first. */
  failedAttempts: FailedAttempt[];
  /** When the person asked for it again: it blocks nothing any more. */
  retriedAt: Date | null;
  /** Pending: not before this. Waiting: when to look at the provider next. */
  runAfter: Date;
  dispatchedAt: Date | null;
  leaseUntil: Date | null;
  claimedAt: Date | null;
  provider: string | null;
  model: string | null;
  providerRequestId: string | null;
  inputHash: string;
  costEstimatedUsd: number;
  costChargedUsd: number | null;
  charged: Charged;
  error: Failure | null;
  createdAt: Date;
  updatedAt: Date;
}
