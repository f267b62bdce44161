/**
 * A paced rate limiter in front of a provider. Callers go through at the provider's rate; who comes too
 * early gets a place, and when to come back. A refusal closes the rate limiter for everybody and slows it;
 * successes raise the rate again. Times are milliseconds since the epoch.
 */
import { z } from "zod";
import type { Rate, RateLimit } from "./models/rate-limits.ts";

const time = z.number();
const count = z.int().min(0);

const Waiter = z.object({
  key: z.string(),
  /** From when on its caller may go. */
  slot: time,
  /** When its caller was told to come: the slot, or earlier. */
  returnAt: time,
});

const Persisted = z.object({
  perMinute: z.number().positive(),
  /** When the passes so far are made up for: the bucket is full (GCRA's theoretical arrival time). */
  fullAt: time,
  blockedUntil: time,
  /** Successes raise the rate from then on. */
  recoversFrom: time,
  /** Closings since the rate was nominal, and since the last success. */
  penalties: count,
  penaltiesSinceSuccess: count,
  /** In the order of the slots of those who are not due yet. */
  queue: z.array(Waiter),
  /** When the rate limiter was last used, by its own clock. */
  seenAt: time,
});

/** Plain JSON. */
export type RateLimiter = z.infer<typeof Persisted> & { limit: RateLimit };

export type Admission =
  /** `probing`: the rate limiter is slowed and wants to hear of a success, by `went`. */
  { kind: "go"; probing: boolean } | { kind: "wait"; afterMs: number };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A caller that does not come this long after its time is taken for dead. */
const WAITER_KEPT_MS = 2 * MINUTE;
const MOST_WAITERS = 5_000;
const RECHECK_MS = 2 * MINUTE;
const LONGEST_WAIT_MS = HOUR;
const BLOCK_MS = { first: 10 * SECOND, most: MINUTE };
const PENALTY_FACTOR = 0.25;
/** After a closing the rate rests, twice as long each time: a limit that stays is not tried for ever. */
const RECOVERY_PAUSE_MS = { first: 2 * MINUTE, most: 16 * MINUTE };
/** Of the nominal rate, for each success: a busy rate limiter is back from the floor within minutes. */
const RECOVERY_STEP = 1 / 200;
/** An idle rate limiter hears of no success; what it was told this long ago is out of date. */
const PENALTY_KEPT_MS = HOUR;

export const newRateLimiter = (limit: RateLimit, now: number): RateLimiter => ({
  limit,
  perMinute: limit.nominal.perMinute,
  fullAt: now,
  blockedUntil: now,
  recoversFrom: now,
  penalties: 0,
  penaltiesSinceSuccess: 0,
  queue: [],
  seenAt: now,
});

/** A rate limiter as it was kept, at today's limit; a new one where what was kept can't be read. */
export function restoredRateLimiter(kept: unknown, limit: RateLimit, now: number): RateLimiter {
  const { success, data } = Persisted.safeParse(kept);
  if (!success) return newRateLimiter(limit, now);
  const perMinute = Math.min(limit.nominal.perMinute, Math.max(limit.floor.perMinute, data.perMinute));
  return { ...data, limit, perMinute };
}

/** Whether a rate limiter that has forgotten everything is as good. */
export const isDefault = (limiter: RateLimiter): boolean =>
  !isSlowed(limiter) && limiter.queue.length === 0 && limiter.blockedUntil <= limiter.seenAt;

/**
 * `key` names the caller: while it waits, the same key has one place. Who comes at or after its slot
 * goes, unless so late that others used the time; who comes earlier goes if all before it are through.
 */
export function acquire(
  before: RateLimiter,
  key: string,
  now: number,
): { state: RateLimiter; admission: Admission } {
  const limiter = upToDate(before, now);
  const index = limiter.queue.findIndex((waiter) => waiter.key === key);
  const slot = slotOf(limiter, index, now);
  const rest = limiter.queue.toSpliced(index, index < 0 ? 0 : 1);
  if (slot <= now) {
    const fullAt = Math.max(limiter.fullAt, now) + intervalMs(limiter);
    return {
      state: { ...limiter, queue: rest, fullAt },
      admission: { kind: "go", probing: isSlowed(limiter) },
    };
  }
  if (index < 0 && rest.length >= MOST_WAITERS)
    return { state: limiter, admission: { kind: "wait", afterMs: Math.min(LONGEST_WAIT_MS, slot - now) } };

  const at = index < 0 ? rest.length : index;
  const laid = spaced({ ...limiter, queue: rest.toSpliced(at, 0, { key, slot, returnAt: slot }) }, now);
  const told = returnTime(laid, laid.queue[at]?.slot ?? slot, now);
  const queue = laid.queue.map((waiter, i) => (i === at ? { ...waiter, returnAt: told } : waiter));
  return { state: { ...laid, queue }, admission: { kind: "wait", afterMs: told - now } };
}

/** The provider refused a call. `afterSeconds`: when it wants to be asked again, or null. */
export function penalize(before: RateLimiter, afterSeconds: number | null, now: number): RateLimiter {
  const limiter = upToDate(before, now);
  // A call that left before the rate limiter closed tells of the same refusal.
  const known = now < limiter.blockedUntil;
  if (known && afterSeconds === null) return limiter;
  const afterMs =
    afterSeconds === null
      ? doubled(BLOCK_MS, limiter.penaltiesSinceSuccess)
      : Math.min(LONGEST_WAIT_MS, Math.max(SECOND, afterSeconds * SECOND));
  const slowed = known
    ? limiter
    : {
        ...limiter,
        perMinute: lowered(limiter, afterSeconds),
        penalties: limiter.penalties + 1,
        penaltiesSinceSuccess: limiter.penaltiesSinceSuccess + 1,
        recoversFrom: now + doubled(RECOVERY_PAUSE_MS, limiter.penalties),
      };
  const blockedUntil = Math.max(limiter.blockedUntil, Math.ceil(now + afterMs));
  // Not a burst when it opens again: one call, and the others after it.
  const fullAt = Math.max(limiter.fullAt, blockedUntil + slackMs(slowed));
  return spaced({ ...slowed, blockedUntil, fullAt }, Number.NEGATIVE_INFINITY);
}

