/**
 * A paced door in front of a provider. Callers go through at the provider's rate; who comes too
 * early gets a place, and when to come back. A refusal closes the door for everybody and slows it;
 * successes raise the rate again. Times are milliseconds since the epoch.
 */
import { z } from "zod";
import type { Rate, RateLimit } from "./models/rate-limits.ts";

const time = z.number();
const count = z.int().min(0);

const Place = z.object({
  key: z.string(),
  /** From when on its caller may go. */
  slot: time,
  /** When its caller was told to come: the slot, or earlier. */
  told: time,
});

const Persisted = z.object({
  perMinute: z.number().positive(),
  /** When the passes so far are made up for: the bucket is full (GCRA's theoretical arrival time). */
  fullAt: time,
  closedUntil: time,
  /** Successes raise the rate from then on. */
  raisesFrom: time,
  /** Closings since the rate was nominal, and since the last success. */
  setbacks: count,
  unanswered: count,
  /** In the order of the slots of those who are not due yet. */
  places: z.array(Place),
  /** When the door was last used, by its own clock. */
  seenAt: time,
});

/** Plain JSON. */
export type Door = z.infer<typeof Persisted> & { limit: RateLimit };

export type Verdict =
  /** `careful`: the door is slowed and wants to hear of a success, by `went`. */
  { kind: "go"; careful: boolean } | { kind: "wait"; afterMs: number };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A caller that does not come this long after its time is taken for dead. */
const PLACE_KEPT_MS = 2 * MINUTE;
const MOST_PLACES = 5_000;
const LOOK_AGAIN_MS = 2 * MINUTE;
const LONGEST_WAIT_MS = HOUR;
const CLOSED_MS = { first: 10 * SECOND, most: MINUTE };
const SLOWED = 0.25;
/** After a closing the rate rests, twice as long each time: a limit that stays is not tried for ever. */
const REST_MS = { first: 2 * MINUTE, most: 16 * MINUTE };
/** Of the nominal rate, for each success: a busy door is back from the floor within minutes. */
const RAISE = 1 / 200;
/** An idle door hears of no success; what it was told this long ago is out of date. */
const FORGOTTEN_MS = HOUR;

export const openDoor = (limit: RateLimit, now: number): Door => ({
  limit,
  perMinute: limit.nominal.perMinute,
  fullAt: now,
  closedUntil: now,
  raisesFrom: now,
  setbacks: 0,
  unanswered: 0,
  places: [],
  seenAt: now,
});

/** A door as it was kept, at today's limit; a new one where what was kept can't be read. */
export function reopened(kept: unknown, limit: RateLimit, now: number): Door {
  const { success, data } = Persisted.safeParse(kept);
  if (!success) return openDoor(limit, now);
  const perMinute = Math.min(limit.nominal.perMinute, Math.max(limit.floor.perMinute, data.perMinute));
  return { ...data, limit, perMinute };
}

/** Whether a door that has forgotten everything is as good. */
export const isAtRest = (door: Door): boolean =>
  !isSlowed(door) && door.places.length === 0 && door.closedUntil <= door.seenAt;

/**
 * `key` names the caller: while it waits, the same key has one place. Who comes at or after its slot
 * goes, unless so late that others used the time; who comes earlier goes if all before it are through.
 */
export function enter(before: Door, key: string, now: number): { state: Door; verdict: Verdict } {
  const door = settled(before, now);
  const index = door.places.findIndex((place) => place.key === key);
  const slot = slotOf(door, index, now);
  const others = door.places.toSpliced(index, index < 0 ? 0 : 1);
  if (slot <= now) {
    const fullAt = Math.max(door.fullAt, now) + intervalMs(door);
    return { state: { ...door, places: others, fullAt }, verdict: { kind: "go", careful: isSlowed(door) } };
  }
  if (index < 0 && others.length >= MOST_PLACES)
    return { state: door, verdict: { kind: "wait", afterMs: Math.min(LONGEST_WAIT_MS, slot - now) } };

  const at = index < 0 ? others.length : index;
  const laid = spaced({ ...door, places: others.toSpliced(at, 0, { key, slot, told: slot }) }, now);
  const told = visitAt(laid, laid.places[at]?.slot ?? slot, now);
  const places = laid.places.map((place, i) => (i === at ? { ...place, told } : place));
  return { state: { ...laid, places }, verdict: { kind: "wait", afterMs: told - now } };
}

