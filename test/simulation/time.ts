/**
 * Virtual time and the order of events: events run one at a time, in the order of their times, and
 * between two events all code runs until it waits for a port call again.
 */
import type { Chance } from "./random.ts";

interface Event {
  at: number;
  /** A random number that orders events of the same moment. */
  tie: number;
  run: () => void;
}

export class Time {
  now = Date.parse("2026-11-22T10:00:00Z");
  readonly #chance: Chance;
  readonly #heap: Event[] = [];
  events = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  after(ms: number, run: () => void): void {
    const event = { at: this.now + Math.max(0, ms), tie: this.#chance.next(), run };
    const heap = this.#heap;
    heap.push(event);
    let i = heap.length - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(i, parent)) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  /** Runs all events until `until` (milliseconds of virtual time), or until none is left. */
  async run(until: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.at > until) break;
      this.#pop();
      this.now = Math.max(this.now, next.at);
      this.events++;
      next.run();
      await settled();
    }
    this.now = Math.max(this.now, until);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  #before(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (!a || !b) return false;
    return a.at < b.at || (a.at === b.at && a.tie < b.tie);
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (a && b) [this.#heap[i], this.#heap[j]] = [b, a];
  }

  #pop(): void {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    heap.pop();
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (this.#before(left, least)) least = left;
      if (this.#before(right, least)) least = right;
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }
}

/** Resolves once all microtasks are done and all code waits for an event. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
