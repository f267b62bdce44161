/** Injects what a scenario lists: faults of the providers, kills of the Worker, restarts of Postgres. */
import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "../../src/db/client.ts";
import { noFaults } from "../../src/sandbox/chaos/chaos.ts";
import type { World } from "../../src/sandbox/world/world.ts";
import { stateOf } from "./audit.ts";
import type { Postgres } from "./postgres.ts";
import type { Disruption, Moment } from "./scenario.ts";

/**
 * Short: the sandbox answers within milliseconds, and a kill between a call and its answer is the hardest
 * case.
 */
const CALL_POLL_MS = 2;
const STAGE_POLL_MS = 50;

export interface Target {
  world: World;
  restart: Postgres["restart"];
  db: Db;
  projectId: string;
}

/**
 * A disruption with its start and end: at the end, a killed Worker runs again, and a fault of limited time is
 * gone.
 */
export interface Injected {
  disruption: Disruption;
  from: number;
  to: number;
}

/**
 * Adds each disruption to `injected` when it has ended. After `ended` is aborted no more start; returns after
 * the last one.
 */
export async function inject(
  target: Target,
  disruptions: readonly Disruption[],
  injected: Injected[],
  ended: AbortSignal,
): Promise<void> {
  const inTurn = queue();
  await Promise.all(
    disruptions.map(async (disruption) => {
      if (disruption.at && !(await reached(target, disruption.at, ended))) return;
      const start = async () => {
        if (ended.aborted) return;
        const from = Date.now();
        await apply(target, disruption, ended);
        injected.push({ disruption, from, to: Date.now() });
      };
      await (disruption.kind === "kill" ? inTurn(start) : start());
    }),
  );
}

function queue() {
  let last: Promise<void> = Promise.resolve();
  return (work: () => Promise<void>) => {
    last = last.then(work);
    return last;
  };
}

async function apply({ world, restart }: Target, disruption: Disruption, ended: AbortSignal): Promise<void> {
  if (disruption.kind === "restart") return restart?.();
  if (disruption.kind === "kill") {
    await world.killWorker();
    return world.restartWorker();
  }
  const { mode, change, forMs } = disruption.fault;
  await setChaos(world, change);
  if (forMs === null) return;
  await delay(forMs, null, { signal: ended }).catch(() => {});
  await setChaos(world, { [mode]: noFaults()[mode] });
}

async function reached({ world, db, projectId }: Target, at: Moment, ended: AbortSignal): Promise<boolean> {
  const isThere = async () => {
    if (at.kind === "call") return world.paidCalls().length >= at.nth;
    // Postgres may be down for a moment.
    const state = await stateOf(db, projectId).catch(() => null);
    return state?.stages.includes(at.stage) ?? false;
  };
  const pollMs = at.kind === "call" ? CALL_POLL_MS : STAGE_POLL_MS;
  try {
    while (!(await isThere())) await delay(pollMs, null, { signal: ended });
    await delay(at.afterMs, null, { signal: ended });
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
