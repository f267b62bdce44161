/** npm run test:kills: films made while everything around and under the Worker fails, and what they cost. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { readOptions } from "../../src/sandbox/cli/options.ts";
import { session } from "../../src/sandbox/cli/session.ts";
import { Refusal } from "../../src/sandbox/world/refusal.ts";
import { killedRun, type Outcome } from "./one.ts";
import { openPostgres } from "./postgres.ts";
import { line, summary } from "./report.ts";
import { scenarioOf } from "./scenario.ts";

const HELP = `npm run test:kills -- [--runs 20] [--seed <n>] [--trace]

Makes films in the local world while the Worker is killed, Postgres is restarted and the providers
fail, and checks that every film is whole and that nothing was paid for twice. Ends with 1 where not.
A run takes up to five minutes: what a killed Worker held waits for half a minute, or for three.

  --runs <n>  how many, one after another (20)
  --seed <n>  of the first run, the next ones have the next numbers: the same seed meets the same faults
  --trace     tell all that happens in each run, and not only in those that break a promise

Postgres: the server of TEST_DATABASE_URL, in a database of its own; else one that is started for
the runs and restarted within them, where Debian's \`postgresql\` is installed; else the embedded one.`;

const OPTIONS = {
  runs: { type: "string", default: "20" },
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
  trace: { type: "boolean", default: false },
} as const;

function whole(text: string, least: number): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least)
    throw new Refusal(`${text} is not a number.\n\n${HELP}`);
  return number;
}

await session(async (signal) => {
  const { values } = readOptions(HELP, OPTIONS);
  const [runs, seed] = [whole(values.runs, 1), whole(values.seed, 0)];
  const outcomes: Outcome[] = [];
  const broken: number[] = [];
  const dir = await mkdtemp(join(tmpdir(), "omvee-kills-"));
  const postgres = await openPostgres(process.env.TEST_DATABASE_URL);
  try {
    console.log(`${runs} runs from seed ${seed}, on ${postgres.name}`);
    for (let i = 0; i < runs; i++) {
      const scenario = scenarioOf(seed + i, postgres.restart !== null);
      try {
        const ground = { postgres, dir: join(dir, `seed-${scenario.seed}`) };
        const outcome = await killedRun(scenario, ground, signal);
        outcomes.push(outcome);
        if (outcome.violations.length > 0) broken.push(scenario.seed);
        console.log(`${i + 1}/${runs} ${line(outcome)}`);
        if (values.trace || outcome.violations.length > 0) console.log(outcome.trace);
        for (const violation of outcome.violations) console.log(`  ${violation}`);
      } catch (error) {
        signal.throwIfAborted();
        broken.push(scenario.seed);
        console.log(`${i + 1}/${runs} seed ${scenario.seed} could not be judged: ${inspect(error)}`);
      }
    }
  } finally {
    await postgres.stop();
    if (outcomes.length > 0) console.log(`\n${summary(outcomes)}`);
    if (outcomes.length === runs && broken.length === 0) console.log("no violations");
    if (broken.length === 0) await rm(dir, { recursive: true, force: true });
  }
  if (broken.length > 0)
    throw new Refusal(
      `${broken.length} of ${runs} runs broke a promise, those of seed ${broken.join(", ")}: the Worker's logs are in ${dir}.`,
    );
});
