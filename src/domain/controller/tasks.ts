/**
 * Times, limits and states of a task: leases, waits, tries, and the failures that people must decide about.
 */
import { failure } from "../record/failures.ts";
import {
  type Failure,
  type Job,
  OPEN_JOB_STATUSES,
  OPEN_TASK_STATUSES,
  type Task,
} from "../record/record.ts";

/**
 * A worker renews its lease every `RENEW_MS` while it works; one that does not for this long is taken for
 * dead.
 */
export const LEASE_MS = 30_000;
export const RENEW_MS = 10_000;
/** A message whose task was not claimed is sent again after this time. */
export const REDISPATCH_MS = 30_000;
/**
 * Replicate ends a run after 30 minutes (replicate.com/docs/topics/predictions/lifecycle); after this time no
 * result can come.
 */
export const WAIT_LIMIT_MS = 40 * 60_000;
/**
 * If a create was not answered and the provider's list does not show the order this long after it was sent,
 * it was never accepted: the call itself ends after 30 seconds, and the list shows the order within a few
 * more.
 */
export const UNKNOWN_RESOLVED_AFTER_MS = 75_000;

/**
 * Failures after which a task leaves its supplier, the last one too; and those that work which is not bought
 * may have.
 */
export const MAX_SUPPLIER_FAILURES = 3;
export const MAX_OWN_FAILURES = 6;
/**
 * How long a task may be throttled before it fails: a throttled call costs nothing, so it is tried again for
 * a day.
 */
export const THROTTLED_LIMIT_MS = 24 * 3_600_000;
const BASE_MS = 2_000;
const CAP_MS = 120_000;

/** Whether the work is a prediction of Replicate's: it takes long, and the provider's list finds it again. */
export const isPrediction = (task: Pick<Task, "provider">): boolean => task.provider === "replicate";

/** Full-jitter back-off in milliseconds after `tries` failures in a row; `random` is 0 to 1. */
export const backoffMs = (tries: number, random: number): number =>
  Math.round(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, tries - 1)));

export const isOpen = (task: Pick<Task, "status">): boolean =>
  OPEN_TASK_STATUSES.some((status) => status === task.status);

export const isOpenJob = (job: Pick<Job, "status">): boolean =>
  OPEN_JOB_STATUSES.some((status) => status === job.status);

/**
 * Milliseconds until the next poll of a prediction of this age whose webhook has not come: often at first,
 * then seldom.
 */
export const pollIntervalMs = (ageMs: number): number =>
  ageMs < 60_000 ? 5_000 : ageMs < 300_000 ? 15_000 : 30_000;

/** The failure of what the person canceled. */
export const CANCELED = failure("canceled", "It was canceled.", { retryable: true });

/** How many of a project's newest tasks are read even if no decision needs them. */
export const NEWEST_TASKS_READ = 2_000;

/**
 * The tasks of a project that a record holds: the open ones, those of open jobs and of the present run, those
 * with an unknown outcome or refused by moderation and not retried, the one with the id `claimedId`, and the
 * `NEWEST_TASKS_READ` newest. The store reads exactly these.
 */
export function tasksInRecord(
  {
    runNumber,
    jobs,
    tasks,
  }: { runNumber: number; jobs: readonly Pick<Job, "id" | "status">[]; tasks: readonly Task[] },
  claimedId?: string,
): Task[] {
  if (tasks.length <= NEWEST_TASKS_READ) return [...tasks];
  const openJobs = new Set(jobs.filter(isOpenJob).map((job) => job.id));
  const newest = new Set(
    tasks
      .map((task) => task.id)
      .sort()
      .slice(-NEWEST_TASKS_READ),
  );
  return tasks.filter(
    (task) =>
      isOpen(task) ||
      openJobs.has(task.jobId) ||
      task.runNumber === runNumber ||
      (task.retriedAt === null && (needsDecision(task) || isRefused(task))) ||
      task.id === claimedId ||
      newest.has(task.id),
  );
}

export const PROVIDER_REFUSED = "provider_refused";
/** Whether moderation refused the prompt or the image: asking again with the same inputs is refused again. */
export const isRefused = (task: Pick<Task, "status" | "error">): boolean =>
  task.status === "failed" && task.error?.code === PROVIDER_REFUSED;

export const OUTCOME_UNKNOWN = "outcome_unknown";
/**
 * Whether the task may have been paid for, which can't be found out: only the person may have it made again.
 */
export const needsDecision = (task: Pick<Task, "status" | "error">): boolean =>
  task.status === "failed" && task.error?.code === OUTCOME_UNKNOWN;

export const outcomeUnknown = (task: Pick<Task, "costEstimatedUsd">): Failure =>
  failure(
    OUTCOME_UNKNOWN,
    `It is unknown whether the provider did the work. Up to $${task.costEstimatedUsd.toFixed(4)} may have been charged.`,
    {
      retryable: true,
      nextAction: "Retry this task, which may then be paid for twice, or leave it as it is.",
    },
  );
