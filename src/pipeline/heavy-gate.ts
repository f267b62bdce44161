/** The gate that lets one heavy step at a time into an isolate. */
import type { Deps } from "../deps.ts";
import { type Holder, isFree } from "../domain/controller/heavy.ts";
import { RENEW_MS } from "../domain/controller/tasks.ts";

export interface HeavyGate {
  /** Null where somebody is inside. It is decided at once: nothing else runs between the look and the entry. */
  enter(now: number): Pass | null;
}

interface Pass {
  /** The holder lives. */
  seen(now: number): void;
  leave(): void;
}

export function openGate(): HeavyGate {
  let inside: Holder | null = null;
  return {
    enter(now) {
      if (!isFree(inside, now)) return null;
      const holder: Holder = { seenAt: now };
      inside = holder;
      return {
        seen: (at) => {
          holder.seenAt = at;
        },
        // One that was taken for dead and is not must not let a third in beside its successor.
        leave: () => {
          if (inside === holder) inside = null;
        },
      };
    },
  };
}

/**
 * This isolate's own: module state is shared by all that runs in an isolate, as its 128 MB are ("this limit is
 * per-isolate, not per-invocation", Workers limits, page of 2026-02-11). Nothing but numbers is shared, and nobody
 * waits for another invocation's promise, which the platform forbids. It dies with the isolate.
 */
export const isolateGate: HeavyGate = openGate();

/** Runs it alone among the heavy work of this isolate; null, at once, where somebody else is inside. */
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
