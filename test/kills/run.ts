/**
 * npm run test:kills: makes films while the Worker, Postgres and the providers fail, and checks them and
 * their cost.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { readOptions } from "../../src/sandbox/cli/options.ts";
import { session } from "../../src/sandbox/cli/session.ts";
import { UserError } from "../../src/sandbox/world/user-error.ts";
import { killedRun, type Outcome } from "./killed-run.ts";
import { openPostgres } from "./postgres.ts";
import { line, summary } from "./report.ts";
import { scenarioOf } from "./scenario.ts";

const HELP = `npm run test:kills -- [--runs 20] [--seed <n>] [--trace]

Makes films in the local world while the Worker is killed, Postgres is restarted and the providers
fail, and checks that every film is whole and that nothing was paid for twice. Exits with 1 where not.
A run takes up to five minutes: tasks of a killed Worker wait until their leases expire.

  --runs <n>  how many, one after another (20)
  --seed <n>  of the first run; the next runs have the next numbers. The same seed has the same faults
  --trace     print all events of each run, not only of those with violations

Postgres: the server of TEST_DATABASE_URL, in a new database; else one that is started for the runs and
restarted during them, where Debian's \`postgresql\` is installed; else the embedded one.`;

const OPTIONS = {
  runs: { type: "string", default: "20" },
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
  trace: { type: "boolean", default: false },
} as const;

function whole(text: string, least: number): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least)
    throw new UserError(`${text} is not a number.\n\n${HELP}`);
  return number;
}

await session(async (signal) => {
  const { values } = readOptions(HELP, OPTIONS);
  const [runs, seed] = [whole(values.runs, 1), whole(values.seed, 0)];
  const outcomes: Outcome[] = [];
  const withViolations: number[] = [];
  const dir = await mkdtemp(join(tmpdir(), "omvee-kills-"));
  const postgres = await openPostgres(process.env.TEST_DATABASE_URL);
  try {
    console.log(`${runs} runs from seed ${seed}, on ${postgres.name}`);
    for (let i = 0; i < runs; i++) {
      const scenario = scenarioOf(seed + i, postgres.restart !== null);
      try {
        const environment = { postgres, dir: join(dir, `seed-${scenario.seed}`) };
        const outcome = await killedRun(scenario, environment, signal);
        outcomes.push(outcome);
        if (outcome.violations.length > 0) withViolations.push(scenario.seed);
        console.log(`${i + 1}/${runs} ${line(outcome)}`);
        if (values.trace || outcome.violations.length > 0) console.log(outcome.trace);
        for (const violation of outcome.violations) console.log(`  ${violation}`);
      } catch (error) {
        signal.throwIfAborted();
        withViolations.push(scenario.seed);
        console.log(`${i + 1}/${runs} seed ${scenario.seed} could not be checked: ${inspect(error)}`);
      }
    }
  } finally {
    await postgres.stop();
    if (outcomes.length > 0) console.log(`\n${summary(outcomes)}`);
    if (outcomes.length === runs && withViolations.length === 0) console.log("no violations");
    if (withViolations.length === 0) await rm(dir, { recursive: true, force: true });
  }
  if (withViolations.length > 0)
    throw new UserError(
      `${withViolations.length} of ${runs} runs have violations, those of seed ${withViolations.join(", ")}: the Worker's logs are in ${dir}.`,
    );
});
