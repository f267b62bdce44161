/** Simulated people: at first they act at random, in the end they want their film. */
import { currentOf } from "../../src/domain/controller/current.ts";
import { needsDecision } from "../../src/domain/controller/tasks.ts";
import type { Result } from "../../src/domain/record/errors.ts";
import { audioKey } from "../../src/domain/record/keys.ts";
import { MOTIF_WAYS, type ProjectRecord, STAGES, type Stage } from "../../src/domain/record/record.ts";
import { DEFAULT_SETTINGS, type ProjectChange, type SettingsPatch } from "../../src/domain/settings.ts";
import { approve } from "../../src/operations/approvals.ts";
import { confirmAudio } from "../../src/operations/audio.ts";
import { createProject, editProject, removeProject } from "../../src/operations/projects.ts";
import { cancelRun, requestRun, retryTasks } from "../../src/operations/runs.ts";
import { chooseMotif } from "../../src/operations/scenes.ts";
import type { Deps } from "../../src/ports/deps.ts";
import { Chance } from "./random.ts";
import { Caller } from "./runtime.ts";
import { SKEW_MS, type World } from "./world.ts";

/** What a person did that is a reason to buy something again. */
interface Deeds {
  edits: number;
  /** Tasks that they retried. */
  retries: Set<string>;
}

const TIMINGS: ProjectChange[] = [
  { pins: [{ kind: "cut", frame: 100 }] },
  { pins: [{ kind: "scene", startFrame: 72, endFrame: 168 }] },
  // Two cuts that are too close for a scene between them.
  {
    pins: [
      { kind: "cut", frame: 100 },
      { kind: "cut", frame: 103 },
    ],
  },
  { pins: [] },
  { beat: { bpm: 96, offsetSeconds: 0.5, beatsPerBar: 4, confidence: 1, source: "tapped" } },
  { beat: null },
  { settings: { clipFill: "stretch" } },
  { settings: { clipFill: "refuse" } },
];

const MODELS: SettingsPatch[] = [
  { imageModel: DEFAULT_SETTINGS.imageModel },
  { imageModel: DEFAULT_SETTINGS.imageFallbacks[0] ?? "" },
  { clipModel: DEFAULT_SETTINGS.clipModel },
  { clipModel: DEFAULT_SETTINGS.clipFallbacks[0] ?? "" },
  { clipResolution: "1080p" },
  { clipResolution: "720p" },
];

/** Models that have no quirk in any world. */
const LAST_OF_LADDERS: SettingsPatch = {
  imageModel: DEFAULT_SETTINGS.imageFallbacks.at(-1) ?? "",
  clipModel: DEFAULT_SETTINGS.clipFallbacks.at(-1) ?? "",
  clipResolution: "720p",
};

/** Whether the run failed because a model that the person chose can't deliver. */
const isOfModels = ({ project, tasks }: ProjectRecord) =>
  tasks.some(
    (t) =>
      t.runNumber === project.runNumber &&
      t.status === "failed" &&
      /^(model_|provider_run_failed|provider_model_unknown|output_form|clip_size)/.test(t.error?.code ?? ""),
  );

const isImpossible = ({ tasks }: ProjectRecord) =>
  tasks.some((t) => t.status === "failed" && t.error?.code === "cover_impossible");

export class Person {
  readonly #world: World;
  readonly ownerId: string;
  projectId = "";
  deleted = false;
  #tookOthers = false;
  readonly deeds: Deeds = { edits: 0, retries: new Set() };
  /** Random numbers of their own: a world has the same events without the changes of mind. */
  readonly #moods: Chance;
  /** How wrong the clocks of the machines are that answer this person; empty: as the faults decide. */
  readonly #clocksMs: number[];

  constructor(world: World, ownerId: string, { unsettled = false }: { unsettled?: boolean } = {}) {
    this.#world = world;
    this.ownerId = ownerId;
    this.#moods = new Chance(Math.imul(world.seed, 0x2545f491) ^ ownerId.charCodeAt(0));
    this.#clocksMs = unsettled ? [0, 1, 2].map(() => this.#moods.whole(-SKEW_MS, SKEW_MS)) : [];
  }

