/**
 * Rate limiter of one provider: GCRA with a queue, in which owners take turns (`turns.ts`). A caller acquires
 * a slot; one that is too early waits in the queue and is told when to come back. A 429 penalizes: it blocks
 * all callers for a time and lowers the rate. Successes raise the rate again. Pure; times are milliseconds
 * since the epoch.
 */
import { z } from "zod";
import type { Rate, RateLimit } from "./models/rate-limits.ts";
import { inTurn, isLate, nextArrival, Waiter, withRoom } from "./turns.ts";

const time = z.number();
const count = z.int().min(0);

const Persisted = z.object({
  /** The current rate: nominal, or lower after a penalty. */
  perMinute: z.number().positive(),
  /** When the token bucket is full again after the calls so far (GCRA's theoretical arrival time). */
  fullAt: time,
  /** When a caller went last. */
  lastSlotAt: time.default(0),
  /** No caller goes before this. */
  blockedUntil: time,
  /** Successes raise the rate from this time on. */
  recoversFrom: time,
  /** Since the rate was last nominal. */
  penalties: count,
  penaltiesSinceSuccess: count,
  /** Late waiters, then those whose slot is to come, in ascending order of slots. */
  queue: z.array(Waiter),
  /** When the state was last used, by the limiter's own clock. */
  seenAt: time,
});

/** The state of one rate limiter, as plain JSON; `limit` is today's, whatever was stored. */
export type RateLimiter = z.infer<typeof Persisted> & { limit: RateLimit };

/**
 * `go`: call now; while `probing`, report a success with `reportSuccess`. `wait`: acquire again after
 * `afterMs`.
 */
export type Admission = { kind: "go"; probing: boolean } | { kind: "wait"; afterMs: number };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A caller that is this late is taken for dead and leaves the queue. */
const WAITER_KEPT_MS = 2 * MINUTE;
/** A caller with a later slot comes back this often, since the rate may have risen. */
const RECHECK_MS = 2 * MINUTE;
const MAX_WAIT_MS = HOUR;
/** How long a 429 without `retry_after` blocks; doubled with each one since the last success. */
const BLOCK_MS = { first: 10 * SECOND, max: MINUTE };
const PENALTY_FACTOR = 0.25;
/**
 * After a penalty the rate does not rise for this long; doubled each time, so that a lasting limit is tried
 * seldom.
 */
const RECOVERY_PAUSE_MS = { first: 2 * MINUTE, max: 16 * MINUTE };
/**
 * Share of the nominal rate that each success adds: a busy limiter recovers from its floor within minutes.
 */
const RECOVERY_STEP = 1 / 200;
/** An idle limiter gets no reports of success, so penalties are forgotten this long after the block ended. */
const PENALTY_KEPT_MS = HOUR;

export const newRateLimiter = (limit: RateLimit, now: number): RateLimiter => ({
  limit,
  perMinute: limit.nominal.perMinute,
  fullAt: now,
  lastSlotAt: now,
  blockedUntil: now,
  recoversFrom: now,
  penalties: 0,
  penaltiesSinceSuccess: 0,
  queue: [],
  seenAt: now,
});

/**
 * A rate limiter from its stored state, with its rate held within today's limit; a new one if the state is
 * unreadable.
 */
export function restoredRateLimiter(stored: unknown, limit: RateLimit, now: number): RateLimiter {
  const { success, data } = Persisted.safeParse(stored);
  if (!success) return newRateLimiter(limit, now);
  const perMinute = Math.min(limit.nominal.perMinute, Math.max(limit.floor.perMinute, data.perMinute));
  return { ...data, limit, perMinute };
}

/** Whether the state need not be stored, because a new rate limiter would do as well. */
export const needsNoStorage = (limiter: RateLimiter): boolean =>
  !isSlowed(limiter) && limiter.queue.length === 0 && limiter.blockedUntil <= limiter.seenAt;

/**
 * Acquires a slot for the task `key` of `owner`, which has one entry in the queue however often it asks. A
 * caller goes at its slot, or earlier if the current rate allows it after all callers ahead of it. One that
 * comes after its slot goes next, or at the next turn of its owner if another task had the one that it missed.
 * A caller for whom the queue has no room is told when to come back, too.
 */
