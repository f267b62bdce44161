/**
 * The check of the killed runs must find double purchases, and dollars that are counted too much or too
 * little.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PaidCall } from "../../../src/sandbox/chaos/calls.ts";
import type { TaskMove } from "../../kills/audit.ts";
import { type Claim, claimsFrom } from "../../kills/claims.ts";
import { match } from "../../kills/matching.ts";
import { checkPurchases, type Evidence } from "../../kills/purchases.ts";

const PROJECT = "p1";
const PRICE = 0.25;
const webhookOf = (claim: Claim) =>
  `http://localhost/webhooks/replicate/${PROJECT}/${claim.taskId}/${claim.attempt}?t=x`;

const claimOf = (over: Partial<Claim> = {}): Claim => ({
  taskId: "t1",
  attempt: 1,
  stage: "generate_clips",
  provider: "replicate",
  unit: "u1",
  estimateUsd: PRICE,
  from: 100,
  until: 200,
  end: { at: 300, transaction: "1", status: "succeeded", charged: "yes", code: null },
  ...over,
});
const chatOf = (at: number, about: string): PaidCall => ({ at, about, provider: "openrouter", status: 200 });

/** One clip, ordered, charged and counted, with these differences. */
function purchasesWith(
  over: { claims?: Claim[]; calls?: PaidCall[]; spent?: Record<string, number> } & Partial<Evidence>,
) {
  const { claims = [claimOf()], spent = { 1: PRICE }, ...rest } = over;
  const calls =
    over.calls ??
    claims.map((c) => ({ at: c.from, about: webhookOf(c), provider: "replicate" as const, status: 201 }));
  const charged = Object.fromEntries(calls.map((c) => [c.about, 1]));
  const spending = Object.entries(spent).map(([transaction, spent_usd], seq) => ({
    seq,
    at: 300,
    task_id: null,
    transaction,
    spent_usd,
  }));
  const { violations, again } = checkPurchases({
    projectId: PROJECT,
    songSeconds: 12,
    claims,
    spending,
    calls,
    accepted: charged,
    charged,
    chatUsd: 0,
    decisions: [],
    ...rest,
  });
  return { violations, again };
}

describe("orders at Replicate", () => {
  const order = { at: 150, about: webhookOf(claimOf()), provider: "replicate" as const, status: 201 };

  test("one call by one claim, charged and counted once, is no violation", () => {
    expect(purchasesWith({}).violations).toEqual([]);
  });
  test.each<[string, Parameters<typeof purchasesWith>[0], RegExp]>([
    ["two calls by one claim", { calls: [order, { ...order, at: 160 }] }, /Two calls by one claim/],
    ["a call after the claim has ended", { calls: [{ ...order, at: 250 }] }, /outside of its claim/],
    [
      "a call of an attempt that was never claimed",
      { calls: [{ ...order, about: webhookOf(claimOf({ attempt: 2 })) }] },
      /without a claim/,
    ],
    ["a call for another project", { projectId: "p2" }, /another project/],
    ["two predictions with one webhook", { accepted: { [order.about]: 2 } }, /Bought 2 times/],
    ["a purchase that is not counted", { spent: {} }, /\$0\.000000 were counted/],
    ["a purchase that is counted twice", { spent: { 1: 2 * PRICE } }, /\$0\.500000 were counted/],
    ["a sum that belongs to no claim", { spent: { 1: PRICE, 2: PRICE } }, /no claim ended/],
    ["a purchase whose claim never ends", { claims: [claimOf({ end: null })], spent: {} }, /has not ended/],
  ])("%s is found", (_, over, violation) => {
    expect(purchasesWith(over).violations.join("\n")).toMatch(violation);
  });
  test("what was never charged may be counted only where the charge is unknown", () => {
    const lost = (charged: string) =>
      claimOf({ end: { at: 300, transaction: "1", status: "failed", charged, code: "x" } });
    expect(purchasesWith({ claims: [lost("unknown")], charged: {} }).violations).toEqual([]);
    expect(purchasesWith({ claims: [lost("no")], charged: {} }).violations).not.toEqual([]);
  });
});

