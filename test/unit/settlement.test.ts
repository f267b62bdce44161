import fc from "fast-check";
import { expect, test } from "vitest";
import type { Task } from "../../src/domain/record.ts";
import { failure } from "../../src/domain/tasks.ts";
import { settlement } from "../../src/pipeline/settlement.ts";
import type { StepResult } from "../../src/pipeline/step.ts";

const NOW = new Date("2026-11-22T10:00:00Z");
const WHY = failure("x", "x", { retryable: true });

const taskAt = (attempt: number, costEstimatedUsd = 0.5): Task => ({
  id: "t",
  jobId: "j",
  projectId: "p",
  type: "generate_images",
  subject: "s",
  status: "running",
  attempt,
  runAfter: NOW,
  dispatchedAt: null,
  leaseUntil: NOW,
  claimedAt: NOW,
  provider: "replicate",
  model: "m",
  providerRequestId: null,
  inputHash: "h",
  costEstimatedUsd,
  costChargedUsd: null,
  charged: "no",
  error: null,
  createdAt: NOW,
  updatedAt: NOW,
});
const settled = (result: StepResult, attempt = 1) => settlement(taskAt(attempt), result, NOW, 0.5);

test("what was made is paid for at the price that the provider told, or at the estimate", () => {
  expect(settled({ kind: "made", writes: [], costUsd: 0.25 }).purse).toEqual({ kind: "spend", usd: 0.25 });
  expect(settled({ kind: "made", writes: [], costUsd: null }).purse).toEqual({ kind: "spend", usd: 0.5 });
});

test("while a provider works, the money stays reserved", () => {
  const { set, purse } = settled({ kind: "waiting", requestId: "r", lookAfterMs: 5_000, writes: [] });
  expect(purse).toEqual({ kind: "keep" });
  expect(set).toMatchObject({
    status: "waiting",
    providerRequestId: "r",
    runAfter: new Date(NOW.getTime() + 5_000),
  });
});

test("an answer without an id leaves alone the id that a webhook told", () => {
  const { set } = settled({ kind: "waiting", requestId: null, lookAfterMs: 5_000, writes: [] });
  expect(set).not.toHaveProperty("providerRequestId");
});

test("an attempt that bought nothing gives its money back, and the next one waits as long as it was told", () => {
  const { set, purse } = settled({
    kind: "again",
    failure: WHY,
    afterSeconds: 30,
    throttled: true,
    writes: [],
  });
  expect(purse).toEqual({ kind: "free" });
  expect(set).toMatchObject({ status: "pending", attempt: 2 });
  expect(set.runAfter?.getTime()).toBeGreaterThanOrEqual(NOW.getTime() + 30_000);
});

test("an answer that was lost counts as spent before another attempt is made", () => {
  const { set, purse } = settled({ kind: "lost", failure: WHY });
  expect(purse).toEqual({ kind: "spend", usd: 0.5 });
  expect(set).toMatchObject({ status: "pending", attempt: 2, charged: "unknown" });
});

test("a failure that was not charged gives its money back", () => {
  expect(settled({ kind: "failed", failure: WHY, spent: false, writes: [] }).purse).toEqual({ kind: "free" });
  expect(settled({ kind: "failed", failure: WHY, spent: true, writes: [] }).purse).toEqual({
    kind: "spend",
    usd: 0.5,
  });
});

test("attempts are bounded, those that were throttled more generously, and a wait is never negative", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, throttled, random) => {
        const result = { kind: "again" as const, failure: WHY, afterSeconds: null, throttled, writes: [] };
        const { set } = settlement(taskAt(attempt), result, NOW, random);
        if (set.status === "failed") expect(attempt).toBeGreaterThanOrEqual(throttled ? 60 : 6);
        else {
          expect(attempt).toBeLessThan(throttled ? 60 : 6);
          expect(set.runAfter?.getTime()).toBeGreaterThanOrEqual(NOW.getTime());
        }
      },
    ),
  );
});
