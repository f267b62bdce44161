import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onLeaseExpired, type RetryContext } from "../../../../src/domain/controller/recovery.ts";
import { type StepResult, settlement } from "../../../../src/domain/controller/settlement.ts";
import type { Supplier } from "../../../../src/domain/controller/suppliers.ts";
import {
  failure,
  MOST_SUPPLIER_FAILURES,
  outcomeUnknown,
  THROTTLED_LIMIT_MS,
} from "../../../../src/domain/controller/tasks.ts";
import type { Task } from "../../../../src/domain/record/record.ts";
import { taskOf } from "../../../support/record.ts";

const NOW = new Date("2026-11-22T10:00:00Z");
const WHY = failure("x", "X.", { retryable: true });
const FINAL = failure("y", "Y.");
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
const around = (over: Partial<RetryContext> = {}): RetryContext => ({
  suppliers: TWO,
  settings: settingsOf(0),
  now: NOW,
  random: 0.5,
  ...over,
});
const task = (over: Partial<Task> = {}) => taskOf(NOW, { model: "one", ...over });
const settled = (result: StepResult, over: Partial<Task> = {}, circumstances: Partial<RetryContext> = {}) =>
  settlement(task(over), result, around(circumstances));

const again = (why = WHY, afterSeconds: number | null = null): StepResult => ({
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
const spoiled = (costUsd: number | null = null): StepResult => ({
  kind: "bad_output",
  failure: WHY,
  costUsd,
  charged: "yes",
});
const declined = (why = FINAL, spent = false): StepResult => ({ kind: "declined", failure: why, spent });

describe("what was made", () => {
  test("is paid for at the price that the provider told, or at the estimate", () => {
    expect(settled({ kind: "completed", facts: [], costUsd: 0.25 }).reservation).toEqual({
      kind: "spend",
      usd: 0.25,
    });
    expect(settled({ kind: "completed", facts: [], costUsd: null }).reservation).toEqual({
      kind: "spend",
      usd: 0.5,
    });
  });

  test("was charged for only where it was bought", () => {
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

  test("an answer without an id leaves alone the id that a webhook told", () => {
    const { set } = settled({ kind: "waiting", requestId: null, pollAfterMs: 5_000, facts: [] });
    expect(set).not.toHaveProperty("providerRequestId");
  });
});

describe("a wait for our turn", () => {
  test("spends nothing, counts no try and leaves no mark", () => {
    const failedAttempts = [
      { attempt: 1, at: "", provider: null, model: null, code: "x", message: "X.", charged: "yes" as const },
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

describe("a provider that takes nothing for now", () => {
  test("gets its money's worth of patience: no try is counted, and the next comes not before it was told", () => {
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

  test("is given up after a day", () => {
    const createdAt = new Date(NOW.getTime() - THROTTLED_LIMIT_MS - 1);
    expect(settled(throttled(30), { createdAt })).toMatchObject({
      set: { status: "failed", error: WHY, charged: "no" },
      reservation: { kind: "free" },
    });
  });
});

describe("tries", () => {
  /** One task that meets `result` again and again, until it ends or `most` attempts are made. */
  function meeting(result: StepResult, suppliers: readonly Supplier[], most = 50) {
    const seen: Task[] = [];
    let now: Task = taskOf(NOW, {
      model: suppliers[0]?.model ?? null,
      costEstimatedUsd: suppliers[0]?.estimateUsd ?? 0,
    });
    while (now.status !== "failed" && seen.length < most) {
      now = { ...now, ...settlement(now, result, around({ suppliers })).set };
      seen.push(now);
    }
    return seen;
  }

  test("three of them spoiled, the next supplier has its turn at once, at its own price", () => {
    const seen = meeting(spoiled(), TWO);
    expect(seen.slice(0, MOST_SUPPLIER_FAILURES)).toMatchObject([
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

  test("the last supplier has twice as many, and then it is over with the last reason", () => {
    const seen = meeting(spoiled(), TWO);
    expect(seen).toHaveLength(2 * MOST_SUPPLIER_FAILURES);
    expect(seen.at(-1)).toMatchObject({ status: "failed", supplierIndex: 1, error: WHY, charged: "yes" });
  });

  test("each is recorded with whom it was, what went wrong and whether it was charged", () => {
    const failedAttempts = meeting(spoiled(), TWO).at(-1)?.failedAttempts ?? [];
    expect(failedAttempts.map((t) => t.model)).toEqual([...Array(3).fill("one"), ...Array(3).fill("two")]);
    expect(failedAttempts.map((t) => t.attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(failedAttempts[0]).toEqual({
      attempt: 1,
      at: NOW.toISOString(),
      provider: "replicate",
      model: "one",
      code: "x",
      message: "X.",
      charged: "yes",
    });
  });

  test("what was bought and spoiled is paid for, at the price told or at the estimate", () => {
    expect(settled(spoiled(0.1)).reservation).toEqual({ kind: "spend", usd: 0.1 });
    expect(settled(spoiled()).reservation).toEqual({ kind: "spend", usd: 0.5 });
    expect(settled(spoiled(), { costEstimatedUsd: 0 }).set.charged).toBe("no");
  });

  test("what was not bought gives its money back, and waits as long as it was told", () => {
    const { set, reservation } = settled(again(WHY, 30));
    expect(reservation).toEqual({ kind: "free" });
    expect(set).toMatchObject({ status: "pending", attempt: 2, supplierFailures: 1, charged: "no" });
    expect(set.runAfter?.getTime()).toBeGreaterThanOrEqual(NOW.getTime() + 30_000);
  });

  const Result = fc.oneof(
    fc.constant(again()),
    fc.constant(again(FINAL)),
    fc.constant(again(WHY, 40)),
    fc.constant(spoiled()),
    fc.constant(spoiled(0.1)),
    fc.constant(declined()),
    fc.constant(declined(FINAL, true)),
    fc.constant(declined(REFUSED)),
    fc.constant<StepResult>({ kind: "unknown", failure: WHY }),
    fc.constant<StepResult>({ kind: "delayed", afterMs: 1_000 }),
    fc.constant(throttled(5)),
  );

  test("whatever comes, they are bounded, go through the suppliers in their order, and count every claim", () => {
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
          let spoilt = 0;
          for (const result of results) {
            const { set, reservation } = settlement(now, result, around({ suppliers, settings, random }));
            const next = { ...now, ...set };
            if (reservation.kind === "spend") expect(reservation.usd).toBeGreaterThanOrEqual(0);
            expect(reservation.kind).not.toBe("keep");
            expect(next.failedAttempts.length).toBeLessThanOrEqual(20);
            if (result.kind !== "delayed" && !(result.kind === "retry" && result.throttled)) spoilt++;
            if (next.status === "failed") break;
            expect(next.status).toBe("pending");
            expect(next.attempt).toBe(now.attempt + 1);
            expect(next.supplierIndex).toBeGreaterThanOrEqual(now.supplierIndex);
            now = next;
            expect(now.model).toBe(`model ${now.supplierIndex}`);
            expect(now.costEstimatedUsd).toBe(now.supplierIndex + 1);
            expect(now.runAfter.getTime()).toBeGreaterThanOrEqual(NOW.getTime());
          }
          expect(spoilt).toBeLessThanOrEqual(count * MOST_SUPPLIER_FAILURES);
        },
      ),
    );
  });
});

describe("a supplier that will not do it", () => {
  test("is left at once, without a second try", () => {
    const { set, reservation } = settled(declined());
    expect(set).toMatchObject({
      status: "pending",
      attempt: 2,
      supplierFailures: 0,
      supplierIndex: 1,
      model: "two",
      costEstimatedUsd: 0.7,
      runAfter: NOW,
      failedAttempts: [{ model: "one", code: "y" }],
    });
    expect(reservation).toEqual({ kind: "free" });
  });

  test("is paid where it charged all the same", () => {
    expect(settled(declined(FINAL, true))).toMatchObject({
      set: { charged: "yes" },
      reservation: { kind: "spend", usd: 0.5 },
    });
  });

  test("and is the last: it is over, with its reason", () => {
    const { set, reservation } = settled(declined(), { supplierIndex: 1, model: "two" });
    expect(set).toMatchObject({ status: "failed", error: FINAL, charged: "no" });
    expect(reservation).toEqual({ kind: "free" });
  });

  test("a picture's refused words are not shopped around; a clip's are", () => {
    expect(settled(declined(REFUSED)).set).toMatchObject({ status: "failed", error: REFUSED });
    expect(settled(declined(REFUSED), { type: "generate_clips" }).set).toMatchObject({
      status: "pending",
      supplierIndex: 1,
    });
  });

  test.each([
    ["The model refused the content: a real person's face was detected.", 2],
    ["The model refused the content: likeness of a celebrity.", 2],
    ["The model refused the content: violence.", 1],
    ["The model refused the content: defaced surface.", 1],
  ])("%j leads to supplier %i, where the one between takes no faces", (message, supplierIndex) => {
    const suppliers = [
      supplier("xai/grok-imagine-video"),
      supplier("bytedance/seedance-2.0-mini"),
      supplier("google/veo-3.1-lite"),
    ];
    const why = failure("provider_refused", message);
    const { set } = settled(declined(why), { type: "generate_clips" }, { suppliers });
    expect(set).toMatchObject({ status: "pending", supplierIndex });
  });

  test.each(["provider_access", "provider_out_of_credit"])(
    "for %s, others that are paid through the same account are passed over",
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

describe("an outcome that nobody knows", () => {
  const unknown: StepResult = { kind: "unknown", failure: WHY };

  test("is the person's to decide: counted as spent, and not made again", () => {
    const { set, reservation } = settled(unknown);
    expect(reservation).toEqual({ kind: "spend", usd: 0.5 });
    expect(set).toMatchObject({ status: "failed", charged: "unknown", error: outcomeUnknown(task()) });
    expect(set.error).toMatchObject({ code: "outcome_unknown", message: expect.stringContaining("$0.5000") });
    expect(set.failedAttempts).toMatchObject([{ code: "outcome_unknown", charged: "unknown" }]);
  });

  test("is made again where its price is within what the person allowed beforehand", () => {
    const allowing = (repeatUnknownUpToUsd: number) =>
      settled(unknown, {}, { settings: settingsOf(repeatUnknownUpToUsd) });
    const { set, reservation } = allowing(0.5);
    expect(reservation).toEqual({ kind: "spend", usd: 0.5 });
    expect(set).toMatchObject({ status: "pending", attempt: 2, supplierFailures: 1, charged: "unknown" });
    expect(allowing(0.4999).set.status).toBe("failed");
  });
});

describe("work that was called off", () => {
  test.each([
    ["no", { kind: "free" }],
    ["unknown", { kind: "spend", usd: 0.5 }],
  ] as const)("and charged: %s", (charged, reservation) => {
    const ended = settled({ kind: "canceled", charged });
    expect(ended.set).toMatchObject({ status: "canceled", charged, error: { code: "canceled" } });
    expect(ended.reservation).toEqual(reservation);
  });
});

test("what can't be done at all is over, and gives its money back", () => {
  const { set, reservation } = settled({ kind: "failed", failure: FINAL });
  expect(set).toMatchObject({ status: "failed", error: FINAL, charged: "no" });
  expect(reservation).toEqual({ kind: "free" });
});

describe("a worker that fell silent", () => {
  const lost = (over: Partial<Task>, circumstances: Partial<RetryContext> = {}) =>
    onLeaseExpired(task(over), WHY, around(circumstances));

  test("over an order: the provider is asked for it at once", () => {
    const ordered = { provider: "replicate", providerRequestId: "p1" };
    expect(lost(ordered)).toEqual({ status: "waiting", runAfter: NOW });
  });

  test("over an order that it may just have sent: how long one may take to appear counts from now", () => {
    expect(lost({ provider: "replicate" })).toEqual({ status: "waiting", runAfter: NOW, claimedAt: NOW });
  });

  test("within a paid call: the person is asked, or it is repeated where they allowed it", () => {
    expect(lost({ provider: "openrouter" })).toMatchObject({ status: "failed", charged: "unknown" });
    const settings = settingsOf(1);
    expect(lost({ provider: "openrouter" }, { settings })).toMatchObject({
      status: "pending",
      supplierFailures: 1,
    });
  });

  test("over work of our own: it is done again", () => {
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
