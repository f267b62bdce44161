/** The store in memory: what src/db does in Postgres. test/integration/db/store.test.ts compares the two. */
import { isDeepStrictEqual } from "node:util";
import type { StoreOptions } from "../../src/db/store.ts";
import { newestApprovals } from "../../src/domain/controller/approvals.ts";
import type { Change } from "../../src/domain/controller/change.ts";
import { isHeavy } from "../../src/domain/controller/heavy.ts";
import { songFrames, subjectHash } from "../../src/domain/controller/inputs.ts";
import { noticeKey } from "../../src/domain/controller/model-health.ts";
import { historiesInRecord } from "../../src/domain/controller/record-bounds.ts";
import type { Fact, Settlement } from "../../src/domain/controller/settlement.ts";
import { isOpen, isOpenJob, LEASE_MS, tasksInRecord } from "../../src/domain/controller/tasks.ts";
import { projectPrefix } from "../../src/domain/record/keys.ts";
import {
  DELETED_AFTER_SECONDS,
  type DeletionReason,
  type LimitReached,
  MAX_OF_OWNER,
  type OwnerLimits,
} from "../../src/domain/record/limits.ts";
import type {
  Audio,
  Failure,
  MotifWay,
  Project,
  ProjectRecord,
  Scene,
  Stage,
  Task,
} from "../../src/domain/record/record.ts";
import { mergeSettings, type ProjectChange, settingsProblems } from "../../src/domain/settings.ts";
import type {
  ApprovalInput,
  Claim,
  ClaimRequest,
  HeldClaim,
  OwnedProject,
  Store,
  TaskIds,
} from "../../src/ports/store.ts";
import {
  afterMove,
  applyChanges,
  type Changed,
  cancelRun,
  endPending,
  type Moved,
  millionths,
  place,
  put,
  type Rows,
  requestRun,
  retryTasks,
  withProject,
  withTask,
} from "./rows.ts";

export interface Owner {
  id: string;
  budgetUsd: number | null;
  reservedUsd: number;
  spentUsd: number;
}

/** Whether a budget, which may have more digits than are kept, covers this cost besides what is used. */
const holds = (
  budget: number | null,
  { reservedUsd, spentUsd }: { reservedUsd: number; spentUsd: number },
  cost: number,
): boolean =>
  budget === null ||
  Math.floor(millionths(budget)) >=
    [reservedUsd, spentUsd, cost].reduce((sum, n) => sum + Math.round(millionths(n)), 0);
/** A row of `objects_to_delete`. */
interface Deletion {
  ownerId: string;
  projectId: string;
  bytes: number | null;
  reason: DeletionReason;
  dueAt: Date;
  deleting: boolean;
}

export class MemoryStore implements Store {
  readonly projects = new Map<string, Rows>();
  readonly owners = new Map<string, Owner>();
  readonly #now: () => Date;
  readonly #newId: () => string;
  readonly #limits: OwnerLimits;
  readonly #ownerBudgetUsd: number | null;
  /** By their paths. */
  readonly objectsToDelete = new Map<string, Deletion>();
  /** How far the sweep has come in each list; "" where it begins. */
  readonly #swept = { running: "", decided: "" };
  /** Called for each row whose status is about to change. */
  onTransition: (what: "job" | "task", id: string, from: string, to: string) => void = () => {};

  constructor({ now, newId, ownerBudgetUsd, limits }: StoreOptions & { now: () => Date }) {
    this.#limits = { ...MAX_OF_OWNER, ...limits };
    this.#now = now;
    this.#newId = newId;
    this.#ownerBudgetUsd = ownerBudgetUsd;
  }

