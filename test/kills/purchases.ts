/** Compares what was bought for a project with what its record says. */
import { transcriptionCostUsd } from "../../src/domain/models/language-models.ts";
import type { PaidCall } from "../../src/sandbox/chaos/calls.ts";
import type { SpendingMove } from "./audit.ts";
import type { Claim } from "./claims.ts";
import { madeDuring, match } from "./matching.ts";

export interface Evidence {
  projectId: string;
  songSeconds: number;
  claims: Claim[];
  spending: SpendingMove[];
  /** All paid calls that arrived at the providers during the run. */
  calls: PaidCall[];
  /** Replicate's bill, by webhook address: how often a prediction was accepted, and charged. */
  accepted: Readonly<Record<string, number>>;
  charged: Readonly<Record<string, number>>;
  /** OpenRouter's bill for the run. */
  chatUsd: number;
  /** When the person retried a task whose charge was unknown. */
  decisions: { taskId: string; at: number }[];
}

export interface Purchases {
  claims: number;
  calls: number;
  /** Claims that made a call: as many as calls, unless a claim called twice. */
  callingClaims: number;
  billUsd: number;
  spentUsd: number;
  /** Counted as spent for calls whose charge is unknown. */
  unknownUsd: number;
  /**
   * Units that were paid for and bought again: because the result was unusable, or by the person's decision.
   */
  again: { unusable: number; decided: number };
  violations: string[];
}

const EPSILON_USD = 0.000_01;
const usd = (amount: number) => `$${amount.toFixed(6)}`;
const name = (claim: Claim) => `${claim.stage} ${claim.taskId} attempt ${claim.attempt}`;
/**
 * Whether the provider accepted the call, by its answer; a call whose answer was cut off counts as accepted.
 */
const wasAccepted = (call: PaidCall) => call.status === null || (call.status >= 200 && call.status < 300);

/** Sums up a run's purchases, and lists the rules that they break. */
export function checkPurchases(evidence: Evidence): Purchases {
  const { claims, calls } = evidence;
  const violations: string[] = [];
  const pairs = new Map<PaidCall, Claim>();
  for (const provider of ["openai", "openrouter"] as const) {
    const found = match(
      calls.filter((c) => c.provider === provider),
      claims.filter((c) => c.provider === provider),
    );
    for (const [call, claim] of found.pairs) pairs.set(call, claim);
    for (const { at } of found.left)
      violations.push(`A call at ${provider} (${new Date(at).toISOString()}) without a claim of its own.`);
  }
  orders(evidence, pairs, violations);

  const paid = new Set([...pairs].filter(([call, claim]) => isPaid(evidence, call, claim)).map(([, c]) => c));
  const billUsd = bill(evidence, pairs);
  return {
    claims: claims.length,
    calls: calls.length,
    callingClaims: new Set(pairs.values()).size,
    billUsd,
    again: repeats(evidence, paid, violations),
    ...money(evidence, paid, billUsd, violations),
    violations,
  };
}

/** Checks orders at Replicate, whose webhook's address names their claim: each claim makes one call. */
function orders(
  { projectId, claims, calls, accepted }: Evidence,
  pairs: Map<PaidCall, Claim>,
  violations: string[],
) {
  const seen = new Set<string>();
  for (const call of calls.filter((c) => c.provider === "replicate")) {
    const [, project, task, attempt] =
      /\/webhooks\/replicate\/([^/]+)\/([^/]+)\/(\d+)/.exec(call.about) ?? [];
    const claim = claims.find((c) => c.taskId === task && c.attempt === Number(attempt));
    const what = claim ? name(claim) : `attempt ${attempt} of task ${task}`;
    if (project !== projectId) violations.push(`An order for another project: ${call.about}.`);
    else if (!claim) violations.push(`An order without a claim: ${what}.`);
    else if (seen.has(call.about)) violations.push(`Two calls by one claim: ${what}.`);
    else if (!madeDuring(call, claim)) violations.push(`An order outside of its claim: ${what}.`);
    if ((accepted[call.about] ?? 0) > 1 && !seen.has(call.about))
      violations.push(`Bought ${accepted[call.about]} times: ${what}.`);
    if (claim && !seen.has(call.about)) pairs.set(call, claim);
    seen.add(call.about);
  }
}

