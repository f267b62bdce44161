/** Faults of port calls and other mishaps, and how often each happened. */
import type { Chance } from "./random.ts";

export const FAULTS = [
  /** The call fails and did nothing. */
  "fails_before",
  /** The call does its work, and the answer is lost. */
  "fails_after",
  /** The caller dies before the call does its work. */
  "dies_before",
  /** The caller dies when the work is done. */
  "dies_after",
  /** The call takes a minute. */
  "slow",
] as const;
export type Fault = (typeof FAULTS)[number];

/** What goes wrong outside port calls. */
const MISHAPS = [
  "message_lost",
  "message_doubled",
  "message_late",
  /** A heavy task's message in the other queue, as an earlier version sent it. */
  "message_astray",
  "webhook_lost",
  "webhook_doubled",
  "webhook_late",
  "webhook_early",
  "object_evicted",
  "alarm_doubled",
  "throttled",
  "refused",
  "unavailable",
  "bad_answer",
  "bad_output",
  "output_gone",
  "run_failed",
  "run_aborted",
  "out_of_credit",
  "clock_skewed",
] as const;
export type Mishap = (typeof MISHAPS)[number];

export type Counts = Record<string, number>;

/** Decides which calls fail: a share of `rate` at random, or exactly the one that the `plan` names. */
export class Faults {
  rate = 0;
  readonly counts: Counts = {};
  calls = 0;
  readonly #chance: Chance;
  readonly #plan: { call: number; fault: Fault } | null;

  constructor(chance: Chance, plan: { call: number; fault: Fault } | null = null) {
    this.#chance = chance;
    this.#plan = plan;
  }

  at(port: string): Fault | null {
    const call = this.calls++;
    const fault = this.#plan
      ? this.#plan.call === call
        ? this.#plan.fault
        : null
      : this.rate > 0 && this.#chance.chance(this.rate)
        ? this.#chance.pick(FAULTS)
        : null;
    if (fault) this.count(`${fault} ${port}`);
    return fault;
  }

  /** Whether this mishap happens now: `times` as often as a fault of a port call. */
  happens(mishap: Mishap, times = 1): boolean {
    if (this.rate === 0 || !this.#chance.chance(Math.min(0.5, this.rate * times))) return false;
    this.count(mishap);
    return true;
  }

  count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}
