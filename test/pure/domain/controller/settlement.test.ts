import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onLeaseExpired, type RetryContext } from "../../../../src/domain/controller/recovery.ts";
import { type StepResult, settlement } from "../../../../src/domain/controller/settlement.ts";
import type { Supplier } from "../../../../src/domain/controller/suppliers.ts";
import {
  MAX_SUPPLIER_FAILURES,
  outcomeUnknown,
  THROTTLED_LIMIT_MS,
} from "../../../../src/domain/controller/tasks.ts";
import { failure } from "../../../../src/domain/record/failures.ts";
import { type Failure, STAGES, type Task } from "../../../../src/domain/record/record.ts";
import { taskOf } from "../../../support/record.ts";

const NOW = new Date("2026-11-22T10:00:00Z");
const WHY = failure("worker_lost", "X.", { retryable: true });
const FINAL = failure("undeliverable", "Y.");
const REFUSED = failure("provider_refused", "The model refused the content.");

const supplier = (model: string, estimateUsd = 0.5, provider = "replicate"): Supplier => ({
  provider,
  model,
  estimateUsd,
  skipReason: null,
});
const settingsOf = (repeatUnknownUpToUsd: number): RetryContext["settings"] => ({
  repeatUnknownUpToUsd,
});
const TWO = [supplier("one", 0.5), supplier("two", 0.7)];
const retryContext = (over: Partial<RetryContext> = {}): RetryContext => ({
  suppliers: TWO,
  settings: settingsOf(0),
  now: NOW,
  random: 0.5,
  ...over,
});
const task = (over: Partial<Task> = {}) => taskOf(NOW, { model: "one", ...over });
const settled = (result: StepResult, over: Partial<Task> = {}, context: Partial<RetryContext> = {}) =>
  settlement(task(over), result, retryContext(context));

const again = (why: Failure = WHY, afterSeconds: number | null = null): StepResult => ({
  kind: "retry",
  failure: why,
  afterSeconds,
  throttled: false,
});
const throttled = (afterSeconds: number | null): StepResult => ({
  kind: "retry",
  failure: WHY,
  afterSeconds,
  throttled: true,
});
const badOutput = (costUsd: number | null = null): StepResult => ({
  kind: "bad_output",
  failure: WHY,
  costUsd,
  charged: "yes",
});
const declined = (why: Failure = FINAL, spent = false): StepResult => ({
  kind: "declined",
  failure: why,
  spent,
});

describe("a completed step", () => {
  test("is paid for at the provider's price, or at the estimate if it states none", () => {
    expect(settled({ kind: "completed", facts: [], costUsd: 0.25 }).reservation).toEqual({
      kind: "spend",
      usd: 0.25,
    });
    expect(settled({ kind: "completed", facts: [], costUsd: null }).reservation).toEqual({
      kind: "spend",
      usd: 0.5,
    });
  });

  test("was charged only if it was bought", () => {
    const made: StepResult = { kind: "completed", facts: [], costUsd: 0 };
    expect(settled(made).set).toMatchObject({ status: "succeeded", charged: "yes", error: null });
    expect(settled(made, { costEstimatedUsd: 0 }).set).toMatchObject({ charged: "no" });
  });
});

describe("while a provider works", () => {
  test("the money stays reserved", () => {
    const { set, reservation } = settled({ kind: "waiting", requestId: "r", pollAfterMs: 5_000, facts: [] });
    expect(reservation).toEqual({ kind: "keep" });
    expect(set).toMatchObject({
      status: "waiting",
      providerRequestId: "r",
      runAfter: new Date(NOW.getTime() + 5_000),
    });
  });

  test("an answer without an id keeps the id that a webhook brought", () => {
    const { set } = settled({ kind: "waiting", requestId: null, pollAfterMs: 5_000, facts: [] });
    expect(set).not.toHaveProperty("providerRequestId");
  });
});

describe("a delay by our own rate limiter", () => {
  test("spends nothing, counts no failure and records nothing", () => {
    const failedAttempts = [
      {
        attempt: 1,
        at: "",
        provider: null,
        model: null,
        code: "worker_lost" as const,
        message: "X.",
        charged: "yes" as const,
      },
    ];
    const before = { attempt: 7, supplierFailures: 2, failedAttempts, charged: "yes" as const };
    const { set, reservation, facts } = settled({ kind: "delayed", afterMs: 9_000 }, before);
    expect([reservation, facts]).toEqual([{ kind: "free" }, []]);
    expect({ ...task(before), ...set }).toMatchObject({
      ...before,
      status: "pending",
      attempt: 8,
      runAfter: new Date(NOW.getTime() + 9_000),
    });
  });
});

