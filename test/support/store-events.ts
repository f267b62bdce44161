/** Events for both stores: workers and coordinators at random, and sequences that are rare at random. */

import { isOpen } from "../../src/domain/controller/tasks.ts";
import type { Stage, Task } from "../../src/domain/record/record.ts";
import type { SettingsPatch } from "../../src/domain/settings.ts";
import type { OwnedProject } from "../../src/ports/store.ts";
import type { Chance } from "../simulation/random.ts";
import { songOf } from "./record.ts";
import { commands, retryOf, squeezeOwner, squeezeProject, wantLess } from "./store-commands.ts";
import { apply, applyLate, look, planAndApply } from "./store-plans.ts";
import { type Hand, oneOf, type Story, type Verb } from "./store-story.ts";
import { claimTask, isHeld, KINDS, settleTask, WHY } from "./store-workers.ts";

/** Changes the style and starts a run, so that there is something to do where all is done or failed. */
async function findWork(story: Story, chance: Chance, whose: OwnedProject): Promise<void> {
  const style = `style ${chance.whole(1, 999)}`;
  await wantAll(story, whose, chance.chance(0.5) ? { style, budgetUsd: null } : { style });
  const next = await look(story, chance, whose.projectId);
  if (next) await apply(story, whose.projectId, next.changes, "at once");
}

async function wantAll({ stores }: Story, whose: OwnedProject, settings: SettingsPatch): Promise<void> {
  await stores.both(whose.projectId, (store) => store.editProject(whose, { settings, expected: null }));
  await stores.both(whose.projectId, (store) => store.requestRun(whose, "assemble_video"));
}

const isPending = (t: Task) => t.status === "pending";
/** A task whose order's id at the provider is not known. */
const isOrphan = (t: Task) =>
  (t.status === "waiting" || t.status === "running") && t.providerRequestId === null;

const claim: Verb = async (story, chance) => {
  const { stores } = story;
  const whose = story.project(chance);
  const { projectId } = whose;
  const some = (wish: (t: Task) => boolean) => story.tasks(projectId).some(wish);
  const wishes = [isOpen, isOrphan, isPending].filter(some);
  if (wishes.length === 0) await findWork(story, chance, whose);
  const wish = chance.pick([...wishes, isOpen]);
  const task = oneOf(chance, story.tasks(projectId), wish);
  // Something else may happen before the message arrives.
  if (chance.chance(0.25)) await chance.pick(MEANWHILE)(story, chance);
  const elsewhere = chance.chance(0.05) ? story.project(chance).projectId : projectId;
  const taskId = task && chance.chance(0.97) ? task.id : stores.newId();
  const attempt = (task?.attempt ?? 1) + chance.pick([0, 0, 0, 0, 1, -1]);
  const predictionId = `prediction-${chance.whole(1, 999)}`;
  const webhook = wish === isOrphan || chance.chance(0.3) ? { attempt, predictionId } : {};
  const lightOnly = chance.chance(0.4);
  await claimTask(story, { projectId: elsewhere, taskId, lightOnly, ...webhook });
};

const renew: Verb = async (story, chance) => {
  const { stores } = story;
  const hand = oneOf(chance, story.hands.slice(-12), (h) => isHeld(story, h));
  if (!hand) return;
  const { memory } = await stores.both(hand.memory.projectId, (store, side) => store.renew(hand[side]));
  stores.count(`renew: ${memory ? "renewed" : "not ours"}`);
};

const settle: Verb = async (story, chance) => {
  const held = () => story.hands.some((h) => isHeld(story, h));
  for (let tries = 0; tries < 2 && !held(); tries++) await claim(story, chance);
  if (!held() && chance.chance(0.85)) return;
  const hand = oneOf(chance, story.hands.slice(-12), (h) => isHeld(story, h));
  if (hand && chance.chance(0.15)) await chance.pick(MEANWHILE)(story, chance);
  if (hand) await settleTask(story, hand, chance.pick([...KINDS, "completed", "waiting"] as const), chance);
};

const fail: Verb = async (story, chance) => {
  const { stores } = story;
  const whose = story.project(chance);
  const { projectId } = whose;
  if (!story.tasks(projectId).some(isPending) && chance.chance(0.5)) await findWork(story, chance, whose);
  const task = oneOf(chance, story.tasks(projectId), isPending);
  const taskId = task?.id ?? stores.newId();
  await stores.both(projectId, (store) => store.fail({ projectId, taskId }, WHY));
  stores.count(`fail: ${task?.status === "pending" ? "failed" : "left alone"}`);
};

