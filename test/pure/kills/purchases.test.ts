/** The judge of the killed runs: a double purchase, a lost or an invented dollar must not pass it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PaidCall } from "../../../src/sandbox/chaos/calls.ts";
import type { TaskMove } from "../../kills/audit.ts";
import { type Claim, claimsFrom } from "../../kills/claims.ts";
import { match } from "../../kills/matching.ts";
import { audit, type Evidence } from "../../kills/purchases.ts";

const PROJECT = "p1";
const PRICE = 0.25;
const hook = (claim: Claim) =>
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
function verdict(
  over: { claims?: Claim[]; calls?: PaidCall[]; spent?: Record<string, number> } & Partial<Evidence>,
) {
  const { claims = [claimOf()], spent = { 1: PRICE }, ...rest } = over;
  const calls =
    over.calls ??
    claims.map((c) => ({ at: c.from, about: hook(c), provider: "replicate" as const, status: 201 }));
  const charged = Object.fromEntries(calls.map((c) => [c.about, 1]));
  const reservation = Object.entries(spent).map(([transaction, spent_usd], seq) => ({
    seq,
    at: 300,
    task_id: null,
    transaction,
    spent_usd,
  }));
  const { violations, again } = audit({
    projectId: PROJECT,
    songSeconds: 12,
    claims,
    reservation,
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
  const order = { at: 150, about: hook(claimOf()), provider: "replicate" as const, status: 201 };

  test("one call by one claim, charged and counted once, is in order", () => {
    expect(verdict({}).violations).toEqual([]);
  });
  test.each<[string, Parameters<typeof verdict>[0], RegExp]>([
    ["two calls by one claim", { calls: [order, { ...order, at: 160 }] }, /Two calls by one claim/],
    ["a call after the claim has ended", { calls: [{ ...order, at: 250 }] }, /outside of its claim/],
    [
      "a call of an attempt that was never claimed",
      { calls: [{ ...order, about: hook(claimOf({ attempt: 2 })) }] },
      /without a claim/,
    ],
    ["a call for another project", { projectId: "p2" }, /another project/],
    ["two predictions with one webhook", { accepted: { [order.about]: 2 } }, /Bought 2 times/],
    ["a purchase that is not counted", { spent: {} }, /\$0\.000000 were counted/],
    ["a purchase that is counted twice", { spent: { 1: 2 * PRICE } }, /\$0\.500000 were counted/],
    ["a sum that belongs to no claim", { spent: { 1: PRICE, 2: PRICE } }, /no claim ended/],
    ["a purchase whose claim never ends", { claims: [claimOf({ end: null })], spent: {} }, /has not ended/],
  ])("%s is found", (_, over, violation) => {
    expect(verdict(over).violations.join("\n")).toMatch(violation);
  });
  test("what was never charged may be counted only where nobody can tell", () => {
    const lost = (charged: string) =>
      claimOf({ end: { at: 300, transaction: "1", status: "failed", charged, code: "x" } });
    expect(verdict({ claims: [lost("unknown")], charged: {} }).violations).toEqual([]);
    expect(verdict({ claims: [lost("no")], charged: {} }).violations).not.toEqual([]);
  });
});

describe("what was paid for and is bought again", () => {
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
  test("because it came spoiled is counted, and in order", () => {
    expect(verdict(twice("output_missing"))).toEqual({ violations: [], again: { spoiled: 1, decided: 0 } });
  });
  test.each([null, "outcome_unknown"])("because nobody could tell (%s) is found", (code) => {
    expect(verdict(twice(code)).violations.join("\n")).toMatch(/without being asked/);
  });
  test("by the person's word is counted, and in order", () => {
    const decisions = [{ taskId: "t1", at: 350 }];
    expect(verdict({ ...twice("outcome_unknown"), decisions })).toEqual({
      violations: [],
      again: { spoiled: 0, decided: 1 },
    });
  });
});

describe("chats and transcriptions, which name no claim", () => {
  const scene = (n: number, over: Partial<Claim> = {}) =>
    claimOf({ taskId: `t${n}`, unit: `u${n}`, provider: "openrouter", ...over });

  test("calls of claims at the same time find one each, whatever their order", () => {
    const size = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(
        size.chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: 0 })),
        (who) => {
          const claims = [0, 1, 2, 3, 4, 5, 6].map((n) => scene(n));
          const { left, pairs } = match(
            who.map((n, i) => chatOf(100 + i, `scene ${n}`)),
            claims,
          );
          expect(left).toEqual([]);
          expect(new Set(pairs.values()).size).toBe(who.length);
        },
      ),
    );
  });
  test("one claim that asks twice is found, though another claim has not asked", () => {
    const calls = [chatOf(110, "scene 1"), chatOf(120, "scene 1"), chatOf(120, "scene 2")];
    expect(match(calls, [scene(1), scene(2), scene(3)]).left).toHaveLength(1);
  });
  test("a second claim of the same scene may ask the same again", () => {
    const calls = [chatOf(110, "scene 1"), chatOf(310, "scene 1")];
    expect(match(calls, [scene(1), scene(1, { attempt: 2, from: 300, until: 400 })]).left).toEqual([]);
  });
  test("a call when nobody had a claim is found", () => {
    expect(match([chatOf(250, "scene 1")], [scene(1)]).left).toHaveLength(1);
  });
});

describe("claims, from what the task was seen to do", () => {
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

  test("a look at a prediction under way is no claim, and its end is the claim's", () => {
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
