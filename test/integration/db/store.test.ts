import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Db } from "../../../src/db/client.ts";
import type { OwnerLimits } from "../../../src/domain/record/limits.ts";
import { Chance } from "../../simulation/random.ts";
import { openPostgres } from "../../support/postgres.ts";
import { begin, commands } from "../../support/store-commands.ts";
import { StorePair } from "../../support/store-differential.ts";
import { events, goodRound } from "../../support/store-events.ts";
import { Story } from "../../support/store-story.ts";

let postgres: Awaited<ReturnType<typeof openPostgres>>;
let db: Db;
beforeAll(async () => {
  postgres = await openPostgres();
  db = connect("postgresql://omvee:omvee@localhost/omvee", postgres.url);
}, 60_000);
afterAll(() => postgres.close());

const VERBS = { ...commands, ...events };
type Name = keyof typeof VERBS;
/** Relative frequency of each. */
const WEIGHTS: Record<Name, number> = {
  createProject: 2,
  attachAudio: 3,
  editProject: 6,
  chooseMotif: 3,
  requestRun: 4,
  recordApprovals: 8,
  cancel: 4,
  retry: 5,
  findProject: 1,
  removeProject: 3,
  upload: 6,
  sweepObjects: 2,
  trespass: 2,
  beginAnother: 2,
  squeezeProject: 3,
  squeezeOwner: 2,
  planAndApply: 5,
  applyLate: 10,
  claim: 8,
  renew: 4,
  settle: 20,
  fail: 4,
  projectsToSweep: 3,
  wait: 3,
  round: 6,
  changeSong: 1,
  overtake: 3,
  failTwice: 2,
};
const NAMES = Object.keys(WEIGHTS) as Name[];
const move = fc.record({
  verb: fc.oneof(...NAMES.map((name) => ({ weight: WEIGHTS[name], arbitrary: fc.constant(name) }))),
  seed: fc.nat(),
});
const anyStory = fc.record({
  ownerBudgetUsd: fc.constantFrom(null, null, 0.5),
  limits: fc.constantFrom<Partial<OwnerLimits>>(
    {},
    {},
    { projects: 1, open_tasks: 1, open_uploads: 1 },
    { projects: 1, open_tasks: 1, open_uploads: 1 },
    { stored_bytes: 600_000 },
  ),
  seed: fc.nat(),
  /** How far the first project has come before the moves. */
  goodRounds: fc.constantFrom(0, 1, 3, 5, 5, 6, 7),
  moves: fc.array(move, { minLength: 1, maxLength: 44, size: "max" }),
});

/** The possible outcomes of each method: all must occur. */
const MUST_COME_UP: Record<string, string[]> = {
  createProject: ["made", "known", "of another owner", "too many"],
  attachAudio: ["the same song", "another song", "not theirs", "scenes follow"],
  chooseMotif: ["chosen", "no such scene"],
  editProject: ["saved", "another version", "undeliverable", "not theirs"],
  requestRun: ["wanted", "no song", "not theirs", "model replaced", "too many tasks"],
  recordApprovals: ["said", "again", "no such asset", "nothing", "not theirs"],
  cancel: ["a run ended", "the target lowered", "nothing to end", "not theirs"],
  retry: [
    "a task",
    "a job",
    "failed duplicates too",
    "nothing to retry",
    "no such task or job",
    "not theirs",
  ],
  removeProject: ["gone", "not theirs"],
  upload: ["announced", "held", "refused", "being deleted", "not theirs", "open_uploads", "stored_bytes"],
  sweepObjects: ["some", "none"],
  findProject: ["found", "not theirs"],
  claim: [
    "claimed, was pending",
    "claimed, was waiting",
    "adopted while running",
    "adopted while waiting",
    "heavy",
    "over the budget of the project",
    "over the budget of the owner",
    "not now, running",
    "not now, succeeded",
    "not now, failed",
    "not now, canceled",
    "not now, not due",
    "not now, called off",
    "not now, beyond the target",
    "gone",
  ],
  renew: ["renewed", "not ours"],
  settle: [
    "completed",
    "partial",
    "waiting",
    "delayed",
    "superseded",
    "retry",
    "bad_output",
    "unknown",
    "declined",
    "failed",
    "canceled",
    "taken over",
    "prompt refused",
    "image refused",
  ],
  reservation: ["spend", "free", "keep"],
  fact: ["lyrics", "partial_transcription", "scenes", "prompt", "image", "clip", "film", "notice"],
  fail: ["failed", "left alone"],
  apply: [
    "job.create done at once",
    "job.create refused late",
    "job.update done at once",
    "job.update refused late",
    "task.create done at once",
    "task.create refused late",
    "task.update done at once",
    "task.update refused late",
    "approval done at once",
    "project done at once",
    "project done late",
    "the project is gone",
  ],
  projectsToSweep: ["some", "none"],
};
test("the store in memory, which the simulation uses, does what Postgres does", {
  timeout: 300_000,
}, async () => {
  const counts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(anyStory, async ({ ownerBudgetUsd, limits, seed, goodRounds, moves }) => {
      const stores = await StorePair.open({ store: db, test: postgres.db }, counts, ownerBudgetUsd, limits);
      const story = new Story(stores);
      await begin(story, new Chance(seed));
      for (let i = 0; i < goodRounds; i++) await goodRound(story, new Chance(seed + i));
      for (const { verb, seed } of moves) {
        if (!story.lives()) await begin(story, new Chance(seed));
        await VERBS[verb](story, new Chance(seed));
      }
      await stores.compareAccounts();
      await stores.compareDeletions();
    }),
    // A fixed seed, since the outcomes are counted below.
    { seed: 1, numRuns: 34, interruptAfterTimeLimit: 240_000, markInterruptAsFailure: true },
  );
  const came = (verb: string, end: string) => counts.get(`${verb}: ${end}`) ?? 0;
  const missing = Object.entries(MUST_COME_UP).flatMap(([verb, ends]) => [
    ...ends.filter((end) => came(verb, end) === 0).map((end) => `${verb}: ${end}`),
    ...(ends.reduce((sum, end) => sum + came(verb, end), 0) < 10 ? [`${verb}, often enough`] : []),
  ]);
  expect(missing).toEqual([]);
});
