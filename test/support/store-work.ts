/** What coordinators, workers and time do, to both stores. */
import type { Change } from "../../src/domain/change.ts";
import { plan } from "../../src/domain/plan.ts";
import { suppliersFor } from "../../src/domain/purchase.ts";
import type { Task } from "../../src/domain/record.ts";
import { type StepResult, settlement } from "../../src/domain/settlement.ts";
import { failure, isOpen } from "../../src/domain/tasks.ts";
import type { Chance } from "../simulation/random.ts";
import { made, ordered } from "./made.ts";
import { songOf } from "./record.ts";
import { people, squeeze, wantLess } from "./store-people.ts";
import { type Hand, oneOf, type Story, type Verb } from "./store-story.ts";

const WHY = failure("because", "Because.", { retryable: true });
const REFUSED = failure("provider_refused", "The words were flagged.");

async function apply(story: Story, projectId: string, changes: Change[], late: string) {
  const { twins } = story;
  const rowsOf = () => {
    const { jobs = [], tasks = [], approvals = [] } = story.record(projectId) ?? {};
    return new Map([...jobs, ...tasks, ...approvals].map((row) => [row.id, JSON.stringify(row)]));
  };
  const before = rowsOf();
  const sides = await twins.dare(projectId, (store) => store.apply(projectId, changes));
  if (!sides) return twins.saw("apply: the project is gone");
  const after = rowsOf();
  for (const change of changes) {
    const id =
      "id" in change
        ? change.id
        : change.kind === "job.create"
          ? change.job.id
          : change.kind === "task.create"
            ? change.task.id
            : null;
    const changed = id === null || before.get(id) !== after.get(id);
    twins.saw(`apply: ${change.kind} ${changed ? "done" : "refused"}${late}`);
  }
}

/** A plan made from what either store holds; both records lead to the same. */
async function look(story: Story, chance: Chance, projectId: string) {
  const { twins } = story;
  const record = chance.chance(0.3) ? await twins.compare(projectId) : await twins.memory.load(projectId);
  if (!record) return null;
  const random = chance.next();
  const made = plan(structuredClone(record), { newId: twins.newId, random: () => random });
  story.plans.push({ projectId, changes: structuredClone(made.changes) });
  return made;
}

const planAndApply: Verb = async (story, chance) => {
  const { projectId } = story.project(chance);
  const made = await look(story, chance, projectId);
  if (made && chance.chance(0.8)) await apply(story, projectId, made.changes, "");
};

/** A plan that was made before others were applied, or was applied already. */
const applyLate: Verb = async (story, chance) => {
  const kept = oneOf(chance, story.plans.slice(-8), () => true);
  if (kept) await apply(story, kept.projectId, structuredClone(kept.changes), ", late");
};

async function claimTask(
  story: Story,
  ids: { projectId: string; taskId: string; attempt?: number; predictionId?: string },
): Promise<Hand | null> {
  const { twins } = story;
  const before = story.tasks(ids.projectId).find((t) => t.id === ids.taskId);
  const { memory, postgres } = await twins.ask(ids.projectId, (store) => store.claim(ids));
  if (memory.kind !== "gone" && before?.providerRequestId === null && memory.task.providerRequestId !== null)
    twins.saw(`claim: adopted while ${before.status}`);
  switch (memory.kind) {
    case "gone":
      twins.saw("claim: gone");
      return null;
    case "not_now":
      twins.saw(`claim: not now, ${whyNot(story, memory.task)}`);
      return null;
    case "over_budget":
      twins.saw(`claim: over the budget of the ${overWhose(story, memory.task)}`);
      return null;
    case "claimed": {
      twins.saw(`claim: claimed, was ${memory.was}`);
      if (postgres.kind !== "claimed") throw new Error("Unlike answers were taken for alike");
      const hand = { memory: memory.task, postgres: postgres.task, record: memory.record };
      story.hands.push(hand);
      return hand;
    }
  }
}

function whyNot(story: Story, { projectId, jobId, status, runAfter }: Task): string {
  if (status !== "pending") return status;
  if (runAfter > story.twins.now) return "not due";
  const job = story.record(projectId)?.jobs.find((j) => j.id === jobId);
  return job?.status === "pending" || job?.status === "running" ? "beyond the target" : "called off";
}

function overWhose(story: Story, { projectId, costEstimatedUsd }: Task): string {
  const project = story.record(projectId)?.project;
  const budget = project?.settings.budgetUsd ?? null;
  const left =
    project && budget !== null ? budget - project.reservedUsd - project.spentUsd : Number.POSITIVE_INFINITY;
  return left + 1e-9 < costEstimatedUsd ? "project" : "owner";
}

/** Something to do, where all was done or given up. */
async function wantMore(story: Story, chance: Chance, projectId: string): Promise<void> {
  const { twins } = story;
  const project = story.record(projectId)?.project;
  if (!project) return;
  const whose = { ownerId: project.ownerId, projectId };
  const settings = {
    style: `style ${chance.whole(1, 999)}`,
    ...(chance.chance(0.5) ? { budgetUsd: null } : {}),
  };
  await twins.ask(projectId, (store) => store.editProject(whose, { settings, expected: null }));
  await twins.ask(projectId, (store) => store.requestRun(whose, "assemble_video"));
  const made = await look(story, chance, projectId);
  if (made) await apply(story, projectId, made.changes, "");
}