const isPaid = ({ charged }: Evidence, call: PaidCall, claim: Claim): boolean =>
  claim.provider === "replicate" ? (charged[call.about] ?? 0) > 0 : wasAccepted(call);

/** The least and the most US dollars that a paid claim may have cost. */
function priceOf({ songSeconds }: Evidence, claim: Claim): [number, number] {
  // A chat is charged by the tokens it used; its estimate is the most.
  if (claim.provider === "openrouter") return [0, claim.estimateUsd];
  if (claim.provider === "replicate") return [claim.estimateUsd, claim.estimateUsd];
  return [transcriptionCostUsd(songSeconds), transcriptionCostUsd(Math.ceil(songSeconds))];
}

/** US dollars that the providers charge, by their price lists. */
function bill(evidence: Evidence, pairs: ReadonlyMap<PaidCall, Claim>): number {
  const amounts = [...pairs].map(([call, claim]) => {
    if (claim.provider === "openrouter") return 0;
    const times =
      claim.provider === "replicate" ? (evidence.charged[call.about] ?? 0) : Number(wasAccepted(call));
    return times * priceOf(evidence, claim)[1];
  });
  return evidence.chatUsd + sum(amounts);
}

/**
 * Checks that each purchase is counted once, in the transaction that ends its claim, and that nothing else is
 * counted.
 */
function money(evidence: Evidence, paid: ReadonlySet<Claim>, billUsd: number, violations: string[]) {
  const { claims, spending } = evidence;
  const transactions = new Set([
    ...spending.map((move) => move.transaction),
    ...claims.flatMap((c) => (c.end ? [c.end.transaction] : [])),
  ]);
  let [spentUsd, unknownUsd] = [0, 0];
  for (const transaction of transactions) {
    const ended = claims.filter((c) => c.end?.transaction === transaction);
    const spent = sum(spending.filter((m) => m.transaction === transaction).map((m) => m.spent_usd));
    const certain = ended.filter((c) => paid.has(c)).map((c) => priceOf(evidence, c));
    const possible = ended
      .filter((c) => !paid.has(c) && c.end?.charged === "unknown")
      .map((c) => c.estimateUsd);
    const [least, most] = [sum(certain.map(([l]) => l)), sum(certain.map(([, m]) => m)) + sum(possible)];
    spentUsd += spent;
    unknownUsd += Math.max(0, spent - sum(certain.map(([, m]) => m)));
    if (spent < least - EPSILON_USD || spent > most + EPSILON_USD)
      violations.push(
        `${usd(spent)} were counted where ${usd(least)} to ${usd(most)} were paid: ${ended.map(name).join(", ") || "no claim ended"}.`,
      );
  }
  for (const claim of paid)
    if (!claim.end) violations.push(`Paid for, and its claim has not ended: ${name(claim)}.`);
  if (spentUsd < billUsd - EPSILON_USD)
    violations.push(`The providers charged ${usd(billUsd)}, and the record knows of ${usd(spentUsd)}.`);
  return { spentUsd, unknownUsd };
}

/**
 * Checks that a paid unit is bought again only where the result was unusable, or by the person's decision.
 */
function repeats({ claims, decisions }: Evidence, paid: ReadonlySet<Claim>, violations: string[]) {
  const again = { unusable: 0, decided: 0 };
  for (const later of paid) {
    const before = claims
      .slice(0, claims.indexOf(later))
      .findLast((c) => c.unit === later.unit && paid.has(c));
    if (!before) continue;
    const asked = decisions.some(
      (d) =>
        d.taskId === before.taskId &&
        d.at >= (before.end?.at ?? Number.POSITIVE_INFINITY) &&
        d.at <= later.from,
    );
    if (asked) again.decided++;
    else if (isUnusable(before)) again.unusable++;
    else
      violations.push(
        `Paid for again without being asked: ${name(later)}, after attempt ${before.attempt}, which ended ${before.end?.status} (${before.end?.code}, charged: ${before.end?.charged}).`,
      );
  }
  return again;
}

/** Whether an answer came and could not be used; an unknown outcome has no code, or one that says so. */
const isUnusable = ({ end }: Claim): boolean =>
  end !== null && end.status !== "succeeded" && end.code !== null && !end.code.endsWith("outcome_unknown");

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
