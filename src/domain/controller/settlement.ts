/** Step results, and their settlement: what is written for each. */

import type {
  BeatGrid,
  Clip,
  CoverCertificate,
  Failure,
  Film,
  Image,
  Lyrics,
  ModelNotice,
  Prompt,
  Proposal,
  Scene,
  Task,
  TranscribedPart,
} from "../record/record.ts";
import { SUPERSEDED } from "./change.ts";
import { isUnusableOutputForm } from "./model-health.ts";
import {
  delayTask,
  failTask,
  onFailedAttempt,
  onOutcomeUnknown,
  onThrottled,
  type RetryContext,
} from "./recovery.ts";
import { CANCELED } from "./tasks.ts";

/** Something that an attempt made or found out. It is committed together with its task or not at all. */
export type Fact =
  /** Committed only while the song still has this etag. */
  | { kind: "lyrics"; lyrics: Lyrics; lyricsHash: string; transcriptText: string; audioEtag: string }
  /** The transcript of a part of the song. */
  | { kind: "partial_transcription"; part: TranscribedPart; audioEtag: string }
  /**
   * Replaces all scenes, only while the song still has this etag. Scenes that keep their id keep their
   * artifacts, and a tapped beat grid is kept.
   */
  | {
      kind: "scenes";
      scenes: Scene[];
      proposal: Proposal | null;
      cover: CoverCertificate;
      beat: BeatGrid | null;
      audioEtag: string;
    }
  | { kind: "prompt"; prompt: Prompt }
  /** The same id first with status `pending`, when it is ordered, and then `completed`, with its bytes. */
  | { kind: "image"; image: Image }
  | { kind: "clip"; clip: Clip }
  | { kind: "film"; film: Film }
  /** Replaces a notice with the same `noticeKey`. */
  | { kind: "notice"; notice: ModelNotice };

export type StepResult =
  /**
   * Done. `costUsd`, here and below, is in US dollars; null if the provider does not say, then the estimate
   * counts.
   */
  | { kind: "completed"; facts: Fact[]; costUsd: number | null }
  /** A part is done and paid for; the next attempt goes on from it. */
  | { kind: "partial"; facts: Fact[]; costUsd: number | null }
  /**
   * The provider works on it. `requestId`: null if not known yet. `sent`: the order was sent in this attempt
   * just now.
   */
  | { kind: "waiting"; requestId: string | null; pollAfterMs: number; facts: Fact[]; sent?: true }
  /** Rate limited by us, or held back as a trial order; nothing was sent. Try again after `afterMs`. */
  | { kind: "delayed"; afterMs: number }
  /** Its result is no longer needed; nothing was ordered. */
  | { kind: "superseded" }
  /** Not bought; another try may help. `throttled`: the provider answered 429. */
  | { kind: "retry"; failure: Failure; afterSeconds: number | null; throttled: boolean }
  /** Bought, but the result can't be used. `charged`: unknown if the provider may not have charged. */
  | {
      kind: "bad_output";
      failure: Failure;
      costUsd: number | null;
      charged: "yes" | "unknown";
      /** What the result shows about the model. */
      notice?: ModelNotice;
    }
  /** It is unknown whether it was bought. */
  | { kind: "unknown"; failure: Failure }
  /**
   * This supplier will not do it, but another one may. `spent`: it charged all the same, `costUsd` or the
   * estimate.
   */
  | { kind: "declined"; failure: Failure; spent: boolean; costUsd?: number | null }
  /**
   * It can't be done at all. `costUsd`: what finding that out cost (null: the estimate); absent if nothing.
   */
  | { kind: "failed"; failure: Failure; costUsd?: number | null }
  /** Canceled by the person while the provider worked on it. */
  | { kind: "canceled"; charged: "no" | "unknown" };

export const failedStep = (failure: Failure): StepResult => ({ kind: "failed", failure });

export interface Settlement {
  /** The columns of the task to set. */
  set: Partial<Omit<Task, "id">>;
  /**
   * What happens to the reservation: turned into spending (US dollars), given back, or kept while a provider
   * works.
   */
  reservation: { kind: "spend"; usd: number } | { kind: "free" } | { kind: "keep" };
  facts: Fact[];
}

