/** Heavy work: what it is, who may begin it in an isolate, and what becomes of a message that may not. */
import { HEAVY_STAGES, type Task } from "../record/record.ts";
import { REDISPATCH_MS, RENEW_MS } from "./tasks.ts";

/** A new attempt of a heavy stage; a look at what a provider makes of one is light. */
export const isHeavy = ({ type, status }: Pick<Task, "type" | "status">): boolean =>
  status === "pending" && HEAVY_STAGES.includes(type);

/** Who is inside a gate; `seenAt` is the isolate's clock in milliseconds. */
export interface Holder {
  seenAt: number;
}

/**
 * A holder says that it lives every `RENEW_MS`; one that is silent this long was ended by the platform, which
 * runs no `finally`: at fifteen minutes (Queues limits, "Consumer duration", page of 2026-02-13), or at its CPU
 * limit. Module state may outlive that: "that request will be canceled, but the script will be allowed to
 * continue serving other requests" (cloudflare/workers-docs, resource-limits.md; an older page, and no later one
 * was found that says it: not tried on the platform). Six silences and not one: work that computes without a
 * pause is silent too.
 */
export const SILENT_MS = 6 * RENEW_MS;

export const isFree = (holder: Holder | null, now: number): boolean =>
  holder === null || now - holder.seenAt >= SILENT_MS;

/** How long a message that found the gate taken stays away. */
export const REQUEUE_SECONDS = 10;
/** By then the plan sends a message of its own for a task that nobody took. */
const MOST_TIMES = REDISPATCH_MS / (REQUEUE_SECONDS * 1000);

/**
 * What becomes of a message that found the gate taken, now for the time `times` (from 1): it comes back, or it is
 * dropped, since the plan has sent another by then; else every wait would add a message to the queue each half a
 * minute. All who wait ask every `AWAY_SECONDS`, and the first to ask goes: no places are kept, for the queue hands
 * a message to any isolate, and this one would wait for somebody who is served elsewhere.
 */
export const requeue = (times: number): { kind: "back"; afterSeconds: number } | { kind: "drop" } =>
  times < MOST_TIMES ? { kind: "back", afterSeconds: REQUEUE_SECONDS } : { kind: "drop" };