/** An order that nobody knows the provider's name of. */
const isOrphan = (t: Task) =>
  (t.status === "waiting" || t.status === "running") && t.providerRequestId === null;

const claim: Verb = async (story, chance) => {
  const { twins } = story;
  const { projectId } = story.project(chance);
  const some = (wish: (t: Task) => boolean) => story.tasks(projectId).some(wish);
  const wishes = [isOpen, isOrphan, (t: Task) => t.status === "pending"].filter(some);
  if (wishes.length === 0) await wantMore(story, chance, projectId);
  const wish = chance.pick([...wishes, isOpen]);
  const task = oneOf(chance, story.tasks(projectId), wish);
  // A message takes its time.
  if (chance.chance(0.25)) await chance.pick(MEANWHILE)(story, chance);
  const elsewhere = chance.chance(0.05) ? story.project(chance).projectId : projectId;
  const taskId = task && chance.chance(0.97) ? task.id : twins.newId();
  const attempt = (task?.attempt ?? 1) + chance.pick([0, 0, 0, 0, 1, -1]);
  const predictionId = `prediction-${chance.whole(1, 999)}`;
  const news = wish === isOrphan || chance.chance(0.3) ? { attempt, predictionId } : {};
  await claimTask(story, { projectId: elsewhere, taskId, ...news });
};

function isHeld(story: Story, { memory }: Hand): boolean {
  const task = story.record(memory.projectId)?.tasks.find((t) => t.id === memory.id);
  return task?.status === "running" && task.attempt === memory.attempt && task.claimId === memory.claimId;
}

const renew: Verb = async (story, chance) => {
  const { twins } = story;
  const hand = oneOf(chance, story.hands.slice(-12), (h) => isHeld(story, h));
  if (!hand) return;
  const { memory } = await twins.ask(hand.memory.projectId, (store, side) => store.renew(hand[side]));
  twins.saw(`renew: ${memory ? "renewed" : "not ours"}`);
};

/** What the provider told of the price: mostly nothing. */
const priceOf = (chance: Chance): number | null => chance.pick([null, null, 0, 0.0012345, 0.0123456789]);

const RESULTS: Record<StepResult["kind"], (hand: Hand, story: Story, chance: Chance) => StepResult> = {
  made: ({ memory: task, record }, { twins }, chance) => {
    const facts = made({ task, record, newId: twins.newId, now: twins.now }, chance.whole(1, 3));
    for (const fact of facts) {
      if (fact.kind === "lyrics" && chance.chance(0.15)) fact.audioEtag = "another song";
      if (fact.kind === "prompt" && chance.chance(0.3)) fact.prompt.version = 1;
    }
    return { kind: "made", facts, costUsd: priceOf(chance) };
  },
  waiting: ({ memory: task, record }, { twins }, chance) => {
    const requestId = chance.chance(0.5) ? `prediction-${chance.whole(1, 999)}` : null;
    const known = [...record.images, ...record.clips].some(
      (r) => r.taskId === task.id && r.status === "pending",
    );
    const facts = known ? [] : ordered({ task, record, newId: twins.newId, now: twins.now }, requestId);
    const sent = requestId === null ? { sent: true as const } : {};
    return { kind: "waiting", requestId, lookAfterMs: chance.pick([5_000, 15_000]), facts, ...sent };
  },
  paced: (_, __, chance) => ({ kind: "paced", afterMs: chance.whole(1, 5_000) }),
  again: (_, __, chance) => ({
    kind: "again",
    failure: WHY,
    afterSeconds: chance.pick([null, 7]),
    throttled: chance.chance(0.5),
  }),
  spoiled: (_, __, chance) => ({
    kind: "spoiled",
    failure: WHY,
    costUsd: priceOf(chance),
    charged: chance.pick(["yes", "unknown"]),
  }),
  unknown: () => ({ kind: "unknown", failure: WHY }),
  declined: (_, __, chance) => ({
    kind: "declined",
    failure: REFUSED,
    spent: chance.chance(0.5),
    costUsd: priceOf(chance),
  }),
  failed: () => ({ kind: "failed", failure: WHY }),
  called_off: (_, __, chance) => ({ kind: "called_off", charged: chance.pick(["no", "unknown"]) }),
};

async function settleTask(story: Story, hand: Hand, kind: StepResult["kind"], chance: Chance): Promise<void> {
  const { twins } = story;
  const { memory: task, record } = hand;
  const result = RESULTS[kind](hand, story, chance);
  const end = settlement(task, result, {
    suppliers: suppliersFor(record, task.type, task.subject),
    settings: record.project.settings,
    now: twins.now,
    random: chance.next(),
  });
  const sides = await twins.dare(task.projectId, (store, side) => store.settle(hand[side], end));
  if (!sides) return twins.saw(`settle: ${end.facts[0]?.kind} refused`);
  if (!sides.memory) return twins.saw("settle: taken over");
  twins.saw(`settle: ${kind}`);
  twins.saw(`purse: ${end.purse.kind}`);
  for (const fact of end.facts) twins.saw(`fact: ${fact.kind}`);
}

