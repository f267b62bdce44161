/** Commands of people, given to both stores. */

import { RETIRED_CLIP_MODELS } from "../../src/domain/models/models.ts";
import { isLimitReached } from "../../src/domain/record/limits.ts";
import { MOTIF_WAYS, Settings, STAGES, type Task } from "../../src/domain/record/record.ts";
import type { ProjectChange, SettingsPatch } from "../../src/domain/settings.ts";
import type { ApprovalInput, OwnedProject, Store } from "../../src/ports/store.ts";
import type { Chance } from "../simulation/random.ts";
import type { Rows } from "../simulation/rows.ts";
import { songOf } from "./record.ts";
import { OWNERS, oneOf, type Story, type Verb } from "./store-story.ts";

/** Chooses a command and returns it as a function, which may be called again as after a lost answer. */
type Wish = (story: Story, whose: OwnedProject, chance: Chance) => () => Promise<void>;

/** An id that does not exist. */
const NOBODY = "00000000-0000-7000-8000-000000000000";

const [RETIRED] = RETIRED_CLIP_MODELS;

const settingsOf = (chance: Chance): Settings =>
  Settings.parse({
    autoApprove: chance.chance(0.7),
    budgetUsd: chance.pick([null, 20]),
    repeatUnknownUpToUsd: chance.pick([0, 0, 1]),
    ...chance.pick([{}, {}, { clipModel: RETIRED }, { clipModel: RETIRED, aspectRatio: "21:9" }]),
  });

/** The same id again is the same project for its owner, and an error for others. */
const createProject: Wish = ({ stores }, whose, chance) => {
  const { projectId: id, ownerId } = whose;
  const name = chance.pick(["Night Drive", "Neon Rain"]);
  const settings = settingsOf(chance);
  return async () => {
    const before = stores.memory.projects.get(id)?.project;
    await stores.tryBoth(id, (store) => store.createProject({ id, ownerId, name, settings }));
    const known = before?.ownerId === ownerId ? "known" : "of another owner";
    const made = stores.memory.projects.has(id) ? "made" : "too many";
    stores.count(`createProject: ${before ? known : made}`);
  };
};

const attachAudio: Wish = (story, whose, chance) => {
  const { stores } = story;
  const etag = `song-${chance.whole(1, 3)}`;
  const audio = { ...songOf(chance.whole(4, 12), etag), key: `${whose.projectId}/${etag}` };
  const keepScenes = chance.chance(0.4);
  return async () => {
    const before = story.record(whose.projectId)?.project.audio;
    const { memory } = await stores.both(whose.projectId, (store) =>
      store.attachAudio(whose, { audio, keepScenes }),
    );
    if (memory?.retiming) stores.count("attachAudio: scenes follow");
    const again = before?.etag === audio.etag ? "the same song" : "another song";
    stores.count(`attachAudio: ${!memory ? "not theirs" : before ? again : "first"}`);
  };
};

const EDITS: SettingsPatch[] = [
  { style: "noir" },
  { style: "watercolour", mood: "calm" },
  { autoApprove: true },
  { autoApprove: false, softenRefused: false },
  { repeatUnknownUpToUsd: 1 },
  { repeatUnknownUpToUsd: 0, budgetUsd: null },
  { scenes: { maxSeconds: 8 } },
  { imageModel: "black-forest-labs/flux-dev", imageFallbacks: [] },
  { clipModel: "kwaivgi/kling-v2.1", scenes: { minSeconds: 3, maxSeconds: 9.5 } },
  { clipModel: "bytedance/seedance-1-pro-fast" },
  { clipModel: "xai/grok-imagine-video", aspectRatio: "1:1", clipResolution: "1080p" },
  { aspectRatio: "9:16" },
];
const UNDELIVERABLE: SettingsPatch[] = [
  { imageModel: "nobody/nothing" },
  { clipModel: "nobody/nothing" },
  { imageFallbacks: ["black-forest-labs/flux-dev", "nobody/nothing"] },
  { clipFallbacks: ["nobody/nothing"] },
  { clipModel: "bytedance/seedance-1-lite" },
  { clipFallbacks: ["bytedance/seedance-1-lite"] },
  { clipModel: "google/veo-3.1-lite", aspectRatio: "4:3", scenes: { maxSeconds: 8 } },
  { clipModel: "google/veo-3.1-lite", clipResolution: "1080p", scenes: { maxSeconds: 8.5 } },
  { scenes: { minSeconds: 9, maxSeconds: 5 } },
  { scenes: { minSeconds: 29 } },
  { scenes: { maxSeconds: 30 } },
];