/** The provider took a call. The same rate limiter, where that changes nothing. */
export function reportSuccess(before: RateLimiter, now: number): RateLimiter {
  const limiter = upToDate(before, now);
  // What left before the rate limiter closed says nothing of the time after.
  if (!isSlowed(limiter) || now < limiter.blockedUntil) return before;
  if (now < limiter.recoversFrom) return { ...limiter, penaltiesSinceSuccess: 0 };
  const nominal = limiter.limit.nominal.perMinute;
  const perMinute = Math.min(nominal, limiter.perMinute + nominal * RECOVERY_STEP);
  return {
    ...limiter,
    perMinute,
    penaltiesSinceSuccess: 0,
    penalties: perMinute < nominal ? limiter.penalties : 0,
  };
}

const isSlowed = ({ perMinute, limit }: RateLimiter): boolean => perMinute < limit.nominal.perMinute;

const intervalMs = ({ perMinute }: Pick<Rate, "perMinute">): number => MINUTE / perMinute;

/** How far ahead of its interval a burst may be. */
function slackMs(limiter: RateLimiter): number {
  const { nominal, floor } = limiter.limit;
  const share = limiter.perMinute / nominal.perMinute;
  return (Math.max(floor.burst, Math.floor(nominal.burst * share)) - 1) * intervalMs(limiter);
}

const doubled = ({ first, most }: { first: number; most: number }, times: number): number =>
  Math.min(most, first * 2 ** times);

/** When to come for a slot: a far one is looked at again before, in case that the rate limiter is faster by then. */
const returnTime = ({ blockedUntil }: RateLimiter, slot: number, now: number): number =>
  Math.min(slot, Math.max(now + RECHECK_MS, blockedUntil));

/** Being told to wait for one token of a bucket tells its rate; a longer wait is for a window, and tells nothing. */
function lowered({ perMinute, limit: { floor } }: RateLimiter, afterSeconds: number | null): number {
  const wait = (afterSeconds ?? 0) * SECOND;
  const told = wait > 0 && wait <= intervalMs(floor) ? MINUTE / wait : Number.POSITIVE_INFINITY;
  return Math.max(floor.perMinute, Math.min(perMinute * PENALTY_FACTOR, told));
}

/** Times from which on each of `wanted`, taken in order, may be used; none before it was wanted. */
function schedule(limiter: RateLimiter, wanted: number[]): number[] {
  const [interval, slack] = [intervalMs(limiter), slackMs(limiter)];
  let { fullAt } = limiter;
  return wanted.map((time) => {
    const slot = Math.max(time, Math.ceil(fullAt - slack));
    fullAt = Math.max(fullAt, slot) + interval;
    return slot;
  });
}

/** When the caller with the place at `index` may go; -1 for one without a place. */
function slotOf(limiter: RateLimiter, index: number, now: number): number {
  const waiter = limiter.queue[index];
  if (waiter && waiter.slot <= now) return schedule(limiter, [now])[0] ?? now;
  const before = waiter ? limiter.queue.slice(0, index) : limiter.queue;
  const slot = schedule(limiter, [...before.map((p) => Math.max(p.slot, now)), now]).at(-1) ?? now;
  return waiter ? Math.min(waiter.slot, slot) : slot;
}

/** Moves slots after `from` that are too early by now, in their order. Who is due holds up nobody. */
function spaced(limiter: RateLimiter, from: number): RateLimiter {
  const slots = schedule(
    limiter,
    limiter.queue.filter(({ slot }) => slot > from).map(({ slot }) => slot),
  );
  let next = 0;
  const queue = limiter.queue.map((waiter) => {
    if (waiter.slot <= from) return waiter;
    const slot = slots[next++] ?? waiter.slot;
    return slot === waiter.slot ? waiter : { ...waiter, slot };
  });
  return { ...limiter, queue };
}

/** The rate limiter as it is by now: the clock's steps back undone, dead callers' places and old setbacks gone. */
function upToDate(limiter: RateLimiter, now: number): RateLimiter {
  const back = Math.min(0, now - limiter.seenAt);
  const moved = back === 0 ? limiter : movedBy(limiter, back);
  const queue = moved.queue.filter(({ returnAt: told }) => now <= told + WAITER_KEPT_MS);
  const kept = { ...moved, queue, seenAt: now };
  if (!isSlowed(kept) || now < kept.blockedUntil + PENALTY_KEPT_MS) return kept;
  return { ...kept, perMinute: kept.limit.nominal.perMinute, penalties: 0, penaltiesSinceSuccess: 0 };
}

const movedBy = (limiter: RateLimiter, ms: number): RateLimiter => ({
  ...limiter,
  fullAt: limiter.fullAt + ms,
  blockedUntil: limiter.blockedUntil + ms,
  recoversFrom: limiter.recoversFrom + ms,
  queue: limiter.queue.map((waiter) => ({
    ...waiter,
    slot: waiter.slot + ms,
    returnAt: waiter.returnAt + ms,
  })),
});
