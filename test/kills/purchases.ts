/** What was bought for a project, set against what its record says of it. */
import { transcriptionCostUsd } from "../../src/domain/models/language-models.ts";
import type { PaidCall } from "../../src/sandbox/chaos/calls.ts";
import type { PurseMove } from "./audit.ts";
import type { Claim } from "./claims.ts";
import { madeDuring, match } from "./matching.ts";

export interface Evidence {
  projectId: string;
  songSeconds: number;
  claims: Claim[];
  reservation: PurseMove[];
  /** All that arrived at the providers during the run, whoever asked. */
  calls: PaidCall[];
  /** Replicate's own bill: how often a prediction with this webhook was accepted, and charged. */
  accepted: Readonly<Record<string, number>>;
  charged: Readonly<Record<string, number>>;
  /** OpenRouter's own bill for the run. */
  chatUsd: number;
  /** When the person asked for a task again of which nobody could tell whether it was paid for. */
  decisions: { taskId: string; at: number }[];
}

export interface Purchases {
  claims: number;
  posts: number;
  /** Claims that made a call: as many as there are calls, where none was made twice. */
  posting: number;
  billUsd: number;
  spentUsd: number;
  /** Spent, in the record's view, for calls of which it can't tell. */
  unknownUsd: number;
  /** The same thing bought again after it was paid for and could not be used, or by the person's word. */
  again: { spoiled: number; decided: number };
  violations: string[];
}

const EPSILON_USD = 0.000_01;
const usd = (amount: number) => `$${amount.toFixed(6)}`;
const name = (claim: Claim) => `${claim.stage} ${claim.taskId} attempt ${claim.attempt}`;
/** Accepted by the provider, as far as its answer shows: one that was cut off tells nothing, and counts. */
const wasTaken = (call: PaidCall) => call.status === null || (call.status >= 200 && call.status < 300);

export function audit(evidence: Evidence): Purchases {
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
    posts: calls.length,
    posting: new Set(pairs.values()).size,
    billUsd,
    again: repeats(evidence, paid, violations),
    ...money(evidence, paid, billUsd, violations),
    violations,
  };
}

/** Orders at Replicate name their claim in the webhook's address: each address is one claim, and one call. */
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
  claim.provider === "replicate" ? (charged[call.about] ?? 0) > 0 : wasTaken(call);

/** The least and the most that a claim which was paid for may have cost. */
function priceOf({ songSeconds }: Evidence, claim: Claim): [number, number] {
  // A chat is charged by what it used, and estimated at its most.
  if (claim.provider === "openrouter") return [0, claim.estimateUsd];
  if (claim.provider === "replicate") return [claim.estimateUsd, claim.estimateUsd];
  return [transcriptionCostUsd(songSeconds), transcriptionCostUsd(Math.ceil(songSeconds))];
}

/** What the providers ask for, by their own lists of prices. */
function bill(evidence: Evidence, pairs: ReadonlyMap<PaidCall, Claim>): number {
  const amounts = [...pairs].map(([call, claim]) => {
    if (claim.provider === "openrouter") return 0;
    const times =
      claim.provider === "replicate" ? (evidence.charged[call.about] ?? 0) : Number(wasTaken(call));
    return times * priceOf(evidence, claim)[1];
  });
  return evidence.chatUsd + sum(amounts);
}

/** Every purchase is counted once, in the transaction that ends its claim; what is counted was bought, or may have been. */
function money(evidence: Evidence, paid: ReadonlySet<Claim>, billUsd: number, violations: string[]) {
  const { claims, reservation } = evidence;
  const transactions = new Set([
    ...reservation.map((move) => move.transaction),
    ...claims.flatMap((c) => (c.end ? [c.end.transaction] : [])),
  ]);
  let [spentUsd, unknownUsd] = [0, 0];
  for (const transaction of transactions) {
    const ended = claims.filter((c) => c.end?.transaction === transaction);
    const spent = sum(reservation.filter((m) => m.transaction === transaction).map((m) => m.spent_usd));
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

/** What was paid for is bought again only where it could not be used, or by the person's word. */
function repeats({ claims, decisions }: Evidence, paid: ReadonlySet<Claim>, violations: string[]) {
  const again = { spoiled: 0, decided: 0 };
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
    else if (isSpoiled(before)) again.spoiled++;
    else
      violations.push(
        `Paid for again without being asked: ${name(later)}, after attempt ${before.attempt}, which ended ${before.end?.status} (${before.end?.code}, charged: ${before.end?.charged}).`,
      );
  }
  return again;
}

/** An answer came, and was of no use: what nobody can tell has no code, or says so by its code. */
const isSpoiled = ({ end }: Claim): boolean =>
  end !== null && end.status !== "succeeded" && end.code !== null && !end.code.endsWith("outcome_unknown");

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