export function acquire(
  before: RateLimiter,
  { key, owner }: { key: string; owner: string },
  now: number,
): { state: RateLimiter; admission: Admission } {
  const limiter = upToDate(before, now);
  const known = limiter.queue.find((waiter) => waiter.key === key);
  const caller = known
    ? { ...known, owner: owner || known.owner }
    : { key, owner, arrival: nextArrival(limiter.queue, owner), slot: now, returnAt: now, missed: false };
  const { slot, turns } = turnOf(limiter, caller, known, now);
  const late = limiter.queue.filter((waiter) => isLate(waiter, now) && waiter.key !== key);
  if (slot <= now) {
    const missed = late.map((w) => (w.owner === caller.owner ? { ...w, missed: true } : w));
    const queue = [...missed, ...turns.filter((waiter) => waiter.key !== key)];
    const fullAt = Math.max(limiter.fullAt, now) + intervalMs(limiter);
    return {
      state: rescheduled({ ...limiter, queue, fullAt, lastSlotAt: now }, now),
      admission: { kind: "go", probing: isSlowed(limiter) },
    };
  }
  const placed = turns.map((waiter) => (waiter.key === key ? { ...caller, slot, missed: false } : waiter));
  const queue = [...late, ...placed];
  const queued = known ? queue : withRoom(queue, owner);
  if (!queued) return { state: limiter, admission: waitUntil(returnTime(limiter, slot, now), now) };
  const state = rescheduled({ ...limiter, queue: queued }, now);
  const returnAt = returnTime(state, state.queue.find((waiter) => waiter.key === key)?.slot ?? slot, now);
  return {
    state: { ...state, queue: state.queue.map((w) => (w.key === key ? { ...w, returnAt } : w)) },
    admission: waitUntil(returnAt, now),
  };
}

/** The provider answered 429. `afterSeconds`: its `retry_after`, or null where it gave none. */
export function penalize(before: RateLimiter, afterSeconds: number | null, now: number): RateLimiter {
  const limiter = upToDate(before, now);
  // While blocked, a 429 answers a call that was sent before: it does not lower the rate once more.
  const known = now < limiter.blockedUntil;
  if (known && afterSeconds === null) return limiter;
  const afterMs =
    afterSeconds === null
      ? doubled(BLOCK_MS, limiter.penaltiesSinceSuccess)
      : Math.min(MAX_WAIT_MS, Math.max(SECOND, afterSeconds * SECOND));
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
  // No burst after the block: one call, then the others at the lowered rate.
  const fullAt = Math.max(limiter.fullAt, blockedUntil + slackMs(slowed));
  return rescheduled({ ...slowed, blockedUntil, fullAt }, now);
}

