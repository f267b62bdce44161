/** One killed run, in a world of its own: from an empty project to what is found of it afterwards. */
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
import { dump, installAudit, movesOf, type State, stateOf, through } from "./audit.ts";
import { type Dealt, deal } from "./blows.ts";
import { claimsFrom } from "./claims.ts";
import { download, filmFaults, songSeconds } from "./film.ts";
import { newPerson, type Watched } from "./person.ts";
import type { Postgres } from "./postgres.ts";
import { audit, type Purchases } from "./purchases.ts";
import type { Scenario } from "./scenario.ts";
import { trace } from "./trace.ts";
import { unexcused, unrest } from "./verdict.ts";

/** A run that has not ended so long after the last blow is stuck. */
const LIMIT_MS = 300_000;
/** What was under way when the project came to rest (a look at a prediction, a settlement) is through by then. */
const REST_MS = 60_000;

export interface Outcome extends Omit<Watched, "decisions"> {
  scenario: Scenario;
  dealt: Dealt[];
  /** How the providers were told to fail, as it was at the end. */
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

/** What is at fault is kept in `dir`: the Worker's log, and the film. */
export async function killedRun(
  scenario: Scenario,
  { postgres, dir }: { postgres: Postgres; dir: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const { add, run: tidy } = cleanups();
  let sound = false;
  try {
    add(async () => (sound ? rm(dir, { recursive: true, force: true }) : undefined));
    const fresh = await postgres.fresh();
    add(fresh.drop);
    const world = await startWorld({
      stateDir: dir,
      ports: await freePorts(),
      database: fresh.database,
      signal,
    });
    add(world.stop);
    const outcome = await live(scenario, { world, restart: postgres.restart, dir }, signal);
    sound = outcome.violations.length === 0;
    return outcome;
  } finally {
    await tidy();
  }
}

async function live(
  scenario: Scenario,
  { world, restart, dir }: { world: World; restart: Postgres["restart"]; dir: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const db = through(world.sandboxUrl);
  await installAudit(db);
  const person = await newPerson(world, `killed ${scenario.seed}`, signal);

  const began = Date.now();
  const projectId = await person.begin(scenario);
  const over = new AbortController();
  const dealt: Dealt[] = [];
  const deadline = () => Math.max(began, ...dealt.map((d) => d.to)) + LIMIT_MS;
  const blows = deal({ world, db, restart, projectId }, scenario.blows, dealt, over.signal);
  const watched = await Promise.race([
    person.run(projectId).then(() => person.watch(projectId, scenario.byHand, deadline)),
    // Only a blow that fails ends the run: a Worker or a Postgres that does not come up again.
    blows.then(() => new Promise<never>(() => {})),
  ]).finally(() => over.abort());
  const seconds = (Date.now() - began) / 1000;
  await blows;

  const state = await rest(db, projectId);
  const bill = Bill.parse(await (await fetch(`${world.sandboxUrl}/_sandbox/state`)).json());
  const { tasks, reservation } = await movesOf(db, projectId);
  const calls = [...world.paidCalls()];
  const song = join(ROOT, "test/fixtures", scenario.song.file);
  const purchases = audit({
    projectId,
    songSeconds: await songSeconds(song),
    claims: claimsFrom(tasks),
    reservation,
    calls,
    accepted: bill.replicate.by_webhook,
    charged: bill.replicate.charged_by_webhook,
    chatUsd: bill.openrouter.usd,
    decisions: watched.decisions,
  });

  const violations = [...purchases.violations, ...unexcused(watched, dealt, LIMIT_MS), ...unrest(state)];
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
    dealt,
    chaos: bill.chaos,
    seconds,
    scenes: await person.scenes(projectId),
    orders: calls.filter((c) => c.provider === "replicate").length,
    purchases,
    violations,
    trace: trace(began, { moves: tasks, calls, dealt }),
  };
}

/** The record once nothing is under way any more; as it is at last where that does not come. */
async function rest(db: Db, projectId: string): Promise<State> {
  for (const deadline = Date.now() + REST_MS; ; await delay(500)) {
    const state = await stateOf(db, projectId);
    if ((state.open_tasks === 0 && state.open_jobs === 0) || Date.now() > deadline) return state;
  }
}