const TIMINGS: ProjectChange[] = [
  { pins: [] },
  { pins: [{ kind: "cut", frame: 48 }] },
  { pins: [{ kind: "scene", startFrame: 24, endFrame: 120 }], beat: null },
  { beat: { bpm: 100.5, offsetSeconds: 0.25, beatsPerBar: 3, confidence: 1, source: "tapped" } },
];

const editProject: Wish = (story, whose, chance) => {
  const { stores } = story;
  const version = story.record(whose.projectId)?.project.version ?? 1;
  const wish = chance.pick(chance.chance(0.7) ? EDITS : UNDELIVERABLE);
  const settings = chance.chance(0.8) ? wish : undefined;
  const name = settings && chance.chance(0.8) ? undefined : `Song ${chance.whole(1, 9)}`;
  const timing = chance.chance(0.4) ? chance.pick(TIMINGS) : {};
  const expected = chance.pick([null, null, null, [version], [version - 1, version], [version - 1], []]);
  return async () => {
    const seen = story.record(whose.projectId)?.project.version ?? 0;
    const { memory } = await stores.both(whose.projectId, (store) =>
      store.editProject(whose, { name, settings, expected, ...timing }),
    );
    const refused = expected && !expected.includes(seen) ? "another version" : "undeliverable";
    stores.count(`editProject: ${!memory.current ? "not theirs" : memory.saved ? "saved" : refused}`);
  };
};

const chooseMotif: Wish = (story, whose, chance) => {
  const { stores } = story;
  const scene = oneOf(chance, story.record(whose.projectId)?.scenes ?? [], () => true);
  const sceneId = chance.chance(0.9) ? (scene?.id ?? NOBODY) : NOBODY;
  const motif = chance.pick([null, ...MOTIF_WAYS]);
  return async () => {
    const { memory } = await stores.both(whose.projectId, (store) =>
      store.chooseMotif({ ...whose, sceneId }, motif),
    );
    stores.count(`chooseMotif: ${memory ? "chosen" : "no such scene"}`);
  };
};

const requestRun: Wish = (story, whose, chance) => {
  const { stores } = story;
  const target = chance.chance(0.6) ? "assemble_video" : chance.pick(STAGES);
  return async () => {
    const memory = await wantMore(story, whose, target);
    if (memory && isLimitReached(memory)) return;
    stores.count(`requestRun: ${!memory ? "not theirs" : memory.audio ? "wanted" : "no song"}`);
  };
};

const recordApprovals: Wish = (story, whose, chance) => {
  const { stores } = story;
  const { images = [], clips = [] } = story.record(whose.projectId) ?? {};
  const assets = [
    ...images.map(({ id, status }) => ({
      imageId: id,
      clipId: null,
      share: status === "completed" ? 0.7 : 0.1,
    })),
    ...clips.map(({ id, status }) => ({
      imageId: null,
      clipId: id,
      share: status === "completed" ? 0.7 : 0.1,
    })),
    { imageId: NOBODY, clipId: null, share: 0.1 },
  ];
  const verdicts = assets
    .filter(({ share }) => chance.chance(share))
    .map(({ imageId, clipId }): ApprovalInput => {
      const [approved, notes] = [chance.chance(0.75), chance.pick([null, "It's too dark."])];
      return { id: stores.newId(), imageId, clipId, approved, notes };
    });
  return async () => {
    const known = story.record(whose.projectId)?.approvals.map((a) => a.id) ?? [];
    const { memory } = await stores.both(whose.projectId, (store) => store.recordApprovals(whose, verdicts));
    const said = verdicts.some((v) => known.includes(v.id)) ? "again" : "said";
    const end = memory?.some((j) => j.subjectHash === null) ? "no such asset" : said;
    stores.count(`recordApprovals: ${!story.isTheirs(whose) ? "not theirs" : memory ? end : "nothing"}`);
  };
};