/** The provider accepted a call. Returns the same object where that changes nothing. */
export function reportSuccess(before: RateLimiter, now: number): RateLimiter {
  const limiter = upToDate(before, now);
  // The call was sent before the block, so it says nothing about the rate after it.
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

/** Milliseconds by which calls may run ahead of the even rate: the burst. */
function slackMs(limiter: RateLimiter): number {
  const { nominal, floor } = limiter.limit;
  const share = limiter.perMinute / nominal.perMinute;
  return (Math.max(floor.burst, Math.floor(nominal.burst * share)) - 1) * intervalMs(limiter);
}

const doubled = ({ first, max }: { first: number; max: number }, times: number): number =>
  Math.min(max, first * 2 ** times);

const waitUntil = (time: number, now: number): Admission => ({ kind: "wait", afterMs: time - now });

/** When to come back for a slot: before a distant one already, since the rate may have risen by then. */
const returnTime = ({ blockedUntil }: RateLimiter, slot: number, now: number): number =>
  Math.min(slot, Math.max(now + RECHECK_MS, blockedUntil));

/**
 * The rate after a penalty. A `retry_after` no longer than the floor's interval is the wait for one token,
 * which gives the provider's rate; a longer one is the wait for a window to end and says nothing about the
 * rate.
 */
function lowered({ perMinute, limit: { floor } }: RateLimiter, afterSeconds: number | null): number {
  const wait = (afterSeconds ?? 0) * SECOND;
  const stated = wait > 0 && wait <= intervalMs(floor) ? MINUTE / wait : Number.POSITIVE_INFINITY;
  return Math.max(floor.perMinute, Math.min(perMinute * PENALTY_FACTOR, stated));
}

/** The earliest slots for calls in this order, none before its time in `wanted`. */
function schedule(limiter: RateLimiter, wanted: number[]): number[] {
  const [interval, slack] = [intervalMs(limiter), slackMs(limiter)];
  let { fullAt } = limiter;
  let slot = Number.NEGATIVE_INFINITY;
  return wanted.map((time) => {
    slot = Math.max(slot, time, Math.ceil(fullAt - slack));
    fullAt = Math.max(fullAt, slot) + interval;
    return slot;
  });
}

/** The caller's slot, and the waiters in turn with the caller among them; `known`: its entry in the queue. */
function turnOf(
  limiter: RateLimiter,
  caller: Waiter,
  known: Waiter | undefined,
  now: number,
): { slot: number; turns: Waiter[] } {
  const wasLate = known !== undefined && isLate(known, now);
  const unused = ownersExpected(limiter, now);
  const due = wasLate && (!known.missed || unused.includes(caller.owner));
  // Callers that are late delay no one who is due.
  const expected = due ? [] : unused;
  const waiting = limiter.queue
    .filter((waiter) => !isLate(waiter, now))
    .map((waiter) => (waiter.key === caller.key ? caller : waiter));
  const turns = inTurn(waiting, caller, { due, expected });
  const ahead = turns.slice(
    0,
    turns.findIndex((waiter) => waiter.key === caller.key),
  );
  const wanted = [...expected.map(() => now), ...ahead.map((waiter) => waiter.slot), now];
  const earliest = schedule(limiter, wanted).at(-1) ?? now;
  return { slot: known && !wasLate ? Math.min(known.slot, earliest) : earliest, turns };
}

/** The owners of late waiters whose slot nobody has used so far. */
const ownersExpected = ({ queue, lastSlotAt }: RateLimiter, now: number): string[] => {
  const expected = queue.filter((w) => isLate(w, now) && !w.missed && w.slot > lastSlotAt);
  return [...new Set(expected.map(({ owner }) => owner))];
};

/** Moves slots that are too early by now, keeping their order. Callers that are late delay no one. */
function rescheduled(limiter: RateLimiter, now: number): RateLimiter {
  const late = limiter.queue.filter((waiter) => isLate(waiter, now));
  const waiting = limiter.queue.filter((waiter) => !isLate(waiter, now));
  const slots = schedule(
    limiter,
    waiting.map(({ slot }) => slot),
  );
  const moved = waiting.map((waiter, i) => {
    const slot = slots[i] ?? waiter.slot;
    return slot === waiter.slot ? waiter : { ...waiter, slot };
  });
  return { ...limiter, queue: [...late, ...moved] };
}

/**
 * The state at `now`, without late callers and forgotten penalties. If the clock went back since the last
 * use, all times go back with it, so that waits keep their length.
 */
function upToDate(limiter: RateLimiter, now: number): RateLimiter {
  const back = Math.min(0, now - limiter.seenAt);
  const moved = back === 0 ? limiter : movedBy(limiter, back);
  const queue = moved.queue.filter(({ returnAt }) => now <= returnAt + WAITER_KEPT_MS);
  const kept = { ...moved, queue, seenAt: now };
  if (!isSlowed(kept) || now < kept.blockedUntil + PENALTY_KEPT_MS) return kept;
  return { ...kept, perMinute: kept.limit.nominal.perMinute, penalties: 0, penaltiesSinceSuccess: 0 };
}

const movedBy = (limiter: RateLimiter, ms: number): RateLimiter => ({
  ...limiter,
  fullAt: limiter.fullAt + ms,
  lastSlotAt: limiter.lastSlotAt + ms,
  blockedUntil: limiter.blockedUntil + ms,
  recoversFrom: limiter.recoversFrom + ms,
  queue: limiter.queue.map((waiter) => ({
    ...waiter,
    slot: waiter.slot + ms,
    returnAt: waiter.returnAt + ms,
  })),
});