  #owned({ ownerId, projectId }: OwnedProject): Rows | null {
    const rows = this.projects.get(projectId);
    return rows?.project.ownerId === ownerId ? rows : null;
  }

  #touch(rows: Rows, set: Partial<Project>): Project {
    Object.assign(rows, withProject(rows, set, this.#now()));
    return rows.project;
  }

  #move(rows: Rows, moved: Moved): void {
    rows.project = { ...rows.project, ...afterMove(rows.project, moved) };
    this.#bill(rows.project.ownerId, moved);
  }

  #bill(ownerId: string, moved: Moved): void {
    const owner = this.owners.get(ownerId);
    if (!owner) throw new Error("An owner is missing");
    Object.assign(owner, afterMove(owner, moved));
  }

  /** Puts changed rows in place of those before. */
  #replace(rows: Rows, { rows: after, transitions }: Changed): void {
    for (const { what, id, from, to } of transitions) this.onTransition(what, id, from, to);
    Object.assign(rows, after);
  }

  #task(rows: Rows, id: string, set: Partial<Task>): void {
    this.#replace(rows, withTask(rows, id, set, this.#now()));
  }

  async load(projectId: string): Promise<ProjectRecord | null> {
    return this.recordOf(projectId);
  }

  /** As `load`, at once. */
  recordOf(projectId: string): ProjectRecord | null {
    const rows = this.projects.get(projectId);
    return rows ? this.#read(rows) : null;
  }

  #read(rows: Rows, claimedId?: string): ProjectRecord {
    const { jobs, tasks, project } = rows;
    const read = tasksInRecord({ runNumber: project.runNumber, jobs, tasks }, claimedId);
    return { ...rows, ...historiesInRecord(rows), tasks: read, readAt: this.#now() };
  }

  async apply(projectId: string, changes: Change[]): Promise<void> {
    const rows = this.projects.get(projectId);
    if (!rows && changes.some((change) => change.kind === "job.create"))
      throw new Error("The project of this job is gone");
    if (!rows) return;
    const after = applyChanges(rows, changes, this.#now());
    this.#replace(rows, after);
    for (const moved of after.moved) this.#bill(rows.project.ownerId, moved);
  }

  async claim(ids: ClaimRequest): Promise<Claim> {
    const rows = this.projects.get(ids.projectId);
    let task = rows?.tasks.find((t) => t.id === ids.taskId);
    if (!rows || !task) return { kind: "gone" };
    const adoptable =
      ids.predictionId !== undefined &&
      task.attempt === (ids.attempt ?? 0) &&
      task.providerRequestId === null &&
      (task.status === "running" || task.status === "waiting");
    if (adoptable) {
      rows.tasks = put(rows.tasks, task.id, { providerRequestId: ids.predictionId ?? null });
      task = { ...task, providerRequestId: ids.predictionId ?? null };
    }
    const was = task.status;
    const now = this.#now();
    const job = rows.jobs.find((j) => j.id === task.jobId);
    const ready =
      was === "pending" &&
      task.runAfter <= now &&
      job !== undefined &&
      isOpenJob(job) &&
      place(task.type) <= place(rows.project.targetStage);
    if (!ready && was !== "waiting") return { kind: "not_now", task };
    if (ids.lightOnly && isHeavy(task)) return { kind: "heavy", task };
    const owner = this.owners.get(rows.project.ownerId);
    const cost = task.costEstimatedUsd;
    const affordable =
      cost === 0 ||
      (holds(rows.project.settings.budgetUsd, rows.project, cost) &&
        (!owner || holds(owner.budgetUsd ?? this.#ownerBudgetUsd, owner, cost)));
    if (was === "pending" && !affordable) return { kind: "over_budget", task };
    this.#task(rows, task.id, {
      status: "running",
      leaseUntil: new Date(now.getTime() + LEASE_MS),
      claimId: this.#newId(),
      claimedAt: was === "pending" ? now : task.claimedAt,
      providerRequestId: was === "pending" ? null : task.providerRequestId,
      error: null,
    });
    if (was === "pending") this.#move(rows, { reservedUsd: cost, spentUsd: 0 });
    const claimed = rows.tasks.find((t) => t.id === ids.taskId) ?? task;
    return {
      kind: "claimed",
      was: was === "pending" ? "pending" : "waiting",
      task: claimed,
      record: this.#read(rows, ids.taskId),
    };
  }

  #held(task: HeldClaim): { rows: Rows; task: Task } | null {
    for (const rows of this.projects.values()) {
      const found = rows.tasks.find((t) => t.id === task.id);
      if (found)
        return found.attempt === task.attempt && found.claimId === task.claimId && found.status === "running"
          ? { rows, task: found }
          : null;
    }
    return null;
  }

  async renew(task: HeldClaim): Promise<boolean> {
    const held = this.#held(task);
    if (held) this.#task(held.rows, task.id, { leaseUntil: new Date(this.#now().getTime() + LEASE_MS) });
    return held !== null;
  }

  async settle(task: Task, { set, reservation, facts }: Settlement): Promise<boolean> {
    const held = this.#held(task);
    if (!held) return false;
    const { rows } = held;
    const after = { ...rows };
    for (const fact of facts) {
      check(after, fact);
      this.#fact(after, fact);
    }
    Object.assign(rows, after);
    this.#move(rows, {
      reservedUsd: reservation.kind === "keep" ? 0 : -task.costEstimatedUsd,
      spentUsd: reservation.kind === "spend" ? reservation.usd : 0,
    });
    this.#task(rows, task.id, { leaseUntil: null, dispatchedAt: null, ...set });
    Object.assign(rows, endPending(rows, task.id));
    return true;
  }

  #fact(rows: Rows, fact: Fact): void {
    switch (fact.kind) {
      case "lyrics": {
        const { lyrics, lyricsHash, transcriptText, audioEtag } = fact;
        if (rows.project.audio?.etag !== audioEtag) return;
        this.#touch(rows, {
          lyrics,
          lyricsHash,
          transcriptText,
          partialTranscription: null,
          version: rows.project.version + 1,
        });
        return;
      }
      case "partial_transcription": {
        const { part, audioEtag } = fact;
        const { audio, partialTranscription } = rows.project;
        if (audio?.etag !== audioEtag) return;
        const parts =
          partialTranscription?.audioEtag === audioEtag ? [...partialTranscription.parts, part] : [part];
        rows.project = { ...rows.project, partialTranscription: { audioEtag, parts } };
        return;
      }
      case "scenes":
        this.#scenes(rows, fact);
        return;
      case "prompt":
        rows.prompts = [...rows.prompts, fact.prompt];
        return;
      case "image": {
        const known = rows.images.find((i) => i.id === fact.image.id);
        rows.images = known
          ? put(rows.images, known.id, { ...fact.image, sceneId: known.sceneId, createdAt: known.createdAt })
          : [...rows.images, fact.image];
        return;
      }
      case "clip": {
        const known = rows.clips.find((c) => c.id === fact.clip.id);
        rows.clips = known
          ? put(rows.clips, known.id, { ...fact.clip, sceneId: known.sceneId, createdAt: known.createdAt })
          : [...rows.clips, fact.clip];
        return;
      }
      case "film":
        rows.films = [...rows.films, fact.film];
        return;
      case "notice": {
        const { notice } = fact;
        const others = rows.project.modelNotices.filter(
          (n) => !isDeepStrictEqual(noticeKey(n), noticeKey(notice)),
        );
        rows.project = { ...rows.project, modelNotices: [...others, notice] };
      }
    }
  }

  /** Scenes that stay keep their prompts, images and clips. */
  #scenes(rows: Rows, { scenes, proposal, cover, beat, audioEtag }: Extract<Fact, { kind: "scenes" }>): void {
    const { project } = rows;
    if (project.audio?.etag !== audioEtag) return;
    const known = new Map(rows.scenes.map((scene) => [scene.id, scene]));
    const stay = new Set(scenes.map((scene) => scene.id));
    const ofStaying = <T extends { sceneId: string }>(of: T[]) => of.filter((row) => stay.has(row.sceneId));
    const images = ofStaying(rows.images);
    const drawn = new Set(images.map((image) => image.id));
    const clips = ofStaying(rows.clips).filter((clip) => drawn.has(clip.imageId));
    const shown = new Set([...drawn, ...clips.map((clip) => clip.id)]);
    Object.assign(rows, {
      prompts: ofStaying(rows.prompts),
      images,
      clips,
      approvals: ofStaying(rows.approvals).filter((a) => shown.has(a.imageId ?? a.clipId ?? "")),
      scenes: scenes.map((scene) => ({ ...scene, motif: (known.get(scene.id) ?? scene).motif })),
    });
    this.#touch(rows, {
      retiming: null,
      coverCertificate: cover,
      ...(proposal ? { proposal } : {}),
      ...(beat && project.beat?.source !== "tapped" ? { beat } : {}),
    });
  }

  async fail({ projectId, taskId }: TaskIds, error: Failure): Promise<void> {
    const rows = this.projects.get(projectId);
    const task = rows?.tasks.find((t) => t.id === taskId);
    if (!rows || task?.status !== "pending") return;
    this.#task(rows, taskId, { status: "failed", error });
    Object.assign(rows, endPending(rows, taskId));
  }

  async projectsToSweep(idleSeconds: number, limit: number): Promise<string[]> {
    const idle = (p: Project) => (this.#now().getTime() - p.updatedAt.getTime()) / 1000;
    /** Sorts by the last change, then by id. */
    const keyOf = (p: Project) => `${String(p.updatedAt.getTime()).padStart(16, "0")} ${p.id}`;
    const next = (list: "running" | "decided", isIn: (p: Project) => boolean) => {
      const found = [...this.projects.values()]
        .map((rows) => rows.project)
        .filter((p) => p.targetStage !== null && idle(p) > idleSeconds && isIn(p))
        .filter((p) => keyOf(p) > this.#swept[list])
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
        .slice(0, limit);
      const last = found[limit - 1];
      this.#swept[list] = last ? keyOf(last) : "";
      return found;
    };
    return [
      ...next("running", (p) => p.status === "running"),
      ...next("decided", (p) => p.status !== "running" && idle(p) < idleSeconds + 3_600),
    ]
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
      .map((p) => p.id);
  }

  async createProject(
    given: Pick<Project, "id" | "ownerId" | "name" | "settings">,
  ): Promise<Project | LimitReached> {
    const { id, ownerId } = given;
    if (!this.owners.has(ownerId))
      this.owners.set(ownerId, { id: ownerId, budgetUsd: null, reservedUsd: 0, spentUsd: 0 });
    const known = this.projects.get(id);
    if (known?.project.ownerId === ownerId) return known.project;
    const most = this.#limits.projects;
    if (this.#projectsOf(ownerId).length >= most) return { limit: "projects", most };
    if (known) throw new Error("An insert left no row");
    const at = this.#now();
    const project: Project = {
      ...given,
      status: "draft",
      targetStage: null,
      runNumber: 0,
      runRequest: null,
      modelNotices: [],
      audio: null,
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
    };
    const none = {
      scenes: [],
      prompts: [],
      images: [],
      clips: [],
      approvals: [],
      films: [],
      jobs: [],
      tasks: [],
    };
    this.projects.set(id, { project, ...none });
    return project;
  }

  async findProject(whose: OwnedProject): Promise<Project | null> {
    return this.#owned(whose)?.project ?? null;
  }

  async editProject(
    whose: OwnedProject,
    edit: ProjectChange & { expected: number[] | null },
  ): Promise<{ saved: Project | null; current: Project | null }> {
    const rows = this.#owned(whose);
    if (!rows) return { saved: null, current: null };
    const { project } = rows;
    const settings = mergeSettings(project.settings, edit.settings ?? {});
    const seen = !edit.expected || edit.expected.includes(project.version);
    if (!seen || (edit.settings && settingsProblems(settings, edit.settings).length > 0))
      return { saved: null, current: project };
    const saved = this.#touch(rows, {
      name: edit.name ?? project.name,
      settings,
      pins: edit.pins ?? project.pins,
      beat: edit.beat === undefined ? project.beat : edit.beat,
      version: project.version + 1,
    });
    return { saved, current: saved };
  }

  async attachAudio(
    whose: OwnedProject,
    { audio, keepScenes }: { audio: Audio; keepScenes: boolean },
  ): Promise<Project | null> {
    const rows = this.#owned(whose);
    if (!rows) return null;
    const { project, scenes } = rows;
    const { lyrics, settings } = project;
    const followed =
      lyrics && project.audio && scenes.length > 0
        ? { frames: songFrames(project.audio, settings.fps), lines: lyrics.lines }
        : null;
    const other =
      project.audio?.etag === audio.etag
        ? {}
        : {
            lyrics: null,
            lyricsHash: null,
            transcriptText: null,
            partialTranscription: null,
            beat: null,
            pins: [],
            proposal: null,
            coverCertificate: null,
            retiming: keepScenes ? (project.retiming ?? followed) : null,
          };
    if (project.audio && project.audio.key !== audio.key)
      this.objectsToDelete.set(project.audio.key, {
        bytes: project.audio.bytes,
        deleting: false,
        // An entry that exists keeps these.
        ...this.objectsToDelete.get(project.audio.key),
        ownerId: whose.ownerId,
        projectId: whose.projectId,
        reason: "replaced",
        dueAt: this.#after(DELETED_AFTER_SECONDS.replaced),
      });
    this.objectsToDelete.delete(audio.key);
    return this.#touch(rows, {
      audio,
      ...other,
      status: project.status === "draft" ? "ready" : project.status,
      version: project.version + 1,
    });
  }

  async chooseMotif(
    whose: OwnedProject & { sceneId: string },
    motif: MotifWay | null,
  ): Promise<{ scene: Scene; fps: number } | null> {
    const rows = this.#owned(whose);
    if (!rows) return null;
    this.#touch(rows, {});
    const scene = rows.scenes.find((s) => s.id === whose.sceneId);
    if (!scene) return null;
    const chosen = { ...scene, motif, version: scene.version + 1 };
    rows.scenes = put(rows.scenes, scene.id, chosen);
    return { scene: chosen, fps: rows.project.settings.fps };
  }

  #projectsOf(ownerId: string): Rows[] {
    return [...this.projects.values()].filter(({ project }) => project.ownerId === ownerId);
  }

  async requestRun(whose: OwnedProject, target: Stage): Promise<Project | LimitReached | null> {
    const rows = this.#owned(whose);
    if (!rows) return null;
    if (!rows.project.audio) return rows.project;
    const most = this.#limits.open_tasks;
    const open = this.#projectsOf(whose.ownerId).flatMap(({ tasks }) => tasks.filter(isOpen));
    if (open.length >= most) return { limit: "open_tasks", most };
    Object.assign(rows, requestRun(rows, target, this.#now()));
    return rows.project;
  }

  async cancel(whose: OwnedProject, stages: readonly Stage[], target: Stage | null): Promise<Project | null> {
    const rows = this.#owned(whose);
    if (!rows) return null;
    this.#replace(rows, cancelRun(rows, { stages, target }, this.#now()));
    return rows.project;
  }

  async retry(
    whose: OwnedProject,
    what: { taskId: string } | { jobId: string; includeUnknown: boolean },
  ): Promise<{ project: Project; retried: Pick<Task, "id" | "type">[] } | null> {
    const rows = this.#owned(whose);
    const known = "taskId" in what ? rows?.tasks : rows?.jobs;
    const id = "taskId" in what ? what.taskId : what.jobId;
    if (!rows || !known?.some((row) => row.id === id)) return null;
    const after = retryTasks(rows, what, this.#now());
    Object.assign(rows, after.rows);
    return { project: rows.project, retried: after.retried.map(({ id, type }) => ({ id, type })) };
  }

  async recordApprovals(whose: OwnedProject, verdicts: ApprovalInput[]) {
    const rows = this.#owned(whose);
    if (!rows || verdicts.length === 0) return null;
    const createdAt = this.#now();
    const newest = newestApprovals(rows.approvals);
    const found = verdicts.map((verdict) => {
      const asset =
        rows.images.find((i) => i.id === verdict.imageId && i.status === "completed") ??
        rows.clips.find((c) => c.id === verdict.clipId && c.status === "completed");
      const last = newest.get(verdict.imageId ?? verdict.clipId ?? "");
      const same =
        asset &&
        last?.approved === verdict.approved &&
        last.notes === verdict.notes &&
        last.subjectHash === subjectHash(asset)
          ? last
          : null;
      return {
        verdict,
        askedId: verdict.id,
        id: same?.id ?? verdict.id,
        sceneId: asset?.sceneId ?? null,
        subjectHash: asset ? subjectHash(asset) : null,
        createdAt: same?.createdAt ?? createdAt,
        voidedAt: same?.voidedAt ?? null,
        voidedReason: same?.voidedReason ?? null,
        same: same !== null,
      };
    });
    const known = new Set(rows.approvals.map((a) => a.id));
    const fresh = found.filter((f) => !f.same && !known.has(f.id));
    if (found.every((f) => f.sceneId !== null) && fresh.length > 0) {
      rows.approvals = [
        ...rows.approvals,
        ...fresh.map(({ verdict, sceneId, subjectHash: subject }) => ({
          ...verdict,
          projectId: rows.project.id,
          sceneId: sceneId ?? "",
          subjectHash: subject ?? "",
          voidedAt: null,
          voidedReason: null,
          createdAt,
        })),
      ];
      this.#touch(rows, {});
    }
    return found.map(({ verdict: _, same: __, ...row }) => row);
  }

  async removeProject(whose: OwnedProject): Promise<boolean> {
    const rows = this.#owned(whose);
    if (!rows) return false;
    this.projects.delete(whose.projectId);
    const { reservedUsd } = rows.project;
    this.#bill(whose.ownerId, { reservedUsd: -reservedUsd, spentUsd: reservedUsd });
    const prefix = projectPrefix(whose.ownerId, whose.projectId);
    for (const [path, { ownerId, projectId }] of this.objectsToDelete)
      if (ownerId === whose.ownerId && projectId === whose.projectId) this.objectsToDelete.delete(path);
    const dueAt = this.#after(DELETED_AFTER_SECONDS.project);
    this.objectsToDelete.set(prefix, { ...whose, bytes: null, reason: "project", dueAt, deleting: false });
    return true;
  }

  #after(seconds: number): Date {
    return new Date(this.#now().getTime() + seconds * 1000);
  }

  async announceUpload(
    { ownerId, projectId }: OwnedProject,
    { key, bytes }: { key: string; bytes: number },
  ): Promise<{ key: string } | LimitReached | null> {
    if (!this.#owned({ ownerId, projectId })) return null;
    const others = [...this.objectsToDelete].flatMap(([path, row]) =>
      row.ownerId === ownerId && path !== key ? [row] : [],
    );
    const { open_uploads: mostUploads, stored_bytes: mostBytes } = this.#limits;
    if (others.filter(({ reason }) => reason === "upload").length >= mostUploads)
      return { limit: "open_uploads", most: mostUploads };
    const stored = [
      ...this.#projectsOf(ownerId).flatMap(({ project, images, clips, films }) => [
        project.audio,
        ...images,
        ...clips,
        ...films,
      ]),
      ...others,
    ].reduce((sum, object) => sum + (object?.bytes ?? 0), bytes);
    if (stored > mostBytes) return { limit: "stored_bytes", most: mostBytes };
    const known = this.objectsToDelete.get(key);
    const dueAt = this.#after(DELETED_AFTER_SECONDS.upload);
    this.objectsToDelete.set(key, {
      ...(known ?? { ownerId, projectId, bytes, reason: "upload" }),
      dueAt,
      deleting: false,
    });
    return { key };
  }

  #upload({ ownerId, projectId }: OwnedProject, key: string): Deletion | null {
    const row = this.objectsToDelete.get(key);
    return row?.ownerId === ownerId && row.projectId === projectId ? row : null;
  }

  async holdUpload(whose: OwnedProject, key: string) {
    const row = this.#upload(whose, key);
    const hour = this.#after(DELETED_AFTER_SECONDS.confirmed);
    if (row && !row.deleting && row.dueAt < hour) row.dueAt = hour;
    const project = this.#owned(whose)?.project;
    return project ? { project, deleting: row?.deleting ?? false } : null;
  }

  async refuseUpload(whose: OwnedProject, key: string): Promise<void> {
    const row = this.#upload(whose, key);
    if (row) row.reason = "refused";
  }

  async takeObjectsToDelete(most: { keys: number; prefixes: number }): Promise<string[]> {
    const due = () => [...this.objectsToDelete].filter(([, row]) => row.dueAt <= this.#now());
    for (const [path, { projectId, reason }] of due()) {
      const project = this.projects.get(projectId)?.project;
      if (project && (project.audio?.key === path || reason === "project")) this.objectsToDelete.delete(path);
    }
    const oldest = due().sort(([, a], [, b]) => a.dueAt.getTime() - b.dueAt.getTime());
    const taken = [
      ...oldest.filter(([, row]) => row.reason !== "project").slice(0, most.keys),
      ...oldest.filter(([, row]) => row.reason === "project").slice(0, most.prefixes),
    ];
    for (const [, row] of taken) Object.assign(row, { deleting: true, dueAt: this.#after(600) });
    return taken.map(([path]) => path);
  }

  async forgetObjects(paths: string[]): Promise<void> {
    for (const path of paths) if (this.objectsToDelete.get(path)?.deleting) this.objectsToDelete.delete(path);
  }
}

/** Throws where Postgres' foreign keys and unique constraints would refuse the fact. */
function check({ scenes, prompts, images, films }: Rows, fact: Fact): void {
  const known = (rows: { id: string }[], id: string) => rows.some((row) => row.id === id);
  const refuse = (what: string): never => {
    throw new Error(what);
  };
  if (fact.kind === "prompt") {
    const { id, sceneId, version } = fact.prompt;
    if (!known(scenes, sceneId)) refuse("The prompt's scene does not exist any more");
    if (known(prompts, id) || prompts.some((p) => p.sceneId === sceneId && p.version === version))
      refuse("The version of this prompt exists");
  }
  if (fact.kind === "image") {
    const { sceneId, promptId } = fact.image;
    if (!known(scenes, sceneId)) refuse("The image's scene does not exist any more");
    if (promptId !== null && !known(prompts, promptId)) refuse("The image's prompt does not exist any more");
  }
  if (fact.kind === "clip") {
    const { sceneId, imageId } = fact.clip;
    if (!known(scenes, sceneId)) refuse("The clip's scene does not exist any more");
    if (!known(images, imageId)) refuse("The clip's image does not exist any more");
  }
  if (fact.kind === "film" && known(films, fact.film.id)) refuse("The film exists");
}