const cancel: Wish = (story, whose, chance) => {
  const { stores } = story;
  const place = chance.whole(0, STAGES.length - 1);
  const stages = STAGES.slice(place);
  const target = STAGES[place - 1] ?? null;
  return async () => {
    const { project, jobs = [] } = story.record(whose.projectId) ?? {};
    const { memory } = await stores.both(whose.projectId, (store) => store.cancel(whose, stages, target));
    const open = jobs.some(
      (j) => stages.includes(j.type) && (j.status === "pending" || j.status === "running"),
    );
    const lowered = project?.targetStage !== memory?.targetStage ? "the target lowered" : "nothing to end";
    stores.count(`cancel: ${!memory ? "not theirs" : open ? "a run ended" : lowered}`);
  };
};

type Retried = Parameters<Store["retry"]>[1];

export async function retryOf(story: Story, whose: OwnedProject, what: Retried): Promise<void> {
  const { stores } = story;
  const isNamed = (t: Task) => ("taskId" in what ? t.id === what.taskId : t.jobId === what.jobId);
  const { memory } = await stores.both(whose.projectId, (store) => store.retry(whose, what));
  const freed = story.tasks(whose.projectId).filter((t) => memory?.retried.some((r) => r.id === t.id));
  const named = "taskId" in what ? "a task" : "a job";
  const end =
    freed.length === 0 ? "nothing to retry" : freed.every(isNamed) ? named : "failed duplicates too";
  stores.count(`retry: ${memory ? end : story.isTheirs(whose) ? "no such task or job" : "not theirs"}`);
}

const isOver = (t: Task) => t.status === "failed" || t.status === "canceled";

const retry: Wish = (story, whose, chance) => {
  const task = oneOf(chance, story.tasks(whose.projectId), isOver);
  const what = chance.pick<Retried>([
    { taskId: task?.id ?? NOBODY },
    { jobId: task?.jobId ?? NOBODY, includeUnknown: chance.chance(0.5) },
  ]);
  return () => retryOf(story, whose, what);
};

/** An upload of the project that is presigned and may be confirmed or refused, hours later. */
const upload: Wish = (story, whose, chance) => {
  const { stores } = story;
  const key = `${whose.projectId}/song-${chance.whole(1, 3)}`;
  const bytes = chance.whole(1, 2000);
  const ends = chance.chance(0.3) ? "refused" : "held";
  return async () => {
    const { memory } = await stores.both(whose.projectId, (store) =>
      store.announceUpload(whose, { key, bytes }),
    );
    const end = !memory ? "not theirs" : isLimitReached(memory) ? memory.limit : "announced";
    stores.count(`upload: ${end}`);
    await stores.both(whose.projectId, (store) => store.announceUpload(whose, { key: `${key}-b`, bytes }));
    if (chance.chance(0.5)) {
      stores.wait(3 * 3_600_000);
      await sweepObjects(story, chance);
    }
    const { memory: held } = await stores.both(whose.projectId, (store) => store.holdUpload(whose, key));
    if (held) stores.count(`upload: ${held.deleting ? "being deleted" : ends}`);
    if (ends === "refused") await stores.both(whose.projectId, (store) => store.refuseUpload(whose, key));
  };
};

/** What is due is taken, and deleted unless the bucket fails. */
const sweepObjects: Verb = async ({ stores, projects }, chance) => {
  const projectId = projects[0]?.projectId ?? NOBODY;
  const taken = await stores.both(projectId, async (store) =>
    (await store.takeObjectsToDelete({ keys: 100, prefixes: 100 })).toSorted(),
  );
  stores.count(`sweepObjects: ${taken.memory.length > 0 ? "some" : "none"}`);
  if (chance.chance(0.6)) await stores.both(projectId, (store) => store.forgetObjects(taken.memory));
};

const findProject: Wish =
  ({ stores }, whose) =>
  async () => {
    const { memory } = await stores.both(whose.projectId, (store) => store.findProject(whose));
    stores.count(`findProject: ${memory ? "found" : "not theirs"}`);
  };

const removeProject: Wish =
  ({ stores }, whose) =>
  async () => {
    const { memory } = await stores.both(whose.projectId, (store) => store.removeProject(whose));
    stores.count(`removeProject: ${memory ? "gone" : "not theirs"}`);
  };

/** Runs a command as the owner, sometimes twice; mostly for a project that has what the command is about. */
const byOwner =
  (wish: Wish, isAbout: (rows: Rows) => boolean = () => true): Verb =>
  async (story, chance) => {
    const isFit = ({ projectId }: OwnedProject) => {
      const rows = story.record(projectId);
      return rows !== null && isAbout(rows);
    };
    const whose = story.project(chance);
    const ask = wish(story, isFit(whose) ? whose : (story.projects.find(isFit) ?? whose), chance);
    await ask();
    if (chance.chance(0.4)) await ask();
  };