/** The settlement of a step result. Pure. */
export function settlement(task: Task, result: StepResult, context: RetryContext): Settlement {
  const bought = task.costEstimatedUsd > 0;
  const estimate = { kind: "spend", usd: task.costEstimatedUsd } as const;
  const free = { reservation: { kind: "free" } as const, facts: [] };
  switch (result.kind) {
    case "completed": {
      const usd = result.costUsd ?? task.costEstimatedUsd;
      return {
        set: { status: "succeeded", error: null, charged: bought ? "yes" : "no", costChargedUsd: usd },
        reservation: { kind: "spend", usd },
        facts: result.facts,
      };
    }
    case "partial": {
      const usd = result.costUsd ?? task.costEstimatedUsd;
      return {
        set: {
          ...delayTask(task, 0, context.now),
          supplierFailures: 0,
          error: null,
          charged: bought ? "yes" : "no",
          costChargedUsd: usd,
        },
        reservation: { kind: "spend", usd },
        facts: result.facts,
      };
    }
    case "waiting":
      return {
        set: {
          status: "waiting",
          // Without an id in the answer, one that a webhook has brought in the meantime is kept.
          ...(result.requestId === null ? {} : { providerRequestId: result.requestId }),
          // The time that an order may take to appear at the provider is counted from when it was sent.
          ...(result.sent ? { claimedAt: context.now } : {}),
          runAfter: new Date(context.now.getTime() + result.pollAfterMs),
        },
        reservation: { kind: "keep" },
        facts: result.facts,
      };
    case "superseded":
      return { set: { status: "canceled", error: SUPERSEDED }, ...free };
    case "delayed":
      return { set: delayTask(task, result.afterMs, context.now), ...free };
    case "retry":
      return {
        set: result.throttled
          ? onThrottled(task, result, context)
          : onFailedAttempt(task, { ...result, charged: "no" }, context),
        ...free,
      };
    case "bad_output": {
      const charged = bought ? result.charged : "no";
      const usd = result.costUsd ?? task.costEstimatedUsd;
      return {
        set: onFailedAttempt(task, { ...result, charged }, context),
        reservation: { kind: "spend", usd },
        facts: noticesOf(task, result, context),
      };
    }
    case "unknown":
      return { set: onOutcomeUnknown(task, context), reservation: estimate, facts: [] };
    case "failed": {
      if (result.costUsd === undefined)
        return { set: failTask(task, result.failure, "no", context.now), ...free };
      const usd = result.costUsd ?? task.costEstimatedUsd;
      return {
        set: failTask(task, result.failure, "yes", context.now),
        reservation: { kind: "spend", usd },
        facts: [],
      };
    }
    case "declined": {
      const charged = result.spent && bought ? "yes" : "no";
      return {
        set: onFailedAttempt(task, { ...result, charged, leaves: true }, context),
        reservation: result.spent
          ? { kind: "spend", usd: result.costUsd ?? task.costEstimatedUsd }
          : { kind: "free" },
        facts: noticesOf(task, result, context),
      };
    }
    case "canceled": {
      const charged = bought ? result.charged : "no";
      return {
        set: { ...failTask(task, CANCELED, charged, context.now), status: "canceled" },
        reservation: charged === "no" ? { kind: "free" } : estimate,
        facts: [],
      };
    }
  }
}

/** The notice that comes with a result, or one that the model is unusable in this output form. */
function noticesOf(
  { type: stage, model, outputForm }: Task,
  { failure, notice }: { failure: Failure; notice?: ModelNotice },
  { now }: RetryContext,
): Fact[] {
  if (notice) return [{ kind: "notice", notice }];
  if (!model || !isUnusableOutputForm(failure)) return [];
  const { message } = failure;
  return [
    {
      kind: "notice",
      notice: { kind: "unusable", stage, model, outputForm, message, at: now.toISOString() },
    },
  ];
}
