/** The heavy gate: one heavy step at a time in an isolate. */

import { type Holder, isFree } from "../domain/controller/heavy.ts";
import { RENEW_MS } from "../domain/controller/tasks.ts";
import type { Deps } from "../ports/deps.ts";
import type { HeavyGate } from "../ports/work.ts";

export function newHeavyGate(): HeavyGate {
  let current: Holder | null = null;
  return {
    enter(now) {
      if (!isFree(current, now)) return null;
      const holder: Holder = { seenAt: now };
      current = holder;
      return {
        seen: (at) => {
          holder.seenAt = at;
        },
        // A holder that was silent too long and still runs has lost the gate: it must not free its
        // successor's.
        leave: () => {
          if (current === holder) current = null;
        },
      };
    },
  };
}

/**
 * The gate of this isolate. Invocations of one isolate share its module state, as they share its 128 MB
 * ("this limit is per-isolate, not per-invocation", Workers limits, page of 2026-02-11). They share numbers
 * only: an invocation must not wait for another one's promise, which the platform forbids.
 */
export const isolateGate: HeavyGate = newHeavyGate();

/** Runs `work` while it holds the gate; returns null at once, without running it, where the gate is taken. */
export async function withHeavyGate<T>(
  { gate, now, every }: Pick<Deps, "gate" | "now" | "every">,
  work: () => Promise<T>,
): Promise<T | null> {
  const pass = gate.enter(now().getTime());
  if (!pass) return null;
  const { stop } = every(RENEW_MS, async () => pass.seen(now().getTime()));
  try {
    return await work();
  } finally {
    stop();
    pass.leave();
  }
}