/** The provider refused a call. `afterSeconds`: when it wants to be asked again, or null. */
export function throttled(before: Door, afterSeconds: number | null, now: number): Door {
  const door = settled(before, now);
  // A call that left before the door closed tells of the same refusal.
  const known = now < door.closedUntil;
  if (known && afterSeconds === null) return door;
  const afterMs =
    afterSeconds === null
      ? doubled(CLOSED_MS, door.unanswered)
      : Math.min(LONGEST_WAIT_MS, Math.max(SECOND, afterSeconds * SECOND));
  const slowed = known
    ? door
    : {
        ...door,
        perMinute: lowered(door, afterSeconds),
        setbacks: door.setbacks + 1,
        unanswered: door.unanswered + 1,
        raisesFrom: now + doubled(REST_MS, door.setbacks),
      };
  const closedUntil = Math.max(door.closedUntil, Math.ceil(now + afterMs));
  // Not a burst when it opens again: one call, and the others after it.
  const fullAt = Math.max(door.fullAt, closedUntil + slackMs(slowed));
  return spaced({ ...slowed, closedUntil, fullAt }, Number.NEGATIVE_INFINITY);
}

/** The provider took a call. The same door, where that changes nothing. */
export function went(before: Door, now: number): Door {
  const door = settled(before, now);
  // What left before the door closed says nothing of the time after.
  if (!isSlowed(door) || now < door.closedUntil) return before;
  if (now < door.raisesFrom) return { ...door, unanswered: 0 };
  const nominal = door.limit.nominal.perMinute;
  const perMinute = Math.min(nominal, door.perMinute + nominal * RAISE);
  return { ...door, perMinute, unanswered: 0, setbacks: perMinute < nominal ? door.setbacks : 0 };
}

const isSlowed = ({ perMinute, limit }: Door): boolean => perMinute < limit.nominal.perMinute;

const intervalMs = ({ perMinute }: Pick<Rate, "perMinute">): number => MINUTE / perMinute;

/** How far ahead of its interval a burst may be. */
function slackMs(door: Door): number {
  const { nominal, floor } = door.limit;
  const share = door.perMinute / nominal.perMinute;
  return (Math.max(floor.burst, Math.floor(nominal.burst * share)) - 1) * intervalMs(door);
}

const doubled = ({ first, most }: { first: number; most: number }, times: number): number =>
  Math.min(most, first * 2 ** times);

/** When to come for a slot: a far one is looked at again before, in case that the door is faster by then. */
const visitAt = ({ closedUntil }: Door, slot: number, now: number): number =>
  Math.min(slot, Math.max(now + LOOK_AGAIN_MS, closedUntil));

/** Being told to wait for one token of a bucket tells its rate; a longer wait is for a window, and tells nothing. */
function lowered({ perMinute, limit: { floor } }: Door, afterSeconds: number | null): number {
  const wait = (afterSeconds ?? 0) * SECOND;
  const told = wait > 0 && wait <= intervalMs(floor) ? MINUTE / wait : Number.POSITIVE_INFINITY;
  return Math.max(floor.perMinute, Math.min(perMinute * SLOWED, told));
}

/** Times from which on each of `wanted`, taken in order, may be used; none before it was wanted. */
function schedule(door: Door, wanted: number[]): number[] {
  const [interval, slack] = [intervalMs(door), slackMs(door)];
  let { fullAt } = door;
  return wanted.map((time) => {
    const slot = Math.max(time, Math.ceil(fullAt - slack));
    fullAt = Math.max(fullAt, slot) + interval;
    return slot;
  });
}

/** When the caller with the place at `index` may go; -1 for one without a place. */
function slotOf(door: Door, index: number, now: number): number {
  const place = door.places[index];
  if (place && place.slot <= now) return schedule(door, [now])[0] ?? now;
  const before = place ? door.places.slice(0, index) : door.places;
  const slot = schedule(door, [...before.map((p) => Math.max(p.slot, now)), now]).at(-1) ?? now;
  return place ? Math.min(place.slot, slot) : slot;
}

/** Moves slots after `from` that are too early by now, in their order. Who is due holds up nobody. */
function spaced(door: Door, from: number): Door {
  const slots = schedule(
    door,
    door.places.filter(({ slot }) => slot > from).map(({ slot }) => slot),
  );
  let next = 0;
  const places = door.places.map((place) => {
    if (place.slot <= from) return place;
    const slot = slots[next++] ?? place.slot;
    return slot === place.slot ? place : { ...place, slot };
  });
  return { ...door, places };
}

/** The door as it is by now: the clock's steps back undone, dead callers' places and old setbacks gone. */
function settled(door: Door, now: number): Door {
  const back = Math.min(0, now - door.seenAt);
  const moved = back === 0 ? door : movedBy(door, back);
  const places = moved.places.filter(({ told }) => now <= told + PLACE_KEPT_MS);
  const kept = { ...moved, places, seenAt: now };
  if (!isSlowed(kept) || now < kept.closedUntil + FORGOTTEN_MS) return kept;
  return { ...kept, perMinute: kept.limit.nominal.perMinute, setbacks: 0, unanswered: 0 };
}

const movedBy = (door: Door, ms: number): Door => ({
  ...door,
  fullAt: door.fullAt + ms,
  closedUntil: door.closedUntil + ms,
  raisesFrom: door.raisesFrom + ms,
  places: door.places.map((place) => ({ ...place, slot: place.slot + ms, told: place.told + ms })),
});
