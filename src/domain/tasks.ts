/** The life of one task: how long it may hold a lease, when it is tried again, when it is given up. */
import type { Failure, Stage, Task } from "./record.ts";

/** A worker renews its lease while it works; one that is silent this long is taken for dead. */
export const LEASE_MS = 30_000;
export const RENEW_MS = 10_000;
/** A wake-up for a task that was sent and not taken is sent again after this. */
export const REDISPATCH_MS = 30_000;
/** Replicate ends a run after 30 minutes (providers.md 3.2); past this nothing more can come. */
export const WAIT_LIMIT_MS = 40 * 60_000;
/** An unanswered create that the provider's list does not show after this was never accepted. */
export const UNKNOWN_RESOLVED_AFTER_MS = 90_000;

const MAX_ATTEMPTS = 6;
/** A throttled call bought nothing and says when to come back: patience costs nothing. */
const MAX_THROTTLED = 60;
const BASE_MS = 2_000;
const CAP_MS = 120_000;

/** Stages whose work is bought from Replicate: long, and found again by the provider's list. */
export const isPredicted = (task: Pick<Task, "provider">): boolean => task.provider === "replicate";

/** Full-jitter back-off in milliseconds; `random` is 0 to 1. */
const backoffMs = (attempt: number, random: number): number =>
  Math.round(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, attempt - 1)));

export const isOpen = (task: Pick<Task, "status">): boolean =>
  task.status === "pending" || task.status === "running" || task.status === "waiting";

/** How often to look at a prediction whose webhook has not come: soon at first, then seldom. */
export const pollAfterMs = (ageMs: number): number =>
  ageMs < 60_000 ? 5_000 : ageMs < 300_000 ? 15_000 : 30_000;

/** `Cancel-After` of a create, which bounds what an orphan can cost. */
export const cancelAfterSeconds = (stage: Stage): number => (stage === "generate_images" ? 600 : 1_800);

export type NextTry = { kind: "again"; runAfter: Date } | { kind: "give_up" };

/** Whether a failed attempt is followed by another, and when. */
export function nextTry(
  task: Pick<Task, "attempt">,
  cause: { retryable: boolean; throttled: boolean; afterSeconds: number | null },
  now: Date,
  random: number,
): NextTry {
  const most = cause.throttled ? MAX_THROTTLED : MAX_ATTEMPTS;
  if (!cause.retryable || task.attempt >= most) return { kind: "give_up" };
  const wait = backoffMs(cause.throttled ? 1 : task.attempt, random) + (cause.afterSeconds ?? 0) * 1000;
  return { kind: "again", runAfter: new Date(now.getTime() + wait) };
}

export const failure = (
  code: string,
  message: string,
  options: { retryable?: boolean; nextAction?: string } = {},
): Failure => ({
  code,
  message,
  retryable: options.retryable ?? false,
  nextAction: options.nextAction ?? null,
});
