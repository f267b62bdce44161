/**
 * Simulates many callers of one rate limiter, and a provider with a token bucket behind it, in virtual time.
 */
import type { Rate } from "../../src/domain/models/rate-limits.ts";
import { acquire, penalize, type RateLimiter, reportSuccess } from "../../src/domain/rate-limiter.ts";
import { TurnWatch } from "./turn-watch.ts";

/** 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Acquires in turn; the rate limiter afterwards, and for each call `go` or the milliseconds to wait. */
export function acquireAll(limiter: RateLimiter, ...calls: [key: string, at: number, owner?: string][]) {
  let state = limiter;
  const answers = calls.map(([key, at, owner = "ada"]) => {
    const acquired = acquire(state, { key, owner }, at);
    state = acquired.state;
    return acquired.admission.kind === "go" ? "go" : acquired.admission.afterMs;
  });
  return { state, answers };
}

/** Times in milliseconds, from the start of the simulation. */
export interface Crowd {
  limiter: RateLimiter;
  /** When each caller first asks for a slot. */
  arrivals: number[];
  /** Whose task each caller has, by its index in `arrivals`; of one owner by default. */
  ownerOf?: (caller: number) => string;
  /** The rate that the provider accepts; null: it accepts everything. */
  takes: Rate | null;
  /**
   * The `retry_after` of a refusal in seconds, if the next token comes in `ms`; null: the refusal has none.
   */
  hint?: (ms: number) => number | null;
  /** Round-trip time of a call. */
  latency?: () => number;
  /**
   * How much later than told a caller comes back. As in src/coordinator/rate-limiters.ts, a caller that must
   * wait for more than 5 s is told to come back 2.5 s early; a shorter wait is waited out at once.
   */
  lateness?: () => number;
  /** Error of the rate limiter's clock at a time. */
  clockError?: (at: number) => number;
  /** Whether the answer of the rate limiter is lost: the caller calls the provider without it. */
  unanswered?: () => boolean;
  /** Whether a caller never comes back. */
  dies?: () => boolean;
  /** Whose task the rate limiter takes it for. */
  takenFor?: (owner: string) => string;
}

export interface Outcome {
  limiter: RateLimiter;
  /** When the provider accepted each caller's call, and when it refused one. */
  taken: number[];
  refused: number[];
  /** All waits that callers were told. */
  waits: number[];
  visits: number;
  /** What the rate limiter let go, in order; `told`: the slot that the caller was told first. */
  slots: { key: string; owner: string; at: number; told: number }[];
  turns: TurnWatch;
}

const NEVER_MS = 24 * 3_600_000;

/** Runs until every caller's call is accepted, or a day has passed. */
export function simulate(crowd: Crowd): Outcome {
  const { arrivals, takes, hint = (ms) => Math.ceil(ms / 1000), latency = () => 0 } = crowd;
  const { lateness = () => 0, clockError = () => 0, ownerOf = () => "ada" } = crowd;
  const { unanswered = () => false, dies = () => false, takenFor = (owner) => owner } = crowd;
  const outcome: Outcome = {
    limiter: crowd.limiter,
    taken: [],
    refused: [],
    waits: [],
    visits: 0,
    slots: [],
    turns: new TurnWatch(),
  };
  const agenda: { at: number; happen: () => void }[] = [];
  const after = (ms: number, happen: () => void) => {
    const at = now + ms;
    const before = agenda.findLastIndex((entry) => entry.at <= at);
    agenda.splice(before + 1, 0, { at, happen });
  };
  const clock = () => Math.round(now + clockError(now));
  const told = new Map<string, number>();
  let now = 0;
  let tokens = takes?.burst ?? 0;
  let countedAt = 0;

  function visit(key: string, owner: string): void {
    outcome.visits += 1;
    const at = clock();
    const { state, admission } = acquire(outcome.limiter, { key, owner: takenFor(owner) }, at);
    outcome.limiter = state;
    outcome.turns.see({ key, owner }, admission, at);
    if (!told.has(key)) told.set(key, admission.kind === "go" ? now : now + admission.afterMs);
    if (admission.kind === "go") outcome.slots.push({ key, owner, at: now, told: told.get(key) ?? now });
    const lost = unanswered();
    if (admission.kind === "wait" && !lost) {
      outcome.waits.push(admission.afterMs);
      if (dies()) return;
      const ms = admission.afterMs > 5_000 ? admission.afterMs - 2_500 + lateness() : admission.afterMs;
      after(ms, () => visit(key, owner));
      return;
    }
    const probing = admission.kind === "go" && !lost && admission.probing;
    const way = latency() / 2;
    after(way, () => arrive(key, owner, probing, way));
  }

  function arrive(key: string, owner: string, probing: boolean, way: number): void {
    if (takes) tokens = Math.min(takes.burst, tokens + ((now - countedAt) * takes.perMinute) / 60_000);
    countedAt = now;
    if (!takes || tokens >= 1) {
      tokens -= 1;
      outcome.taken.push(now);
      if (probing) {
        after(way, () => {
          outcome.limiter = reportSuccess(outcome.limiter, clock());
        });
      }
      return;
    }
    outcome.refused.push(now);
    const seconds = hint(((1 - tokens) * 60_000) / takes.perMinute);
    after(way, () => {
      outcome.limiter = penalize(outcome.limiter, seconds, clock());
      after((seconds ?? 2) * 1000 + lateness(), () => visit(key, owner));
    });
  }

  arrivals.forEach((at, i) => {
    after(at, () => visit(`task ${i}`, ownerOf(i)));
  });
  for (let next = agenda.shift(); next && next.at < NEVER_MS; next = agenda.shift()) {
    now = next.at;
    next.happen();
  }
  return outcome;
}
