/**
 * Simulates one seed: a world and its people, first with faults, then without, and at the end the rules are
 * checked.
 */
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";
import type { Counts, Fault } from "./faults.ts";
import { judgeWorld } from "./oracle.ts";
import { Person } from "./person.ts";
import { QUIRKS } from "./providers.ts";
import { simulatedConfig, World } from "./world.ts";

export interface Outcome {
  seed: number;
  violations: string[];
  faults: Counts;
  /** How many port calls were made while faults were on, and how many events in all. */
  calls: number;
  events: number;
  posts: number;
  history: string[];
}

const MINUTE = 60_000;
/** After the faults: as long as throttled providers, late webhooks and back-off may take. */
const CALM_MINUTES = 900;

const CONTENT_MINUTES = 12;

export interface SimulationOptions {
  seed: number;
  kept?: number;
  /** Instead of random faults: one small project, and this one fault. */
  fault?: { call: number; fault: Fault } | null;
  /** Changes the world before it begins, to see whether a defect is found. */
  sabotage?: (world: World) => void;
}

export async function simulate({
  seed,
  kept = 0,
  fault = null,
  sabotage,
}: SimulationOptions): Promise<Outcome> {
  const exact = fault !== null;
  const world = new World({ seed, kept, fault }, simulatedConfig());
  sabotage?.(world);
  const { chance, time, faults } = world;
  // In half of the worlds people change their minds, and are answered by machines whose clocks differ.
  const unsettled = !exact && seed % 4 < 2;
  const people = [new Person(world, "ada", { unsettled })];
  if (!exact && chance.chance(0.25))
    people.push(new Person(world, chance.pick(["ada", "bob"]), { unsettled }));
  if (!exact) faults.rate = chance.pick([0.002, 0.01, 0.03, 0.08]);

  if (!exact && chance.chance(0.3)) {
    // The last fallback model has no quirk.
    const { imageModel, imageFallbacks, clipModel, clipFallbacks } = DEFAULT_SETTINGS;
    for (const ladder of [
      [imageModel, ...imageFallbacks],
      [clipModel, ...clipFallbacks],
    ])
      for (const model of ladder.slice(0, -1))
        if (chance.chance(0.5)) world.cloud.quirks.set(model, chance.pick(QUIRKS));
  }

  const start = time.now;
  const faultsEnd = start + (exact ? 0 : chance.whole(1, 20)) * MINUTE;
  const waiting = new Set(people);
  const life = async (person: Person) => {
    await person.begin(exact || chance.chance(0.5));
    while (time.now < faultsEnd) {
      await time.sleep(chance.whole(100, 60_000));
      if (time.now >= faultsEnd) break;
      if (chance.chance(0.02)) {
        world.cloud.broke = !world.cloud.broke;
        if (world.cloud.broke) faults.count("out_of_credit");
      }
      await person.act();
      await person.changeMind();
    }
    if (!exact && chance.chance(0.1)) await person.remove();
    // Content for some minutes in a row, until after the next sweep: the record may be older than the last
    // wish.
    for (let minute = 0, content = 0; minute < CALM_MINUTES && content < CONTENT_MINUTES; minute++) {
      content = (await person.pursue()) ? content + 1 : 0;
      await time.sleep(MINUTE);
    }
    waiting.delete(person);
  };
  for (const person of people) void life(person);
  await time.run(faultsEnd);
  const callsWithFaults = faults.calls;
  faults.rate = 0;
  world.cloud.broke = false;

  const end = time.now + CALM_MINUTES * MINUTE;
  while (waiting.size > 0 && time.now < end) await time.run(Math.min(end, time.now + 10 * MINUTE));
  const calls = exact ? faults.calls : callsWithFaults;
  // Wait for what is still under way (late webhooks, canceled orders).
  await time.run(time.now + 70 * MINUTE);

  return {
    seed,
    violations: judgeWorld(world, people),
    faults: faults.counts,
    calls,
    events: time.events,
    posts: world.cloud.posts.length,
    history: world.runtime.history,
  };
}
