/**
 * Heavy tasks: which they are, when the heavy gate is free, and what happens to a message that finds it
 * taken.
 */
import { STAGES, type Stage, type Task } from "../record/record.ts";
import { policyOf } from "./stages/index.ts";
import { REDISPATCH_MS, RENEW_MS } from "./tasks.ts";

export const HEAVY_STAGES: readonly Stage[] = STAGES.filter((stage) => policyOf(stage).heavy);

/** Whether claiming the task now would begin a new attempt of a heavy stage; a poll is not heavy. */
export const isHeavy = ({ type, status }: Pick<Task, "type" | "status">): boolean =>
  status === "pending" && HEAVY_STAGES.includes(type);

/**
 * The work that holds a heavy gate; `seenAt` is when it last reported, by the isolate's clock in
 * milliseconds.
 */
export interface Holder {
  seenAt: number;
}

/**
 * A holder reports every `RENEW_MS`. One that is silent for this long was ended by the platform, which runs
 * no `finally`: at fifteen minutes (Queues limits, "Consumer duration", page of 2026-02-13), or at its CPU
 * limit. Module state may outlive that: "that request will be canceled, but the script will be allowed to
 * continue serving other requests" (cloudflare/workers-docs, resource-limits.md; an older page, and no later
 * one was found that says it: not tried on the platform). Six intervals and not one, because work that
 * computes without a pause does not report either.
 */
export const SILENT_MS = 6 * RENEW_MS;

export const isFree = (holder: Holder | null, now: number): boolean =>
  holder === null || now - holder.seenAt >= SILENT_MS;

/** Delay of a requeued message. */
export const REQUEUE_SECONDS = 10;
/** After so many delays the plan sends a new message for a task that no worker has claimed. */
const MAX_REQUEUES = REDISPATCH_MS / (REQUEUE_SECONDS * 1000);

/**
 * What to do with a message that finds the heavy gate taken for the `times`th time (from 1). `back`: requeue
 * it. `drop`: do not, because the plan sends a new message by then; otherwise each waiting task would add a
 * message to the queue every half a minute. Messages have no order at the gate: each asks again every
 * `REQUEUE_SECONDS`, and the first that finds it free enters. The queue hands a message to any isolate, so a
 * place in line at this isolate might be kept for a message that runs in another one.
 */
export const requeue = (times: number): { kind: "back"; afterSeconds: number } | { kind: "drop" } =>
  times < MAX_REQUEUES ? { kind: "back", afterSeconds: REQUEUE_SECONDS } : { kind: "drop" };
