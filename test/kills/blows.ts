/** Deals out what a scenario says: faults of the providers, kills of the Worker, restarts of Postgres. */
import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "../../src/db/client.ts";
import { calm } from "../../src/sandbox/chaos/chaos.ts";
import type { World } from "../../src/sandbox/world/world.ts";
import { stateOf } from "./audit.ts";
import type { Postgres } from "./postgres.ts";
import type { Blow, Moment } from "./scenario.ts";

/** An answer of the sandbox's takes milliseconds: between a call and its answer is where a kill hurts most. */
const CALL_LOOK_MS = 2;
const STAGE_LOOK_MS = 50;

export interface Ground {
  world: World;
  restart: Postgres["restart"];
  db: Db;
  projectId: string;
}

/** A blow, and when it fell and was over: a killed Worker is back, a fault of limited time is gone. */
export interface Dealt {
  blow: Blow;
  from: number;
  to: number;
}

/** Adds each blow to `dealt` when it is over. Ends when `over` says that no more shall fall, and the last one is through. */
export async function deal(
  ground: Ground,
  blows: readonly Blow[],
  dealt: Dealt[],
  over: AbortSignal,
): Promise<void> {
  const inTurn = oneByOne();
  await Promise.all(
    blows.map(async (blow) => {
      if (blow.at && !(await reached(ground, blow.at, over))) return;
      const fall = async () => {
        if (over.aborted) return;
        const from = Date.now();
        await strike(ground, blow, over);
        dealt.push({ blow, from, to: Date.now() });
      };
      await (blow.kind === "kill" ? inTurn(fall) : fall());
    }),
  );
}

function oneByOne() {
  let last: Promise<void> = Promise.resolve();
  return (work: () => Promise<void>) => {
    last = last.then(work);
    return last;
  };
}

async function strike({ world, restart }: Ground, blow: Blow, over: AbortSignal): Promise<void> {
  if (blow.kind === "restart") return restart?.();
  if (blow.kind === "kill") {
    await world.killWorker();
    return world.restartWorker();
  }
  const { mode, change, forMs } = blow.fault;
  await setChaos(world, change);
  if (forMs === null) return;
  await delay(forMs, null, { signal: over }).catch(() => {});
  await setChaos(world, { [mode]: calm()[mode] });
}

async function reached({ world, db, projectId }: Ground, at: Moment, over: AbortSignal): Promise<boolean> {
  const isThere = async () => {
    if (at.kind === "call") return world.paidCalls().length >= at.nth;
    // Postgres may be down for a moment.
    const state = await stateOf(db, projectId).catch(() => null);
    return state?.stages.includes(at.stage) ?? false;
  };
  const lookMs = at.kind === "call" ? CALL_LOOK_MS : STAGE_LOOK_MS;
  try {
    while (!(await isThere())) await delay(lookMs, null, { signal: over });
    await delay(at.afterMs, null, { signal: over });
    return true;
  } catch {
    return false;
  }
}

async function setChaos(world: World, change: object): Promise<void> {
  const answer = await fetch(`${world.sandboxUrl}/_sandbox/chaos`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(change),
  });
  if (!answer.ok) throw new Error(`The sandbox refused ${JSON.stringify(change)}: ${await answer.text()}`);
}