const settle: Verb = async (story, chance) => {
  const held = () => story.hands.some((h) => isHeld(story, h));
  for (let tries = 0; tries < 2 && !held(); tries++) await claim(story, chance);
  if (!held() && chance.chance(0.85)) return;
  const hand = oneOf(chance, story.hands.slice(-12), (h) => isHeld(story, h));
  if (!hand) return;
  if (chance.chance(0.1)) await chance.pick(MEANWHILE)(story, chance);
  else if (isOfScene(hand.memory) && chance.chance(0.3))
    await changeSongOf(story, chance, hand.memory.projectId);
  await settleTask(story, hand, chance.pick([...KINDS, "made", "waiting"] as const), chance);
};
const KINDS = [
  "made",
  "waiting",
  "paced",
  "again",
  "spoiled",
  "unknown",
  "declined",
  "failed",
  "called_off",
] as const;

const fail: Verb = async (story, chance) => {
  const { twins } = story;
  const { projectId } = story.project(chance);
  const task = oneOf(chance, story.tasks(projectId), (t) => t.status === "pending");
  const taskId = task?.id ?? twins.newId();
  await twins.ask(projectId, (store) => store.fail({ projectId, taskId }, WHY));
  twins.saw(`fail: ${task?.status === "pending" ? "failed" : "left alone"}`);
};

const unattended: Verb = async (story, chance) => {
  const { twins } = story;
  const { projectId } = story.project(chance);
  const [idle, limit] = [chance.pick([0, 5, 60, 600]), chance.pick([1, 2, 100])];
  const { memory, postgres } = await twins.ask(projectId, (store) => store.unattended(idle, limit));
  // `ask` takes lists for the same in any order of their rows: these are in the order of neglect.
  if (memory.join() !== postgres.join()) throw new Error(`unattended: ${memory} and ${postgres}`);
  twins.saw(`unattended: ${memory.length === 0 ? "none" : "some"}`);
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const wait: Verb = async ({ twins }, chance) =>
  twins.wait(chance.pick([SECOND, 5 * SECOND, 31 * SECOND, 3 * MINUTE, 41 * MINUTE, 62 * MINUTE]));

/** What a coordinator and its workers do: `left` is the share of claims whose end is not seen yet. */
async function workRound(
  story: Story,
  chance: Chance,
  projectId: string,
  { left, good }: { left: number; good: number },
) {
  const next = await look(story, chance, projectId);
  if (!next) return;
  await apply(story, projectId, next.changes, "");
  for (const taskId of next.dispatch.slice(0, 3)) {
    const hand = await claimTask(story, { projectId, taskId });
    if (!hand || chance.chance(left)) continue;
    const kind = chance.chance(good) ? "made" : chance.pick(KINDS);
    if (hand.memory.provider !== "replicate") await settleTask(story, hand, kind, chance);
    else {
      const news = { attempt: hand.memory.attempt, predictionId: `prediction-${chance.whole(1, 999)}` };
      if (chance.chance(left)) await claimTask(story, { projectId, taskId, ...news });
      await settleTask(story, hand, "waiting", chance);
      const told = chance.chance(0.5) ? news : {};
      const seen = chance.chance(left) ? null : await claimTask(story, { projectId, taskId, ...told });
      if (seen) await settleTask(story, seen, kind, chance);
    }
  }
}

/** A round of a day on which nothing goes wrong. */
export const goodRound: Verb = (story, chance) =>
  workRound(story, chance, story.project(chance).projectId, GOOD);
const round: Verb = (story, chance) =>
  workRound(story, chance, story.project(chance).projectId, { left: 0.25, good: 0.7 });
const GOOD = { left: 0, good: 1 };

const isOfScene = ({ subject, projectId }: Task) => subject !== projectId;

/** Another song: its scenes take the place of those that somebody may still work on. */
async function changeSongOf(story: Story, chance: Chance, projectId: string): Promise<void> {
  const { twins } = story;
  const project = story.record(projectId)?.project;
  if (!project) return;
  const whose = { ownerId: project.ownerId, projectId };
  const song = songOf(chance.whole(4, 12), `song-${chance.whole(3, 99)}`);
  const settings = { budgetUsd: null };
  await twins.ask(projectId, (store) => store.editProject(whose, { settings, expected: null }));
  await twins.ask(projectId, (store) => store.attachAudio(whose, song));
  await twins.ask(projectId, (store) => store.requestRun(whose, "assemble_video"));
  for (let i = 0; i < 2; i++) await workRound(story, chance, projectId, GOOD);
}
const changeSong: Verb = (story, chance) => changeSongOf(story, chance, story.project(chance).projectId);

const MEANWHILE = [people.cancel, wantLess, squeeze, people.allow, wait, planAndApply, round];

export const work = {
  planAndApply,
  applyLate,
  claim,
  renew,
  settle,
  fail,
  unattended,
  wait,
  round,
  changeSong,
};
