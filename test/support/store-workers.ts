/** What workers do to both stores: they claim tasks and settle them. */

import { type StepResult, settlement } from "../../src/domain/controller/settlement.ts";
import { suppliersOf } from "../../src/domain/controller/suppliers.ts";
import { failure } from "../../src/domain/record/failures.ts";
import type { Task } from "../../src/domain/record/record.ts";
import type { ClaimRequest } from "../../src/ports/store.ts";
import type { Chance } from "../simulation/random.ts";
import { made, ordered } from "./made.ts";
import type { Hand, Story } from "./store-story.ts";

export async function claimTask(story: Story, ids: ClaimRequest): Promise<Hand | null> {
  const { stores } = story;
  const before = story.tasks(ids.projectId).find((t) => t.id === ids.taskId);
  const { memory, postgres } = await stores.both(ids.projectId, (store) => store.claim(ids));
  if (memory.kind !== "gone" && before?.providerRequestId === null && memory.task.providerRequestId !== null)
    stores.count(`claim: adopted while ${before.status}`);
  switch (memory.kind) {
    case "gone":
      stores.count("claim: gone");
      return null;
    case "not_now":
      stores.count(`claim: not now, ${whyNot(story, memory.task)}`);
      return null;
    case "heavy":
      stores.count("claim: heavy");
      return null;
    case "over_budget":
      stores.count(`claim: over the budget of the ${overWhose(story, memory.task)}`);
      return null;
    case "claimed": {
      stores.count(`claim: claimed, was ${memory.was}`);
      if (postgres.kind !== "claimed") throw new Error("Different answers passed for equal");
      const hand = { memory: memory.task, postgres: postgres.task, record: memory.record };
      story.hands.push(hand);
      return hand;
    }
  }
}

function whyNot(story: Story, { projectId, jobId, status, runAfter }: Task): string {
  if (status !== "pending") return status;
  if (runAfter > story.stores.now) return "not due";
  const job = story.record(projectId)?.jobs.find((j) => j.id === jobId);
  return job?.status === "pending" || job?.status === "running" ? "beyond the target" : "called off";
}

function overWhose(story: Story, { projectId, costEstimatedUsd }: Task): string {
  const project = story.record(projectId)?.project;
  const budget = project?.settings.budgetUsd ?? null;
  const left =
    project && budget !== null ? budget - project.reservedUsd - project.spentUsd : Number.POSITIVE_INFINITY;
  return left + 1e-9 < costEstimatedUsd ? "project" : "owner";
}

/** Whether the claim still holds. */
export function isHeld(story: Story, { memory }: Hand): boolean {
  const task = story.record(memory.projectId)?.tasks.find((t) => t.id === memory.id);
  return task?.status === "running" && task.attempt === memory.attempt && task.claimId === memory.claimId;
}

export const WHY = failure("worker_lost", "Because.", { retryable: true });
const REFUSED = failure("provider_refused", "The words were flagged.");
const OF_FORM = failure("output_form", "It is no picture.");

export const KINDS = [
  "completed",
  "partial",
  "waiting",
  "delayed",
  "superseded",
  "retry",
  "bad_output",
  "unknown",
  "declined",
  "failed",
  "canceled",
] as const;

/** The cost that the provider reports, in US dollars: mostly none. */
const priceOf = (chance: Chance): number | null => chance.pick([null, null, 0, 0.0012345, 0.0123456789]);

const RESULTS: Record<StepResult["kind"], (hand: Hand, story: Story, chance: Chance) => StepResult> = {
  completed: ({ memory: task, record }, { stores }, chance) => {
    const facts = made({ task, record, newId: stores.newId, now: stores.now }, chance.whole(1, 3));
    for (const fact of facts) {
      const ofSong = fact.kind === "lyrics" || fact.kind === "scenes";
      if (ofSong && chance.chance(0.15)) fact.audioEtag = "another song";
      if (fact.kind === "prompt" && chance.chance(0.3)) fact.prompt.version = 1;
    }
    return { kind: "completed", facts, costUsd: priceOf(chance) };
  },
  partial: ({ record }, _, chance) => ({
    kind: "partial",
    facts: [
      {
        kind: "partial_transcription",
        part: {
          startSeconds: 0,
          endSeconds: 10,
          transcript: { text: "Neon", language: "en", segments: [], words: [] },
        },
        audioEtag: chance.chance(0.8) ? (record.project.audio?.etag ?? "") : "another song",
      },
    ],
    costUsd: priceOf(chance),
  }),
  waiting: ({ memory: task, record }, { stores }, chance) => {
    const requestId = chance.chance(0.5) ? `prediction-${chance.whole(1, 999)}` : null;
    const known = [...record.images, ...record.clips].some(
      (r) => r.taskId === task.id && r.status === "pending",
    );
    const facts = known ? [] : ordered({ task, record, newId: stores.newId, now: stores.now }, requestId);
    const sent = requestId === null ? { sent: true as const } : {};
    return { kind: "waiting", requestId, pollAfterMs: chance.pick([5_000, 15_000]), facts, ...sent };
  },
  delayed: (_, __, chance) => ({ kind: "delayed", afterMs: chance.whole(1, 5_000) }),
  superseded: () => ({ kind: "superseded" }),
  retry: (_, __, chance) => ({
    kind: "retry",
    failure: WHY,
    afterSeconds: chance.pick([null, 7]),
    throttled: chance.chance(0.5),
  }),
  bad_output: (_, __, chance) => ({
    kind: "bad_output",
    failure: chance.chance(0.3) ? OF_FORM : WHY,
    costUsd: priceOf(chance),
    charged: chance.pick(["yes", "unknown"]),
  }),
  unknown: () => ({ kind: "unknown", failure: WHY }),
  declined: (_, __, chance) => ({
    kind: "declined",
    failure: REFUSED,
    spent: chance.chance(0.5),
    costUsd: priceOf(chance),
  }),
  failed: () => ({ kind: "failed", failure: WHY }),
  canceled: (_, __, chance) => ({ kind: "canceled", charged: chance.pick(["no", "unknown"]) }),
};

export async function settleTask(
  story: Story,
  hand: Hand,
  kind: StepResult["kind"],
  chance: Chance,
): Promise<void> {
  const { stores } = story;
  const { memory: task, record } = hand;
  const result = RESULTS[kind](hand, story, chance);
  const end = settlement(task, result, {
    suppliers: suppliersOf(record)(task.type, task.subject),
    settings: record.project.settings,
    now: stores.now,
    random: chance.next(),
  });
  const sides = await stores.tryBoth(task.projectId, (store, side) => store.settle(hand[side], end));
  if (!sides) return stores.count(`settle: ${end.facts[0]?.kind} refused`);
  if (!sides.memory) return stores.count("settle: taken over");
  stores.count(`settle: ${kind}`);
  stores.count(`reservation: ${end.reservation.kind}`);
  for (const fact of end.facts) stores.count(`fact: ${fact.kind}`);
}
