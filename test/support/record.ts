/** Builders of records, and a project in memory: plan, apply and steps without any I/O. */

import type { Plan } from "../../src/domain/controller/change.ts";
import { currentOf } from "../../src/domain/controller/current.ts";
import { clipSeconds, promptInputs, subjectHash } from "../../src/domain/controller/inputs.ts";
import { plan } from "../../src/domain/controller/plan.ts";
import { LEASE_MS } from "../../src/domain/controller/tasks.ts";
import type {
  Clip,
  Failure,
  Image,
  Project,
  ProjectRecord,
  Scene,
  Stage,
  Task,
} from "../../src/domain/record/record.ts";
import { Settings, STAGES } from "../../src/domain/record/record.ts";
import { applyChanges, cancelRun, requestRun, retryTasks } from "../simulation/rows.ts";

const START = Date.parse("2026-11-22T10:00:00Z");

export const songOf = (durationSeconds: number, etag = "song-1"): NonNullable<Project["audio"]> => ({
  key: "u/o/p/audio/1.mp3",
  etag,
  format: "mp3",
  codec: "mp3",
  contentType: "audio/mpeg",
  bytes: 500_000,
  durationSeconds,
  sampleRate: 44_100,
  channels: 2,
  title: null,
  artist: null,
});

/** The task of an image that a worker claimed at `at`. */
export const taskOf = (at: Date, over: Partial<Task> = {}): Task => ({
  id: "t",
  jobId: "j",
  projectId: "p",
  type: "generate_images",
  subject: "s",
  imageId: null,
  outputForm: "",
  status: "running",
  attempt: 1,
  supplierFailures: 0,
  supplierIndex: 0,
  claimId: "c",
  runNumber: 1,
  cancelRequested: false,
  failedAttempts: [],
  retriedAt: null,
  runAfter: at,
  dispatchedAt: null,
  leaseUntil: at,
  claimedAt: at,
  provider: "replicate",
  model: "black-forest-labs/flux-schnell",
  providerRequestId: null,
  inputHash: "h",
  costEstimatedUsd: 0.5,
  costChargedUsd: null,
  charged: "no",
  error: null,
  createdAt: at,
  updatedAt: at,
  ...over,
});

/** One project whose steps are decided by the test: `succeed`, `failTask`, `wait`, `crash`. */
export class World {
  now = START;
  #ids = 0;
  readonly record: ProjectRecord;
  /** What is sung in each scene. */
  lyricOf = (scene: number): string => `line ${scene}`;
  /** All claims: each stands for one paid call. */
  readonly claims: { stage: Stage; subject: string; inputHash: string }[] = [];

  constructor(settings: Partial<Settings> = {}, durationSeconds: number | null = 30) {
    const at = new Date(this.now);
    this.record = {
      readAt: at,
      project: {
        id: this.newId(),
        ownerId: "owner",
        name: "Song",
        status: "draft",
        settings: { ...Settings.parse({}), ...settings },
        targetStage: null,
        runNumber: 0,
        runRequest: null,
        modelNotices: [],
        audio: durationSeconds === null ? null : songOf(durationSeconds),
        lyrics: null,
        lyricsHash: null,
        transcriptText: null,
        partialTranscription: null,
        beat: null,
        pins: [],
        proposal: null,
        coverCertificate: null,
        retiming: null,
        reservedUsd: 0,
        spentUsd: 0,
        version: 1,
        createdAt: at,
        updatedAt: at,
      },
      scenes: [],
      prompts: [],
      images: [],
      clips: [],
      approvals: [],
      films: [],
      jobs: [],
      tasks: [],
    };
  }

  newId = (): string => `00000000-0000-7000-8000-${String(++this.#ids).padStart(12, "0")}`;

  /** The plan, without applying it. */
  plan(): Plan {
    return plan(structuredClone({ ...this.record, readAt: new Date(this.now) }), {
      newId: this.newId,
      random: () => 0.5,
    });
  }

  /** Plans and applies until nothing changes; returns the tasks that were sent to workers. */
  wake(): { dispatched: string[]; wakeAt: Date | null } {
    const dispatched: string[] = [];
    for (let round = 0; round < 20; round++) {
      const next = this.plan();
      this.apply(next);
      dispatched.push(...next.dispatch.map(({ taskId }) => taskId));
      if (next.changes.length === 0) return { dispatched, wakeAt: next.wakeAt };
    }
    throw new Error("The plan does not settle");
  }

  apply({ changes }: Plan): void {
    Object.assign(this.record, applyChanges(this.record, changes, new Date(this.now)).rows);
  }

  run(target: Stage): void {
    this.now += 1;
    Object.assign(this.record, requestRun(this.record, target, new Date(this.now)));
  }

  cancel(from: Stage): void {
    const place = STAGES.indexOf(from);
    const canceled = { stages: STAGES.slice(place), target: STAGES[place - 1] ?? null };
    Object.assign(this.record, cancelRun(this.record, canceled, new Date(this.now)).rows);
  }

  retry(id: string): void {
    Object.assign(this.record, retryTasks(this.record, { taskId: id }, new Date(this.now)).rows);
  }

  task(id: string): Task {
    const task = this.record.tasks.find((t) => t.id === id);
    if (!task) throw new Error(`No task ${id}`);
    return task;
  }

  open(): Task[] {
    return this.record.tasks.filter((t) => ["pending", "running", "waiting"].includes(t.status));
  }

  claim(id: string): Task {
    const task = this.task(id);
    Object.assign(task, {
      status: "running",
      claimedAt: task.status === "pending" ? new Date(this.now) : task.claimedAt,
      leaseUntil: new Date(this.now + LEASE_MS),
      updatedAt: new Date(this.now),
    });
    this.claims.push({ stage: task.type, subject: task.subject, inputHash: task.inputHash });
    return task;
  }

