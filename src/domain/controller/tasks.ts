/** The life of one task: how long it may hold a lease, how long it waits, how often it is tried. */
import type { Failure, Job, Stage, Task } from "../record/record.ts";
import { storable } from "../record/text.ts";

/** A worker renews its lease while it works; one that is silent this long is taken for dead. */
export const LEASE_MS = 30_000;
export const RENEW_MS = 10_000;
/** A wake-up for a task that was sent and not taken is sent again after this. */
export const REDISPATCH_MS = 30_000;
/** Replicate ends a run after 30 minutes (replicate.com/docs/topics/predictions/lifecycle); past this nothing more can come. */
export const WAIT_LIMIT_MS = 40 * 60_000;
/**
 * An unanswered create that the provider's list does not show this long after it was sent was never
 * accepted: the call itself ends after 30 seconds, and the list is there within a few more.
 */
export const UNKNOWN_RESOLVED_AFTER_MS = 75_000;

/** Tries of each supplier, the last one too; and of work that is bought from nobody. */
export const MOST_SUPPLIER_FAILURES = 3;
export const MOST_OWN_FAILURES = 6;
/** A throttled call bought nothing and says when to come back: patience costs nothing, for a day. */
export const THROTTLED_LIMIT_MS = 24 * 3_600_000;
const BASE_MS = 2_000;
const CAP_MS = 120_000;

/** Stages whose work is bought from Replicate: long, and found again by the provider's list. */
export const isPredicted = (task: Pick<Task, "provider">): boolean => task.provider === "replicate";

/** Full-jitter back-off in milliseconds before the try after `tries` failed ones; `random` is 0 to 1. */
export const backoffMs = (tries: number, random: number): number =>
  Math.round(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, tries - 1)));

export const isOpen = (task: Pick<Task, "status">): boolean =>
  task.status === "pending" || task.status === "running" || task.status === "waiting";

export const isOpenJob = (job: Pick<Job, "status">): boolean =>
  job.status === "pending" || job.status === "running";

/** How often to look at a prediction whose webhook has not come: soon at first, then seldom. */
export const pollIntervalMs = (ageMs: number): number =>
  ageMs < 60_000 ? 5_000 : ageMs < 300_000 ? 15_000 : 30_000;

/** `Cancel-After` of a create, which bounds what an orphan can cost. */
export const cancelAfterSeconds = (stage: Stage): number => (stage === "generate_images" ? 600 : 1_800);

/** Of a failure's message, which may carry a provider's own words. */
const MOST_CHARACTERS = 2_000;

export const failure = (
  code: string,
  message: string,
  options: { retryable?: boolean; nextAction?: string } = {},
): Failure => ({
  code,
  message: storable(message, MOST_CHARACTERS),
  retryable: options.retryable ?? false,
  nextAction: options.nextAction ?? null,
});

/** What ends with the person's own word. */
export const CANCELED = failure("canceled", "It was canceled.", { retryable: true });

/** Ended tasks of earlier runs that are read beside those that count: enough for people to look back. */
export const TASKS_READ = 2_000;

/**
 * The tasks of a record that decisions are made from, of all that a project ever had: open ones, those of open
 * jobs and of the present run, those that wait for the person's word or for softer words, the one that was
 * just claimed, and the newest. The store reads exactly these, however many there are.
 */
export function tasksRead(
  {
    runNumber,
    jobs,
    tasks,
  }: { runNumber: number; jobs: readonly Pick<Job, "id" | "status">[]; tasks: readonly Task[] },
  claimedId?: string,
): Task[] {
  if (tasks.length <= TASKS_READ) return [...tasks];
  const openJobs = new Set(jobs.filter(isOpenJob).map((job) => job.id));
  const newest = new Set(
    tasks
      .map((task) => task.id)
      .sort()
      .slice(-TASKS_READ),
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

export const REFUSED = "provider_refused";
/** Moderation turned down the words or the picture: the same again is refused again. */
export const isRefused = (task: Pick<Task, "status" | "error">): boolean =>
  task.status === "failed" && task.error?.code === REFUSED;

export const OUTCOME_UNKNOWN = "outcome_unknown";
/** It may have been paid for and nobody can tell: only the person may have it made again. */
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