const WISHES = {
  createProject,
  attachAudio,
  editProject,
  chooseMotif,
  requestRun,
  recordApprovals,
  cancel,
  retry,
  upload,
  findProject,
  removeProject,
};

/** Runs all commands for another owner's project. */
const trespass: Verb = async (story, chance) => {
  const { projectId, ownerId } = story.project(chance);
  const other = chance.pick([...OWNERS, "nobody"].filter((id) => id !== ownerId));
  for (const wish of Object.values(WISHES)) await wish(story, { projectId, ownerId: other }, chance)();
};

/** Another project of one of the owners, at first without a song. */
const beginAnother: Verb = async (story, chance) => {
  const whose = { ownerId: chance.pick(OWNERS), projectId: story.stores.newId() };
  await createProject(story, whose, chance)();
  story.projects.push(whose);
  if (chance.chance(0.7)) await requestRun(story, whose, chance)();
  if (chance.chance(0.7)) await attachAudio(story, whose, chance)();
};

/** The first project: it has a song, and its owner wants the film. */
export const begin: Verb = async (story, chance) => {
  const whose = { ownerId: chance.pick(OWNERS), projectId: story.stores.newId() };
  await createProject(story, whose, chance)();
  story.projects.push(whose);
  await attachAudio(story, whose, chance)();
  await wantMore(story, whose, "assemble_video");
};

async function wantMore(story: Story, whose: OwnedProject, target: Task["type"]) {
  const before = story.record(whose.projectId)?.project.modelNotices.length;
  const { memory } = await story.stores.both(whose.projectId, (store) => store.requestRun(whose, target));
  if (memory && isLimitReached(memory)) story.stores.count("requestRun: too many tasks");
  else if (memory && memory.modelNotices.length !== before) story.stores.count("requestRun: model replaced");
  return memory;
}

/** Lowers the target stage below that of a ready task. */
export const wantLess: Verb = async (story, chance) => {
  const whose = story.project(chance);
  const ready = oneOf(chance, story.tasks(whose.projectId), (t) => t.status === "pending");
  const before = STAGES[STAGES.indexOf(ready?.type ?? "generate_clips") - 1];
  await wantMore(story, whose, before ?? "transcribe");
};

/** A budget that just covers the next task of a project, or a little more or less. */
function edge(
  story: Story,
  chance: Chance,
  projectId: string,
  used: { reservedUsd: number; spentUsd: number },
) {
  const next = oneOf(chance, story.tasks(projectId), (t) => t.status === "pending");
  const budget = used.reservedUsd + used.spentUsd + (next?.costEstimatedUsd ?? 0.01);
  return Number(Math.max(0, budget + chance.pick([-1e-6, -4e-7, 0, 0, 1e-6])).toFixed(7));
}

export const squeezeProject: Verb = async (story, chance) => {
  const whose = story.project(chance);
  const project = story.record(whose.projectId)?.project;
  if (!project) return;
  const settings = { budgetUsd: edge(story, chance, whose.projectId, project) };
  await story.stores.both(whose.projectId, (store) => store.editProject(whose, { settings, expected: null }));
};

/** Sets an owner's budget, as an operator does; Postgres keeps it to the millionth of a dollar. */
export const squeezeOwner: Verb = async (story, chance) => {
  const { stores } = story;
  const { ownerId, projectId } = story.project(chance);
  const owner = stores.memory.owners.get(ownerId);
  const budget = owner && chance.chance(0.6) ? edge(story, chance, projectId, owner) : null;
  await stores.allow(ownerId, budget === null ? null : Number(budget.toFixed(6)));
};

export const commands = {
  createProject: byOwner(createProject),
  attachAudio: byOwner(attachAudio),
  editProject: byOwner(editProject),
  chooseMotif: byOwner(chooseMotif, ({ scenes }) => scenes.length > 0),
  requestRun: byOwner(requestRun),
  recordApprovals: byOwner(recordApprovals, ({ images }) => images.length > 0),
  cancel: byOwner(cancel),
  retry: byOwner(retry, ({ tasks }) => tasks.some(isOver)),
  findProject: byOwner(findProject),
  removeProject: byOwner(removeProject),
  upload: byOwner(upload),
  sweepObjects,
  trespass,
  beginAnother,
  squeezeProject,
  squeezeOwner,
};