const projectsToSweep: Verb = async (story, chance) => {
  const { stores } = story;
  const [idle, limit] = [chance.pick([0, 0, 5, 60, 600]), chance.pick([1, 2, 100])];
  const { projectId } = story.project(chance);
  const { memory } = await stores.both(projectId, (store) => store.projectsToSweep(idle, limit));
  stores.count(`projectsToSweep: ${memory.length === 0 ? "none" : "some"}`);
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const wait: Verb = async ({ stores }, chance) =>
  stores.wait(chance.pick([SECOND, 5 * SECOND, 31 * SECOND, 3 * MINUTE, 41 * MINUTE, 62 * MINUTE]));

interface Day {
  /** The share of claims that are not settled. */
  left: number;
  /** The share of settlements that complete the task. */
  good: number;
  /** A stage whose tasks no worker claims. */
  avoid?: Stage;
}
const GOOD: Day = { left: 0, good: 1 };
const BAD: Day = { left: 0.25, good: 0.7 };

/** One round of a coordinator and its workers. */
async function workRound(story: Story, chance: Chance, projectId: string, day: Day): Promise<void> {
  const next = await look(story, chance, projectId);
  if (!next) return;
  await apply(story, projectId, next.changes, "at once");
  const sent = new Set(next.dispatch.map(({ taskId }) => taskId));
  const isWanted = (t: Task) => (isPending(t) || sent.has(t.id)) && t.type !== day.avoid;
  for (const task of story.tasks(projectId).filter(isWanted).slice(0, 3)) {
    const hand = await claimTask(story, { projectId, taskId: task.id });
    if (hand && !chance.chance(day.left)) await end(story, chance, hand, day);
  }
}

/** The end of an attempt; its webhook may come before the order's answer is settled. */
async function end(story: Story, chance: Chance, hand: Hand, { left, good }: Day): Promise<void> {
  const { projectId, id: taskId, attempt, provider } = hand.memory;
  const kind = chance.chance(good) ? "completed" : chance.pick(KINDS);
  if (provider !== "replicate") return settleTask(story, hand, kind, chance);
  const webhook = { projectId, taskId, attempt, predictionId: `prediction-${chance.whole(1, 999)}` };
  if (chance.chance(0.3)) await claimTask(story, webhook);
  await settleTask(story, hand, "waiting", chance);
  if (chance.chance(left)) return;
  const seen = await claimTask(story, chance.chance(0.5) ? webhook : { projectId, taskId });
  if (seen) await settleTask(story, seen, kind, chance);
}

export const goodRound: Verb = (story, chance) =>
  workRound(story, chance, story.project(chance).projectId, GOOD);
const round: Verb = (story, chance) => workRound(story, chance, story.project(chance).projectId, BAD);

/** Attaches another song: its scenes replace those that workers may still work on. */
async function changeSongOf(story: Story, chance: Chance, whose: OwnedProject): Promise<void> {
  const song = songOf(chance.whole(4, 12), `song-${chance.whole(4, 99)}`);
  const keepScenes = chance.chance(0.3);
  await story.stores.both(whose.projectId, (store) => store.attachAudio(whose, { audio: song, keepScenes }));
  await wantAll(story, whose, { budgetUsd: null });
  for (let i = 0; i < 2; i++) await workRound(story, chance, whose.projectId, GOOD);
}
const changeSong: Verb = (story, chance) => changeSongOf(story, chance, story.project(chance));

/** A worker settles a task whose scene was replaced meanwhile. */
const overtake: Verb = async (story, chance) => {
  const whose = story.project(chance);
  const { projectId } = whose;
  const avoid = chance.chance(0.3) ? "generate_prompts" : "generate_images";
  const left = () => story.tasks(projectId).find((t) => isPending(t) && t.type === avoid);
  if (!left()) await findWork(story, chance, whose);
  for (let i = 0; i < 2 && !left(); i++) await workRound(story, chance, projectId, { ...GOOD, avoid });
  const taskId = left()?.id;
  const hand = taskId && (await claimTask(story, { projectId, taskId }));
  if (!hand) return;
  await changeSongOf(story, chance, whose);
  await settleTask(story, hand, "completed", chance);
};

/** The same task fails in two runs, and its owner retries either of them. */
const failTwice: Verb = async (story, chance) => {
  const { stores } = story;
  const whose = story.project(chance);
  const { projectId } = whose;
  const failed: Task[] = [];
  for (let run = 0; run < 2; run++) {
    if (!story.tasks(projectId).some(isPending)) await findWork(story, chance, whose);
    const [first] = failed;
    const task = oneOf(
      chance,
      story.tasks(projectId).filter(isPending),
      (t) => t.inputHash === first?.inputHash,
    );
    if (!task) return;
    await stores.both(projectId, (store) => store.fail({ projectId, taskId: task.id }, WHY));
    failed.push(task);
    await wantAll(story, whose, {});
    const next = await look(story, chance, projectId);
    if (next) await apply(story, projectId, next.changes, "at once");
  }
  await retryOf(story, whose, { taskId: chance.pick(failed).id });
};

const MEANWHILE = [commands.cancel, wantLess, squeezeProject, squeezeOwner, wait, planAndApply, round];

export const events = {
  planAndApply,
  applyLate,
  claim,
  renew,
  settle,
  fail,
  projectsToSweep,
  wait,
  round,
  changeSong,
  overtake,
  failTwice,
};