describe("a throttled call", () => {
  test("counts no failure, and is tried again no earlier than the provider said", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: THROTTLED_LIMIT_MS }),
        fc.integer({ min: 1, max: 500 }),
        fc.option(fc.integer({ min: 0, max: 3_600 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (age, attempt, afterSeconds, random) => {
          const createdAt = new Date(NOW.getTime() - age);
          const before = { attempt, supplierFailures: 2, createdAt };
          const { set, reservation } = settled(throttled(afterSeconds), before, { random });
          expect(reservation).toEqual({ kind: "free" });
          expect({ ...task(before), ...set }).toMatchObject({
            status: "pending",
            attempt: attempt + 1,
            supplierFailures: 2,
            supplierIndex: 0,
            error: WHY,
          });
          expect(set.runAfter?.getTime()).toBeGreaterThanOrEqual(NOW.getTime() + (afterSeconds ?? 0) * 1000);
        },
      ),
    );
  });

  test("fails after a day", () => {
    const createdAt = new Date(NOW.getTime() - THROTTLED_LIMIT_MS - 1);
    expect(settled(throttled(30), { createdAt })).toMatchObject({
      set: { status: "failed", error: WHY, charged: "no" },
      reservation: { kind: "free" },
    });
  });
});

describe("failed attempts", () => {
  /** The states of a task whose every attempt has this result, until it fails or `most` attempts are made. */
  function repeated(result: StepResult, suppliers: readonly Supplier[], most = 50) {
    const seen: Task[] = [];
    let now: Task = taskOf(NOW, {
      model: suppliers[0]?.model ?? null,
      costEstimatedUsd: suppliers[0]?.estimateUsd ?? 0,
    });
    while (now.status !== "failed" && seen.length < most) {
      now = { ...now, ...settlement(now, result, retryContext({ suppliers })).set };
      seen.push(now);
    }
    return seen;
  }

  test("after three, the next supplier is tried at once, at its own price", () => {
    const seen = repeated(badOutput(), TWO);
    expect(seen.slice(0, MAX_SUPPLIER_FAILURES)).toMatchObject([
      {
        status: "pending",
        attempt: 2,
        supplierFailures: 1,
        supplierIndex: 0,
        model: "one",
        costEstimatedUsd: 0.5,
      },
      {
        status: "pending",
        attempt: 3,
        supplierFailures: 2,
        supplierIndex: 0,
        model: "one",
        costEstimatedUsd: 0.5,
      },
      {
        status: "pending",
        attempt: 4,
        supplierFailures: 0,
        supplierIndex: 1,
        model: "two",
        costEstimatedUsd: 0.7,
        runAfter: NOW,
      },
    ]);
  });

  test("the last supplier has as many, and then the task fails with the last failure", () => {
    const seen = repeated(badOutput(), TWO);
    expect(seen).toHaveLength(2 * MAX_SUPPLIER_FAILURES);
    expect(seen.at(-1)).toMatchObject({ status: "failed", supplierIndex: 1, error: WHY, charged: "yes" });
  });

  test("are recorded with supplier, failure and whether they were charged", () => {
    const failedAttempts = repeated(badOutput(), TWO).at(-1)?.failedAttempts ?? [];
    expect(failedAttempts.map((t) => t.model)).toEqual([...Array(3).fill("one"), ...Array(3).fill("two")]);
    expect(failedAttempts.map((t) => t.attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(failedAttempts[0]).toEqual({
      attempt: 1,
      at: NOW.toISOString(),
      provider: "replicate",
      model: "one",
      code: "worker_lost",
      message: "X.",
      charged: "yes",
    });
  });

  test("are paid for if bought, at the provider's price or at the estimate", () => {
    expect(settled(badOutput(0.1)).reservation).toEqual({ kind: "spend", usd: 0.1 });
    expect(settled(badOutput()).reservation).toEqual({ kind: "spend", usd: 0.5 });
    expect(settled(badOutput(), { costEstimatedUsd: 0 }).set.charged).toBe("no");
  });

  test("give the reservation back if nothing was bought, and wait at least as long as the provider said", () => {
    const { set, reservation } = settled(again(WHY, 30));
    expect(reservation).toEqual({ kind: "free" });
    expect(set).toMatchObject({ status: "pending", attempt: 2, supplierFailures: 1, charged: "no" });
    expect(set.runAfter?.getTime()).toBeGreaterThanOrEqual(NOW.getTime() + 30_000);
  });

  const Result = fc.oneof(
    fc.constant(again()),
    fc.constant(again(FINAL)),
    fc.constant(again(WHY, 40)),
    fc.constant(badOutput()),
    fc.constant(badOutput(0.1)),
    fc.constant(declined()),
    fc.constant(declined(FINAL, true)),
    fc.constant(declined(REFUSED)),
    fc.constant<StepResult>({ kind: "unknown", failure: WHY }),
    fc.constant<StepResult>({ kind: "delayed", afterMs: 1_000 }),
    fc.constant(throttled(5)),
  );

  test("are bounded in number, go through the suppliers in order, and each raises `attempt` by one", () => {
    fc.assert(
      fc.property(
        fc.array(Result, { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom("generate_images" as const, "generate_clips" as const),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (results, count, type, random, repeat) => {
          const suppliers = Array.from({ length: count }, (_, i) => supplier(`model ${i}`, i + 1));
          const settings = settingsOf(repeat ? 100 : 0);
          let now: Task = taskOf(NOW, { type, model: "model 0", costEstimatedUsd: 1 });
          let failures = 0;
          for (const result of results) {
            const { set, reservation } = settlement(
              now,
              result,
              retryContext({ suppliers, settings, random }),
            );
            const next = { ...now, ...set };
            if (reservation.kind === "spend") expect(reservation.usd).toBeGreaterThanOrEqual(0);
            expect(reservation.kind).not.toBe("keep");
            expect(next.failedAttempts.length).toBeLessThanOrEqual(20);
            if (result.kind !== "delayed" && !(result.kind === "retry" && result.throttled)) failures++;
            if (next.status === "failed") break;
            expect(next.status).toBe("pending");
            expect(next.attempt).toBe(now.attempt + 1);
            expect(next.supplierIndex).toBeGreaterThanOrEqual(now.supplierIndex);
            now = next;
            expect(now.model).toBe(`model ${now.supplierIndex}`);
            expect(now.costEstimatedUsd).toBe(now.supplierIndex + 1);
            expect(now.runAfter.getTime()).toBeGreaterThanOrEqual(NOW.getTime());
          }
          expect(failures).toBeLessThanOrEqual(count * MAX_SUPPLIER_FAILURES);
        },
      ),
    );
  });
});

describe("a supplier that declines", () => {
  test("is not asked a second time: the next one is tried at once", () => {
    const { set, reservation } = settled(declined());
    expect(set).toMatchObject({
      status: "pending",
      attempt: 2,
      supplierFailures: 0,
      supplierIndex: 1,
      model: "two",
      costEstimatedUsd: 0.7,
      runAfter: NOW,
      failedAttempts: [{ model: "one", code: "undeliverable" }],
    });
    expect(reservation).toEqual({ kind: "free" });
  });

  test("is paid if it charged all the same", () => {
    expect(settled(declined(FINAL, true))).toMatchObject({
      set: { charged: "yes" },
      reservation: { kind: "spend", usd: 0.5 },
    });
  });

  test("and is the last makes the task fail with its failure", () => {
    const { set, reservation } = settled(declined(), { supplierIndex: 1, model: "two" });
    expect(set).toMatchObject({ status: "failed", error: FINAL, charged: "no" });
    expect(reservation).toEqual({ kind: "free" });
  });

  test.each(STAGES)(
    "by moderation leads to the next supplier in every stage but generate_images: %s",
    (type) => {
      expect(settled(declined(REFUSED), { type }).set).toMatchObject(
        type === "generate_images"
          ? { status: "failed", error: REFUSED }
          : { status: "pending", supplierIndex: 1 },
      );
    },
  );

  test.each([
    ["The model refused the content: a real person's face was detected.", 2],
    ["The model refused the content: likeness of a celebrity.", 2],
    ["The model refused the content: violence.", 1],
    ["The model refused the content: defaced surface.", 1],
  ])("with %j leads to supplier %i, where supplier 1 accepts no faces", (message, supplierIndex) => {
    const suppliers = [
      supplier("xai/grok-imagine-video"),
      supplier("bytedance/seedance-2.0-mini"),
      supplier("google/veo-3.1-lite"),
    ];
    const why = failure("provider_refused", message);
    const { set } = settled(declined(why), { type: "generate_clips" }, { suppliers });
    expect(set).toMatchObject({ status: "pending", supplierIndex });
  });

  test.each(["provider_access", "provider_out_of_credit"] as const)(
    "for %s is left together with all suppliers of the same account",
    (code) => {
      const why = failure(code, "No.");
      const suppliers = [supplier("one"), supplier("two"), supplier("three", 0.1, "openai")];
      expect(settled(declined(why), {}, { suppliers }).set).toMatchObject({
        status: "pending",
        supplierIndex: 2,
        provider: "openai",
        costEstimatedUsd: 0.1,
      });
      expect(settled(declined(why), {}, { suppliers: TWO }).set).toMatchObject({
        status: "failed",
        error: why,
      });
    },
  );
});

describe("an unknown outcome", () => {
  const unknown: StepResult = { kind: "unknown", failure: WHY };

  test("counts as spent, and the task fails until the person decides", () => {
    const { set, reservation } = settled(unknown);
    expect(reservation).toEqual({ kind: "spend", usd: 0.5 });
    expect(set).toMatchObject({ status: "failed", charged: "unknown", error: outcomeUnknown(task()) });
    expect(set.error).toMatchObject({ code: "outcome_unknown", message: expect.stringContaining("$0.5000") });
    expect(set.failedAttempts).toMatchObject([{ code: "outcome_unknown", charged: "unknown" }]);
  });

  test("is tried again if its price is within what the settings allow", () => {
    const allowing = (repeatUnknownUpToUsd: number) =>
      settled(unknown, {}, { settings: settingsOf(repeatUnknownUpToUsd) });
    const { set, reservation } = allowing(0.5);
    expect(reservation).toEqual({ kind: "spend", usd: 0.5 });
    expect(set).toMatchObject({ status: "pending", attempt: 2, supplierFailures: 1, charged: "unknown" });
    expect(allowing(0.4999).set.status).toBe("failed");
  });
});

describe("a canceled step", () => {
  test.each([
    ["no", { kind: "free" }],
    ["unknown", { kind: "spend", usd: 0.5 }],
  ] as const)("that was charged: %s", (charged, reservation) => {
    const ended = settled({ kind: "canceled", charged });
    expect(ended.set).toMatchObject({ status: "canceled", charged, error: { code: "canceled" } });
    expect(ended.reservation).toEqual(reservation);
  });
});

test("a failed step ends the task and gives its reservation back", () => {
  const { set, reservation } = settled({ kind: "failed", failure: FINAL });
  expect(set).toMatchObject({ status: "failed", error: FINAL, charged: "no" });
  expect(reservation).toEqual({ kind: "free" });
});

describe("an expired lease", () => {
  const lost = (over: Partial<Task>, context: Partial<RetryContext> = {}) =>
    onLeaseExpired(task(over), WHY, retryContext(context));

  test("during a known order has the provider polled at once", () => {
    const ordered = { provider: "replicate", providerRequestId: "p1" };
    expect(lost(ordered)).toEqual({ status: "waiting", runAfter: NOW });
  });

  test("during an order that may just have been sent counts the time it may take to appear from now", () => {
    expect(lost({ provider: "replicate" })).toEqual({ status: "waiting", runAfter: NOW, claimedAt: NOW });
  });

  test("during another paid call fails the task, or repeats it if the settings allow that", () => {
    expect(lost({ provider: "openrouter" })).toMatchObject({ status: "failed", charged: "unknown" });
    const settings = settingsOf(1);
    expect(lost({ provider: "openrouter" }, { settings })).toMatchObject({
      status: "pending",
      supplierFailures: 1,
    });
  });

  test("during work of our own has it tried again", () => {
    const own = { provider: null, model: null, costEstimatedUsd: 0 };
    expect(
      lost(own, { suppliers: [{ provider: null, model: null, estimateUsd: 0, skipReason: null }] }),
    ).toMatchObject({
      status: "pending",
      attempt: 2,
      supplierFailures: 1,
      charged: "no",
      error: WHY,
    });
  });
});