describe("a paid unit that is bought again", () => {
  const twice = (code: string | null) => ({
    claims: [
      claimOf({ end: { at: 300, transaction: "1", status: "failed", charged: "unknown", code } }),
      claimOf({
        attempt: 2,
        from: 400,
        until: 500,
        end: { at: 600, transaction: "2", status: "succeeded", charged: "yes", code: null },
      }),
    ],
    spent: { 1: PRICE, 2: PRICE },
  });
  test("because the result was unusable is counted, and is no violation", () => {
    expect(purchasesWith(twice("output_missing"))).toEqual({
      violations: [],
      again: { unusable: 1, decided: 0 },
    });
  });
  test.each([null, "outcome_unknown"])("because the outcome was unknown (%s) is found", (code) => {
    expect(purchasesWith(twice(code)).violations.join("\n")).toMatch(/without being asked/);
  });
  test("by the person's decision is counted, and is no violation", () => {
    const decisions = [{ taskId: "t1", at: 350 }];
    expect(purchasesWith({ ...twice("outcome_unknown"), decisions })).toEqual({
      violations: [],
      again: { unusable: 0, decided: 1 },
    });
  });
});

describe("chats and transcriptions, which name no claim", () => {
  const scene = (n: number, over: Partial<Claim> = {}) =>
    claimOf({ taskId: `t${n}`, unit: `u${n}`, provider: "openrouter", ...over });

  test("calls made during concurrent claims are matched to one claim each, in any order", () => {
    const size = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(
        size.chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: 0 })),
        (scenes) => {
          const claims = [0, 1, 2, 3, 4, 5, 6].map((n) => scene(n));
          const { left, pairs } = match(
            scenes.map((n, i) => chatOf(100 + i, `scene ${n}`)),
            claims,
          );
          expect(left).toEqual([]);
          expect(new Set(pairs.values()).size).toBe(scenes.length);
        },
      ),
    );
  });
  test("a claim that calls twice is found, even where another claim has made no call", () => {
    const calls = [chatOf(110, "scene 1"), chatOf(120, "scene 1"), chatOf(120, "scene 2")];
    expect(match(calls, [scene(1), scene(2), scene(3)]).left).toHaveLength(1);
  });
  test("a second claim of the same scene may make the same call again", () => {
    const calls = [chatOf(110, "scene 1"), chatOf(310, "scene 1")];
    expect(match(calls, [scene(1), scene(1, { attempt: 2, from: 300, until: 400 })]).left).toEqual([]);
  });
  test("a call outside of every claim is found", () => {
    expect(match([chatOf(250, "scene 1")], [scene(1)]).left).toHaveLength(1);
  });
});

describe("claims, from the logged changes of a task", () => {
  const move = (was: TaskMove["was"], status: TaskMove["status"], at: number, attempt = 1): TaskMove => ({
    seq: at,
    transaction: String(at),
    at,
    task_id: "t1",
    stage: "generate_clips",
    subject: "s1",
    input_hash: "h",
    provider: "replicate",
    was,
    status,
    attempt,
    estimated_usd: PRICE,
    charged: "no",
    code: null,
  });

  test("a poll of a prediction is not a claim, and the prediction's end is the claim's end", () => {
    const claims = claimsFrom([
      move("pending", "running", 1),
      move("running", "waiting", 2),
      move("waiting", "running", 3),
      move("running", "waiting", 4),
      move("waiting", "running", 5),
      move("running", "succeeded", 6),
    ]);
    expect(claims).toMatchObject([{ from: 1, until: 2, end: { at: 6, status: "succeeded" } }]);
  });
  test("each attempt is a claim of its own", () => {
    const claims = claimsFrom([
      move("pending", "running", 1),
      move("running", "pending", 2, 2),
      move("pending", "running", 3, 2),
    ]);
    expect(claims).toMatchObject([
      { attempt: 1, until: 2, end: { status: "pending" } },
      { attempt: 2, from: 3, until: Number.POSITIVE_INFINITY, end: null },
    ]);
  });
});