  get #actor() {
    return { ownerId: this.ownerId };
  }

  /** One request. Null where it was refused, failed, or its answer was lost. */
  async #ask<T>(work: (deps: Deps) => Promise<Result<T>>): Promise<T | null> {
    const caller = new Caller(this.ownerId);
    const died = new Promise<null>((resolve) => caller.onDeath(() => resolve(null)));
    const skewMs = this.#clocksMs.length > 0 ? this.#moods.pick(this.#clocksMs) : null;
    const asked = work(this.#world.depsFor(caller, skewMs)).then(
      (result) => (result.ok ? result.value : null),
      () => null,
    );
    return Promise.race([asked, died]);
  }

  get record(): ProjectRecord | null {
    const rows = this.#world.store.projects.get(this.projectId);
    return rows ? { ...rows, readAt: new Date(this.#world.time.now) } : null;
  }

  /** Creates the project and attaches a song, with as many tries as it takes. */
  async begin(autoApprove: boolean): Promise<void> {
    const { chance, time } = this.#world;
    const settings = {
      autoApprove,
      budgetUsd: chance.pick([null, 20, 20, 1]),
      softenRefused: chance.chance(0.8),
      repeatUnknownUpToUsd: chance.pick([0, 0, 0.05, 5]),
      scenes: { minSeconds: 3, maxSeconds: 6 },
    };
    // The same id for each try, so that a repeated request makes no second project.
    const id = this.#world.runtime.newId();
    while (!this.projectId) {
      const made = await this.#ask((deps) =>
        createProject({ ...deps, newId: () => id }, this.#actor, { name: "Song", settings }),
      );
      if (made) this.projectId = made.id;
      else await time.sleep(2_000);
    }
    await this.#upload();
  }

  async #upload(keepScenes = false): Promise<void> {
    const { bucket, chance, runtime, time } = this.#world;
    const key = audioKey(this.ownerId, this.projectId, runtime.newId(), "mp3");
    bucket.put(key, "audio/mpeg", { id: key, good: true, frames: chance.whole(6, 16) * 24 });
    this.deeds.edits++;
    while (!this.deleted) {
      const attached = await this.#ask((deps) =>
        confirmAudio(deps, this.#actor, { projectId: this.projectId, key, keepScenes }),
      );
      if (attached) return;
      await time.sleep(2_000);
    }
  }

  /** One random action of a person. */
  async act(): Promise<void> {
    const { chance } = this.#world;
    const { projectId } = this;
    const { record } = this;
    if (!record) return;
    const stage = (): Stage => chance.pick(STAGES);
    const what = chance.pick([
      "run",
      "run",
      "decide",
      "decide",
      "decide",
      "cancel",
      "retry",
      "edit",
      "budget",
      "song",
      "timing",
      "motif",
      "model",
      "undo",
      "undo",
    ]);
    this.#world.runtime.note(`${this.ownerId}: ${what}`);
    switch (what) {
      case "run":
        await this.#run(chance.chance(0.6) ? "assemble_video" : stage());
        return;
      case "decide":
        await this.decide(chance.pick([1, 1, 0.8, 0.5]));
        return;
      case "cancel":
        await this.#ask((deps) =>
          cancelRun(deps, this.#actor, { projectId, from: chance.chance(0.5) ? "transcribe" : stage() }),
        );
        return;
      case "retry": {
        const task = record.tasks.find((t) => t.status === "failed" || t.status === "canceled");
        if (task) await this.#retry(task.id);
        return;
      }
      case "edit":
        this.deeds.edits++;
        await this.#edit({ settings: { style: chance.pick(["noir", "watercolour", ""]) } });
        return;
      case "budget":
        await this.#edit({ settings: { budgetUsd: chance.pick([0.01, 1, 20, null]) } });
        return;
      case "song":
        if (chance.chance(0.3)) await this.#upload(chance.chance(0.6));
        return;
      case "timing":
        this.deeds.edits++;
        await this.#edit(chance.pick(TIMINGS));
        return;
      case "model":
        this.deeds.edits++;
        await this.#edit({ settings: chance.pick(MODELS) });
        return;
      case "undo": {
        // Everything as it was when the last run was started.
        const asked = this.#world.asked.get(projectId);
        if (!asked) return;
        const { settings, pins, beat } = asked;
        await this.#edit({ settings, pins, beat: beat?.source === "tapped" ? beat : null });
        return;
      }
      case "motif": {
        this.deeds.edits++;
        const [scene] = record.scenes.filter(() => chance.chance(0.5));
        const motif = chance.pick(MOTIF_WAYS);
        if (scene && chance.chance(0.5))
          await this.#ask((deps) => chooseMotif(deps, this.#actor, { projectId, sceneId: scene.id, motif }));
        else await this.#edit({ settings: { motifs: motif } });
      }
    }
  }

  async #run(target: Stage): Promise<void> {
    await this.#ask((deps) => requestRun(deps, this.#actor, { projectId: this.projectId, target }));
  }

  async #edit(edit: ProjectChange): Promise<void> {
    const { projectId } = this;
    await this.#ask((deps) =>
      editProject(deps, this.#actor, { projectId, ...edit, replace: false, expected: null }),
    );
  }

  async #retry(taskId: string): Promise<void> {
    this.deeds.retries.add(taskId);
    await this.#ask((deps) => retryTasks(deps, this.#actor, { projectId: this.projectId, taskId }));
  }

  /** Approves this share of the images and clips that wait for an approval, and rejects the rest. */
  async decide(share: number): Promise<void> {
    const { record } = this;
    if (!record) return;
    const { scenes } = currentOf(record);
    const verdict = () => ({ approved: this.#world.chance.chance(share), notes: null });
    // A scene may show the image or the clip of another: one approval is enough for both.
    const asked = new Set<string>();
    const isNew = (id: string) => !asked.has(id) && asked.add(id);
    const approvals = scenes.flatMap(({ image, imageApproved, clip, clipApproved }) => [
      ...(image && !imageApproved && isNew(image.id)
        ? [{ imageId: image.id, clipId: null, ...verdict() }]
        : []),
      ...(clip && !clipApproved && isNew(clip.id) ? [{ imageId: null, clipId: clip.id, ...verdict() }] : []),
    ]);
    if (approvals.length === 0) return;
    await this.#ask((deps) => approve(deps, this.#actor, { projectId: this.projectId, approvals }));
  }

  /**
   * Gives one image or clip of a scene two verdicts, one after the other. Each request may reach another
   * machine, so the second approval's id may be the lower one. Does nothing for a settled person.
   */
  async changeMind(): Promise<void> {
    const { record } = this;
    const moods = this.#moods;
    if (!record || this.#clocksMs.length === 0 || !moods.chance(0.5)) return;
    const assets = currentOf(record).scenes.flatMap(({ image, clip }) => [
      ...(image ? [{ imageId: image.id, clipId: null }] : []),
      ...(clip ? [{ imageId: null, clipId: clip.id }] : []),
    ]);
    if (assets.length === 0) return;
    const asset = moods.pick(assets);
    const first = moods.chance(0.5);
    for (const approved of [first, !first]) {
      this.#world.runtime.note(
        `${this.ownerId}: ${approved ? "yes" : "no"} to ${asset.imageId ?? asset.clipId}`,
      );
      const approvals = [{ ...asset, approved, notes: null }];
      await this.#ask((deps) => approve(deps, this.#actor, { projectId: this.projectId, approvals }));
    }
  }

  async remove(): Promise<void> {
    this.deleted = true;
    const { time } = this.#world;
    for (;;) {
      let gone = false;
      await this.#ask(async (deps) => {
        const removed = await removeProject(deps, this.#actor, this.projectId);
        gone = removed.ok || removed.error.code === "not_found";
        return removed;
      });
      if (gone) return;
      await time.sleep(2_000);
    }
  }

  /** Does the next thing that leads to the film, as a person would. True once the film is there. */
  async pursue(): Promise<boolean> {
    const { record } = this;
    if (!record || this.deleted) return true;
    const { project, tasks } = record;
    if (project.status === "completed" && project.targetStage === "assemble_video") return true;
    if (project.settings.budgetUsd !== null && project.settings.budgetUsd < 500)
      await this.#edit({ settings: { budgetUsd: null } });
    else if (project.targetStage !== "assemble_video" || project.status === "ready")
      await this.#run("assemble_video");
    else if (project.status === "awaiting_approval") await this.decide(1);
    else if (project.status === "failed" && project.pins.length > 0 && isImpossible(record))
      await this.#edit({ pins: [] });
    else if (project.status === "failed" && isOfModels(record) && !this.#tookOthers) {
      this.#tookOthers = true;
      await this.#edit({ settings: LAST_OF_LADDERS });
    } else if (project.status === "failed") {
      const asked = tasks.filter((t) => needsDecision(t) && !t.retriedAt);
      for (const task of asked) await this.#retry(task.id);
      if (asked.length === 0) await this.#run("assemble_video");
    }
    return false;
  }
}
