import type { PaidCall } from "../../src/sandbox/chaos/calls.ts";
import type { Claim } from "./claims.ts";

export interface Matching {
  pairs: Map<PaidCall, Claim>;
  /** Calls for which no claim is left: each was paid for without a claim of its own. */
  left: PaidCall[];
}

/** Node's clock and Postgres' may round differently. */
const ROUNDING_MS = 2;

/**
 * Assigns to each call a claim of its own during which it was made; calls with the same `about` belong to one
 * unit of work. Of all assignments, one that leaves the fewest calls without a claim.
 */
export function match(calls: readonly PaidCall[], claims: readonly Claim[]): Matching {
  for (let leave = 0; ; leave++) {
    const pairs = search(calls, claims, leave);
    if (pairs) return { pairs, left: calls.filter((call) => !pairs.has(call)) };
  }
}

function search(
  calls: readonly PaidCall[],
  claims: readonly Claim[],
  leave: number,
  pairs: ReadonlyMap<PaidCall, Claim> = new Map(),
  units: ReadonlyMap<string, string> = new Map(),
): Map<PaidCall, Claim> | null {
  const [call, ...others] = calls;
  if (!call) return new Map(pairs);
  const taken = new Set(pairs.values());
  const unit = units.get(call.about);
  for (const claim of claims) {
    if (taken.has(claim) || !madeDuring(call, claim) || (unit !== undefined && unit !== claim.unit)) continue;
    const found = search(
      others,
      claims,
      leave,
      new Map([...pairs, [call, claim]]),
      new Map([...units, [call.about, claim.unit]]),
    );
    if (found) return found;
  }
  return leave > 0 ? search(others, claims, leave - 1, pairs, units) : null;
}

export const madeDuring = ({ at }: PaidCall, { from, until }: Claim): boolean =>
  at >= from - ROUNDING_MS && at <= until + ROUNDING_MS;
