/** One killed run in a local world of its own, from an empty project to the checks at its end. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Db } from "../../src/db/client.ts";
import { Chaos } from "../../src/sandbox/chaos/chaos.ts";
import { cleanups } from "../../src/sandbox/world/cleanups.ts";
import { freePorts } from "../../src/sandbox/world/ports.ts";
import { ROOT } from "../../src/sandbox/world/variables.ts";
import { startWorld, type World } from "../../src/sandbox/world/world.ts";
import { databaseOf, dump, installAudit, movesOf, type State, stateOf } from "./audit.ts";
import { claimsFrom } from "./claims.ts";
import { endViolations, restViolations } from "./end-checks.ts";
import { download, filmFaults, songSeconds } from "./film.ts";
import { type Injected, inject } from "./inject.ts";
import { newPerson, type Watched } from "./person.ts";
import type { Postgres } from "./postgres.ts";
import { checkPurchases, type Purchases } from "./purchases.ts";
import type { Scenario } from "./scenario.ts";
import { trace } from "./trace.ts";

/** A run that has not ended this long after the last disruption is stuck. */
const LIMIT_MS = 300_000;
/**
 * Work that is under way when the project has ended (a poll of a prediction, a settlement) is done by then.
 */
const REST_MS = 60_000;

export interface Outcome extends Omit<Watched, "decisions"> {
  scenario: Scenario;
  injected: Injected[];
  /** The sandbox's fault modes at the end. */
  chaos: Chaos;
  seconds: number;
  scenes: number;
  orders: number;
  purchases: Purchases;
  violations: string[];
  trace: string;
}

const Counts = z.record(z.string(), z.number());
const Bill = z.object({
  openrouter: z.object({ usd: z.number() }),
  replicate: z.object({ by_webhook: Counts, charged_by_webhook: Counts }),
  chaos: Chaos,
});

/**
 * Runs a scenario and checks the result. After violations, the Worker's log and the film are kept in `dir`.
 */
export async function killedRun(
  scenario: Scenario,
  { postgres, dir }: { postgres: Postgres; dir: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const { add, run: cleanUp } = cleanups();
  let isOk = false;
  try {
    add(async () => (isOk ? rm(dir, { recursive: true, force: true }) : undefined));
    const fresh = await postgres.fresh();
    add(fresh.drop);
    const world = await startWorld({
      stateDir: dir,
      ports: await freePorts(),
      database: fresh.database,
      signal,
    });
    add(world.stop);
    const outcome = await runScenario(scenario, { world, restart: postgres.restart, dir }, signal);
    isOk = outcome.violations.length === 0;
    return outcome;
  } finally {
    await cleanUp();
  }
}

async function runScenario(
  scenario: Scenario,
  { world, restart, dir }: { world: World; restart: Postgres["restart"]; dir: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const db = databaseOf(world.sandboxUrl);
  await installAudit(db);
  const person = await newPerson(world, `killed ${scenario.seed}`, signal);

  const began = Date.now();
  const projectId = await person.begin(scenario);
  const ended = new AbortController();
  const injected: Injected[] = [];
  const deadline = () => Math.max(began, ...injected.map((d) => d.to)) + LIMIT_MS;
  const injecting = inject({ world, db, restart, projectId }, scenario.disruptions, injected, ended.signal);
  const watched = await Promise.race([
    person.run(projectId).then(() => person.watch(projectId, scenario.byHand, deadline)),
    // Here only the failure of a disruption ends the run: a Worker or a Postgres that does not start again.
    injecting.then(() => new Promise<never>(() => {})),
  ]).finally(() => ended.abort());
  const seconds = (Date.now() - began) / 1000;
  await injecting;

  const state = await restingState(db, projectId);
  const bill = Bill.parse(await (await fetch(`${world.sandboxUrl}/_sandbox/state`)).json());
  const { tasks, spending } = await movesOf(db, projectId);
  const calls = [...world.paidCalls()];
  const song = join(ROOT, "test/fixtures", scenario.song.file);
  const purchases = checkPurchases({
    projectId,
    songSeconds: await songSeconds(song),
    claims: claimsFrom(tasks),
    spending,
    calls,
    accepted: bill.replicate.by_webhook,
    charged: bill.replicate.charged_by_webhook,
    chatUsd: bill.openrouter.usd,
    decisions: watched.decisions,
  });

  const violations = [
    ...purchases.violations,
    ...endViolations(watched, injected, LIMIT_MS),
    ...restViolations(state),
  ];
  if (watched.status === "completed") {
    const film = join(dir, "film.mp4");
    const missing = await download(await person.film(projectId), film);
    const faults = missing ? [missing] : await filmFaults(film, song, await person.frames(projectId));
    violations.push(...faults);
  }
  if (violations.length > 0) violations.push(`Project ${projectId}:\n${await dump(db, projectId)}`);
  return {
    ...watched,
    scenario,
    injected,
    chaos: bill.chaos,
    seconds,
    scenes: await person.scenes(projectId),
    orders: calls.filter((c) => c.provider === "replicate").length,
    purchases,
    violations,
    trace: trace(began, { moves: tasks, calls, injected }),
  };
}

/** The project's state once no work is open, or after REST_MS. */
async function restingState(db: Db, projectId: string): Promise<State> {
  for (const deadline = Date.now() + REST_MS; ; await delay(500)) {
    const state = await stateOf(db, projectId);
    if ((state.open_tasks === 0 && state.open_jobs === 0) || Date.now() > deadline) return state;
  }
}
