/**
 * The queue of a rate limiter: round robin by owner. Pure; times are milliseconds since the epoch.
 *
 * Each owner has a queue of their own, in the order of arrival, and the owners take turns: between two turns
 * of an owner, every other owner who waits has one. So the first task of an owner's queue waits for at most
 * one slot of each other owner who waits, however many tasks these have, and the n-th for n turns of each. An
 * owner who begins to wait is behind one turn of each of the others.
 *
 * A caller is told its slot ahead and can't be called back, so waiters keep their order, and only the place
 * of the caller is found anew. By the turns of other owners, the slot of a waiter moves to a later time only
 * if it is not the first of its owner. A waiter that never comes back holds its turn until that has gone by.
 */
import { z } from "zod";

export const Waiter = z.object({
  /** The task. */
  key: z.string(),
  /** Whose turn it takes. Empty where it is not known, which counts as one owner. */
  owner: z.string().default(""),
  /** Its order among the tasks of this owner. */
  arrival: z.int().min(0).default(0),
  /** The earliest time at which its call may be sent. */
  slot: z.number(),
  /** When the caller was told to come back: at the slot, or earlier to ask again. */
  returnAt: z.number(),
  /** Its slot has gone by, and another task of its owner has had a turn since: it will get a new one. */
  missed: z.boolean().default(false),
});
export type Waiter = z.infer<typeof Waiter>;

/** The queue is never longer. */
const MAX_WAITERS = 5_000;
/** An owner never has more places: enough for a song of 30 minutes, which has 900 scenes of 2 s at most. */
const MAX_WAITERS_OF_OWNER = 1_000;

/** Whether its slot has come, and the waiter has not. */
export const isLate = ({ slot }: Waiter, now: number): boolean => slot <= now;

/** For the next task of an owner. */
export const nextArrival = (queue: readonly Waiter[], owner: string): number =>
  queue.reduce((most, waiter) => (waiter.owner === owner ? Math.max(most, waiter.arrival) : most), 0) + 1;

/**
 * The queue, which has a new waiter of `owner`, within its bounds; null where there is no room for that one.
 * In a full queue the owner who has most places gives up the last one, whose task comes back when it was told
 * to, as a new caller. So every owner finds a place while fewer than 5,000 owners wait.
 */
export function withRoom(queue: Waiter[], owner: string): Waiter[] | null {
  const places = new Map<string, number>();
  for (const waiter of queue) places.set(waiter.owner, (places.get(waiter.owner) ?? 0) + 1);
  const own = places.get(owner) ?? 0;
  if (own > MAX_WAITERS_OF_OWNER) return null;
  if (queue.length <= MAX_WAITERS) return queue;
  const [most, count] = [...places].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (count <= own) return null;
  return queue.toSpliced(
    queue.findLastIndex((waiter) => waiter.owner === most),
    1,
  );
}

/** Whose turn is now, ahead of all waiters whose slot is to come. */
interface TurnsNow {
  /** It is the caller's. */
  due: boolean;
  /** Owners whose turn it is, in this order: they are expected to come at any moment. */
  expected: readonly string[];
}

/**
 * The waiters in the order of their turns, with the caller in its place. `waiting`: those whose slot is to
 * come, in the order of their turns; with the caller if it is one of them.
 */
export function inTurn(waiting: readonly Waiter[], caller: Waiter, { due, expected }: TurnsNow): Waiter[] {
  const others: Waiter[] = [];
  const own: Waiter[] = [];
  /** For each of `own`, how many of `others` are ahead of it. */
  const places: number[] = [];
  for (const waiter of waiting) {
    if (waiter.owner !== caller.owner) others.push(waiter);
    else {
      own.push(waiter);
      places.push(others.length);
    }
  }
  /** The place of an owner's next turn after one at `place`, or of its first one. */
  const nextTurn = (place: number | undefined) =>
    place === undefined
      ? behindOneOfEach(others, 0, expected.slice(expected.indexOf(caller.owner) + 1))
      : behindOneOfEach(others, place, []);

  const at = own.findIndex(({ key }) => key === caller.key);
  if (at >= 0) {
    // It may be its turn earlier than it was told: waiters have left.
    places[at] = Math.min(places[at] ?? 0, nextTurn(places[at - 1]));
  } else {
    own.push(caller);
    own.sort((a, b) => a.arrival - b.arrival);
    if (due) places.unshift(0);
    else places.push(nextTurn(places.at(-1)));
  }

  const turns: Waiter[] = [];
  let placed = 0;
  for (const [i, waiter] of own.entries()) {
    const place = Math.max(places[i] ?? 0, i === 0 ? 0 : nextTurn(placed));
    turns.push(...others.slice(placed, place), waiter);
    placed = place;
  }
  return [...turns, ...others.slice(placed)];
}

/** The next place, from `place` on, that is behind one turn of each owner; `had`: those who had theirs. */
function behindOneOfEach(waiters: readonly Waiter[], place: number, had: readonly string[]): number {
  const owners = new Set(had);
  let next = place;
  for (let owner = waiters[next]?.owner; owner !== undefined && !owners.has(owner); ) {
    owners.add(owner);
    owner = waiters[++next]?.owner;
  }
  return next;
}
