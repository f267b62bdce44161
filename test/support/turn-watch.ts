/**
 * Watches the answers of a rate limiter from outside, and says where owners did not take turns. Knows what
 * callers were told, not what the rate limiter stores.
 */
import type { Admission } from "../../src/domain/rate-limiter.ts";

interface Watched {
  key: string;
  /** When it was told to come back. */
  told: number;
  /** Since when it is the first of its owner, and how many slots each other owner had after that. */
  firstSince: number;
  waitedFor: Map<string, number>;
  /** Turns of its owner between it and its predecessor that are held by tasks that never came back. */
  gaps: number;
}

/** The rate limiter takes a caller that is this late for dead. */
const DEAD_MS = 120_000;

export class TurnWatch {
  /** A sentence for each slot that was out of turn. */
  readonly broken: string[];
  /** The most slots for which a task waited that was the first of its owner, by owner. */
  readonly longest = new Map<string, number>();
  /** By owner; the tasks of each in the order of arrival. */
  readonly #waiting = new Map<string, Map<string, Watched>>();
  readonly #first = new Map<string, Watched | null>();

  constructor(broken: string[] = []) {
    this.broken = broken;
  }

  /** The rate limiter's answer to a caller, at a time of the limiter's clock. */
  see({ key, owner }: { key: string; owner: string }, admission: Admission, now: number): void {
    this.#forgetDead(key, now);
    this.#noteFirsts(now);
    const own = this.#waiting.get(owner) ?? new Map<string, Watched>();
    this.#waiting.set(owner, own);
    const known = own.get(key);
    if (admission.kind === "go") {
      const earlier = known && [...own.values()].find((task) => task === known || task.told > now);
      if (earlier && earlier !== known)
        this.broken.push(`${key} of ${owner} went before ${earlier.key}, which came earlier`);
      own.delete(key);
      this.#first.delete(owner);
      this.#noteSlot(owner, now);
    } else if (known) {
      known.told = now + admission.afterMs;
      // Its place was found anew, unless it has waited already.
      if (known.waitedFor.size === 0) known.gaps = 0;
    } else {
      const told = now + admission.afterMs;
      own.set(key, { key, told, firstSince: now, waitedFor: new Map(), gaps: 0 });
    }
    this.#noteFirsts(now);
  }

  #noteSlot(owner: string, now: number): void {
    for (const [other, first] of this.#first) {
      // A slot of the same moment was free at the same time as that of its predecessor.
      if (!first || other === owner || first.firstSince === now) continue;
      const slots = (first.waitedFor.get(owner) ?? 0) + 1;
      first.waitedFor.set(owner, slots);
      const waited = [...first.waitedFor.values()].reduce((a, b) => a + b);
      this.longest.set(other, Math.max(this.longest.get(other) ?? 0, waited));
      if (slots > 1 + first.gaps + this.#absentBefore(first, other))
        this.broken.push(`${first.key}, the first of ${other}, waited for ${slots} slots of ${owner}`);
    }
  }

  /** Turns of late tasks of the same owner that came earlier: each may hold one until its slot has gone by. */
  #absentBefore(first: Watched, owner: string): number {
    let absent = 0;
    for (const task of this.#waiting.get(owner)?.values() ?? []) {
      if (task === first) break;
      absent += 1 + task.gaps;
    }
    return absent;
  }

  /** Notes the first task of each owner that is not late: one whose time has come holds nobody up. */
  #noteFirsts(now: number): void {
    for (const [owner, tasks] of this.#waiting) {
      let first: Watched | null = null;
      for (const task of tasks.values()) {
        first = task.told > now ? task : null;
        if (first) break;
      }
      if (first === this.#first.get(owner)) continue;
      this.#first.set(owner, first);
      if (!first) continue;
      first.firstSince = now;
      first.waitedFor.clear();
    }
  }

  #forgetDead(caller: string, now: number): void {
    for (const [owner, tasks] of this.#waiting) {
      for (const dead of tasks.values()) {
        if (dead.key === caller || now <= dead.told + DEAD_MS) continue;
        tasks.delete(dead.key);
        this.#first.delete(owner);
        for (const task of tasks.values()) task.gaps += 1 + dead.gaps;
      }
    }
  }
}