  wait(id: string, pollAfterMs: number): void {
    Object.assign(this.task(id), {
      status: "waiting",
      leaseUntil: null,
      dispatchedAt: null,
      providerRequestId: `prediction-${id}`,
      runAfter: new Date(this.now + pollAfterMs),
      updatedAt: new Date(this.now),
    });
  }

  failTask(id: string, error: Failure): void {
    Object.assign(this.task(id), {
      status: "failed",
      error,
      leaseUntil: null,
      updatedAt: new Date(this.now),
    });
  }

  /** Ends a task with the artifact that its stage makes. */
  succeed(id: string, { scenes = 3 }: { scenes?: number } = {}): void {
    const task = this.task(id);
    const { record: r, now } = this;
    const at = new Date(now);
    const base = { projectId: r.project.id, createdAt: at, inputHash: task.inputHash };
    switch (task.type) {
      case "transcribe":
        Object.assign(r.project, {
          lyrics: { source: "transcribed", language: "en", lines: [] },
          lyricsHash: task.inputHash,
          transcriptText: "",
        });
        break;
      case "analyze_scenes": {
        const frames = Math.round((r.project.audio?.durationSeconds ?? 0) * 24);
        r.scenes = Array.from(
          { length: scenes },
          (_, i): Scene => ({
            ...base,
            id: this.newId(),
            orderIdx: i,
            startFrame: Math.floor((i * frames) / scenes),
            endFrame: Math.floor(((i + 1) * frames) / scenes),
            lyricExcerpt: this.lyricOf(i),
            theme: "theme",
            aiReasoning: "",
            energy: 0.5,
            origin: "planned",
            motif: null,
            version: 1,
          }),
        );
        break;
      }
      case "generate_prompts": {
        const { prompt: before, softening } =
          currentOf(r).scenes.find((s) => s.scene.id === task.subject) ?? {};
        const softened = softening?.inputHash === task.inputHash ? softening : null;
        const scene = r.scenes.find((s) => s.id === task.subject);
        const version = r.prompts.filter((p) => p.sceneId === task.subject).length + 1;
        r.prompts.push({
          ...base,
          id: this.newId(),
          sceneId: task.subject,
          version,
          imagePrompt:
            before && softened?.what === "clip"
              ? before.imagePrompt
              : `a picture of ${task.subject}${softened ? `, ${softened.level}` : ""}`,
          motionPrompt: `slow push in, ${version}`,
          negativePrompt: "",
          styleNotes: "",
          setting: "",
          shotType: "",
          mood: "",
          palette: [],
          generatedByModel: "model",
          edited: false,
          softeningLevel: softened?.level ?? "literal",
          inputHash: softened && scene ? promptInputs(r.project, scene) : task.inputHash,
        });
        break;
      }
      case "generate_images":
        r.images.push({ ...this.#asset(task), promptId: null, origin: "generated" });
        break;
      case "generate_clips": {
        const state = currentOf(r).scenes.find((s) => s.scene.id === task.subject);
        const seconds = state ? clipSeconds(r.project, state.framesToBuy) : null;
        r.clips.push({
          ...this.#asset(task),
          imageId: state?.image?.id ?? "",
          frames: (seconds ?? 5) * 24,
          fps: 24,
          codec: "avc1",
          decoderConfig: "",
        });
        break;
      }
      case "assemble_video":
        r.films.push({
          ...base,
          id: this.newId(),
          taskId: task.id,
          status: "completed",
          objectKey: "film",
          etag: "film",
          bytes: 1,
          durationSeconds: 1,
          frames: 1,
          width: 1,
          height: 1,
          editList: [],
          certificate: null,
          warnings: [],
          sidecars: null,
          error: null,
        });
    }
    Object.assign(task, { status: "succeeded", leaseUntil: null, updatedAt: at });
  }

  #asset(
    task: Task,
  ): Omit<Image, "promptId" | "origin"> &
    Omit<Clip, "imageId" | "frames" | "fps" | "codec" | "decoderConfig"> {
    const id = this.newId();
    return {
      id,
      projectId: this.record.project.id,
      sceneId: task.subject,
      taskId: task.id,
      status: "completed",
      objectKey: id,
      etag: `etag-${id}`,
      bytes: 1,
      contentType: "x",
      width: 1,
      height: 1,
      model: null,
      inputHash: task.inputHash,
      replicatePredictionId: null,
      provenance: null,
      error: null,
      createdAt: new Date(this.now),
    };
  }

  decide(asset: Image | Clip, approved: boolean): void {
    this.now += 1;
    this.record.approvals.push({
      id: this.newId(),
      projectId: asset.projectId,
      sceneId: asset.sceneId,
      imageId: "promptId" in asset ? asset.id : null,
      clipId: "promptId" in asset ? null : asset.id,
      approved,
      notes: null,
      subjectHash: subjectHash(asset),
      voidedAt: null,
      voidedReason: null,
      createdAt: new Date(this.now),
    });
  }

  approveAll(): void {
    for (const { image, clip, imageApproved, clipApproved } of currentOf(this.record).scenes) {
      if (image && !imageApproved) this.decide(image, true);
      if (clip && !clipApproved) this.decide(clip, true);
    }
  }

  /** Runs every dispatched task to success until the plan sends nothing more. */
  drain(): void {
    for (let round = 0; round < 50; round++) {
      const { dispatched } = this.wake();
      if (dispatched.length === 0) return;
      for (const id of dispatched) {
        this.claim(id);
        this.succeed(id);
      }
      this.now += 100;
    }
    throw new Error("The project does not come to rest");
  }
}
