/** What a step came to, and what is written for it. */

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
import { isOutputForm } from "./model-health.ts";
import {
  delay,
  fail,
  onFailedAttempt,
  onOutcomeUnknown,
  onThrottled,
  type RetryContext,
} from "./recovery.ts";
import { CANCELED } from "./tasks.ts";

/** Something that a step made, committed with its task or not at all. */
export type Fact =
  /** While the song is still the one with this etag. */
  | { kind: "lyrics"; lyrics: Lyrics; lyricsHash: string; transcriptText: string; audioEtag: string }
  /** What a transcriber heard of a part of the song. */
  | { kind: "partial_transcription"; part: TranscribedPart; audioEtag: string }
  /**
   * In place of all scenes before, while the song is still the one with this etag; those with a known id
   * keep what was made for them. What a person tapped stays the beat.
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
  /** Pending with the order, completed with the bytes: the same id. */
  | { kind: "image"; image: Image }
  | { kind: "clip"; clip: Clip }
  | { kind: "film"; film: Film }
  /** Once for each model and its terms. */
  | { kind: "notice"; notice: ModelNotice };

export type StepResult =
  /** Made, and what it cost in US dollars (null where the provider does not say: the estimate). */
  | { kind: "completed"; facts: Fact[]; costUsd: number | null }
  /** A part of it, at a cost; the rest is the next attempt's. */
  | { kind: "partial"; facts: Fact[]; costUsd: number | null }
  /** The provider works on it; `requestId` null where it is not known, `sent` where an order went out just now. */
  | { kind: "waiting"; requestId: string | null; pollAfterMs: number; facts: Fact[]; sent?: true }
  /** It was not our turn at the provider's rate limiter. */
  | { kind: "delayed"; afterMs: number }
  /** What it would make is not wanted as it was: nothing was ordered. */
  | { kind: "superseded" }
  /** Not bought; worth another try. */
  | { kind: "retry"; failure: Failure; afterSeconds: number | null; throttled: boolean }
  /** Bought, and what came can't be used. `charged` unknown where the provider may not have charged. */
  | {
      kind: "bad_output";
      failure: Failure;
      costUsd: number | null;
      charged: "yes" | "unknown";
      /** What it tells of the model. */
      notice?: ModelNotice;
    }
  /** May have been bought, and nobody can tell. */
  | { kind: "unknown"; failure: Failure }
  /** This supplier will not do it; another may. `spent` where it was charged all the same, at `costUsd` if told. */
  | { kind: "declined"; failure: Failure; spent: boolean; costUsd?: number | null }
  /** It can't be done at all; `costUsd` where finding that out was paid for (null: the estimate). */
  | { kind: "failed"; failure: Failure; costUsd?: number | null }
  /** Called off by the person while the provider worked on it. */
  | { kind: "canceled"; charged: "no" | "unknown" };

export const failedStep = (failure: Failure): StepResult => ({ kind: "failed", failure });

export interface Settlement {
  set: Partial<Omit<Task, "id">>;
  /** What leaves the reservation: spent (in US dollars), given back, or kept while a provider works on it. */
  reservation: { kind: "spend"; usd: number } | { kind: "free" } | { kind: "keep" };
  facts: Fact[];
}

/** What is written for a step's result. Pure. */
export function settlement(task: Task, result: StepResult, around: RetryContext): Settlement {
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
          ...delay(task, 0, around.now),
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
          // A webhook may have told the id while we waited for the answer: then it is kept.
          ...(result.requestId === null ? {} : { providerRequestId: result.requestId }),
          // The time that an order of unknown fate may take to appear is counted from when it was sent.
          ...(result.sent ? { claimedAt: around.now } : {}),
          runAfter: new Date(around.now.getTime() + result.pollAfterMs),
        },
        reservation: { kind: "keep" },
        facts: result.facts,
      };
    case "superseded":
      return { set: { status: "canceled", error: SUPERSEDED }, ...free };
    case "delayed":
      return { set: delay(task, result.afterMs, around.now), ...free };
    case "retry":
      return {
        set: result.throttled
          ? onThrottled(task, result, around)
          : onFailedAttempt(task, { ...result, charged: "no" }, around),
        ...free,
      };
    case "bad_output": {
      const charged = bought ? result.charged : "no";
      const usd = result.costUsd ?? task.costEstimatedUsd;
      return {
        set: onFailedAttempt(task, { ...result, charged }, around),
        reservation: { kind: "spend", usd },
        facts: noticesOf(task, result, around),
      };
    }
    case "unknown":
      return { set: onOutcomeUnknown(task, around), reservation: estimate, facts: [] };
    case "failed": {
      if (result.costUsd === undefined) return { set: fail(task, result.failure, "no", around.now), ...free };
      const usd = result.costUsd ?? task.costEstimatedUsd;
      return {
        set: fail(task, result.failure, "yes", around.now),
        reservation: { kind: "spend", usd },
        facts: [],
      };
    }
    case "declined": {
      const charged = result.spent && bought ? "yes" : "no";
      return {
        set: onFailedAttempt(task, { ...result, charged, leaves: true }, around),
        reservation: result.spent
          ? { kind: "spend", usd: result.costUsd ?? task.costEstimatedUsd }
          : { kind: "free" },
        facts: noticesOf(task, result, around),
      };
    }
    case "canceled": {
      const charged = bought ? result.charged : "no";
      return {
        set: { ...fail(task, CANCELED, charged, around.now), status: "canceled" },
        reservation: charged === "no" ? { kind: "free" } : estimate,
        facts: [],
      };
    }
  }
}

/** A result of a form that can't be used: this model's others under the same terms will have it too. */
function noticesOf(
  { type: stage, model, outputForm }: Task,
  { failure, notice }: { failure: Failure; notice?: ModelNotice },
  { now }: RetryContext,
): Fact[] {
  if (notice) return [{ kind: "notice", notice }];
  if (!model || !isOutputForm(failure)) return [];
  const { message } = failure;
  return [
    {
      kind: "notice",
      notice: { kind: "unusable", stage, model, outputForm, message, at: now.toISOString() },
    },
  ];
}
