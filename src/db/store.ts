/** The store: every write of the product, each one transaction in one round trip. */
import { type SQL, sql } from "drizzle-orm";
import type { Change } from "../domain/controller/change.ts";
import type { Settlement } from "../domain/controller/settlement.ts";
import type {
  Approval,
  Audio,
  Failure,
  MotifWay,
  Project,
  ProjectRecord,
  Scene,
  Stage,
  Task,
} from "../domain/record/record.ts";
import type { ProjectChange } from "../domain/settings.ts";
import * as approvals from "./approvals.ts";
import { claimTask, failTask, renewLease, settleTask } from "./claims.ts";
import type { Db } from "./client.ts";
import { applyChanges } from "./plans.ts";
import * as projects from "./projects.ts";
import { loadRecord, projectsToSweep } from "./record.ts";
import * as runs from "./runs.ts";
import * as songs from "./songs.ts";

export interface TaskIds {
  projectId: string;
  taskId: string;
}

export interface ClaimRequest extends TaskIds {
  /** Which attempt became which prediction, by a verified webhook. */
  attempt?: number;
  predictionId?: string;
  /** Heavy work is not begun: its worker is not behind the gate. */
  lightOnly?: boolean;
}

/** What a worker shows that a running task is its own. */
export type HeldClaim = Pick<Task, "id" | "attempt" | "claimId">;

export type Claim =
  /** `was` tells a new attempt (`pending`) from a look at one under way (`waiting`). */
  | { kind: "claimed"; was: "pending" | "waiting"; task: Task; record: ProjectRecord }
  /** Ready to run, but it is heavy work, and light work only was asked for. */
  | { kind: "heavy"; task: Task }
  /** Ready to run, but a budget does not hold its cost. */
  | { kind: "over_budget"; task: Task }
  /** Somebody else has it, or it is over, called off or not due. */
  | { kind: "not_now"; task: Task }
  | { kind: "gone" };

/** A project of this owner: what every verb of a person is scoped by. */
export interface OwnedProject {
  ownerId: string;
  projectId: string;
}

export interface ApprovalInput {
  id: string;
  /** Exactly one of the two. */
  imageId: string | null;
  clipId: string | null;
  approved: boolean;
  notes: string | null;
}

export interface Store {
  load(projectId: string): Promise<ProjectRecord | null>;
  /** Each change only while what it saw still holds. Repeating it changes nothing. */
  apply(projectId: string, changes: Change[]): Promise<void>;
  claim(what: ClaimRequest): Promise<Claim>;
  renew(task: HeldClaim): Promise<boolean>;
  /** False where the task was taken over in the meantime: then nothing is written. */
  settle(task: Task, settlement: Settlement): Promise<boolean>;
  /** Fails a task that waits for a worker. */
  fail(ids: TaskIds, failure: Failure): Promise<void>;
  /** Projects that want something and that nobody has looked at for so long. */
  projectsToSweep(idleSeconds: number, limit: number): Promise<string[]>;

  /** The same id again, of the same owner, is the same project. */
  createProject(project: Pick<Project, "id" | "ownerId" | "name" | "settings">): Promise<Project>;
  findProject(whose: OwnedProject): Promise<Project | null>;
  /** Conditional on the version and on settings that can be delivered; `current` tells why nothing was saved. */
  editProject(
    whose: OwnedProject,
    edit: ProjectChange & { expected: number[] | null },
  ): Promise<{ saved: Project | null; current: Project | null }>;
  /**
   * What was heard in the same bytes stays true of them. By `keepScenes` the scenes of the song before
   * will follow this recording (see `Retiming`).
   */
  attachAudio(whose: OwnedProject, song: { audio: Audio; keepScenes: boolean }): Promise<Project | null>;
  /** Null for no such scene of theirs. */
  chooseMotif(
    whose: OwnedProject & { sceneId: string },
    motif: MotifWay | null,
  ): Promise<{ scene: Scene; fps: number } | null>;
  /** Null for no such project; unchanged where it has no song. */
  requestRun(whose: OwnedProject, target: Stage): Promise<Project | null>;
  /** Ends every run of these stages, and wants nothing beyond `target`; null for no such project. */
  cancel(whose: OwnedProject, stages: readonly Stage[], target: Stage | null): Promise<Project | null>;
  /** Frees tasks that ended to be made again; `retried` is empty where none of them had failed. */
  retry(
    whose: OwnedProject,
    what: { taskId: string } | { jobId: string; includeUnknown: boolean },
  ): Promise<{ project: Project | null; retried: Pick<Task, "id" | "type">[] }>;
  /** All or none; null for no such project. `subjectHash` is null where there is no such completed asset. */
  recordApprovals(whose: OwnedProject, inputs: ApprovalInput[]): Promise<RecordedApproval[] | null>;
  /** Rows go first: that fences the pipeline. False where there was none. */
  removeProject(whose: OwnedProject): Promise<boolean>;
}

export type RecordedApproval = Pick<Approval, "id" | "createdAt"> & {
  sceneId: string | null;
  subjectHash: string | null;
};

export interface StoreOptions {
  newId: () => string;
  /** What an owner without a budget of their own may spend in all; null for no limit. */
  ownerBudgetUsd: number | null;
  /** In place of the database's clock. */
  now?: () => Date;
}

export function postgresStore(db: Db, { newId, ownerBudgetUsd, now: given }: StoreOptions): Store {
  const now = (): SQL => (given ? sql`${given().toISOString()}::timestamptz` : sql`now()`);
  return {
    load: (projectId) => loadRecord(db, projectId, now()),
    apply: (projectId, changes) => applyChanges(db, projectId, changes, now()),
    claim: (ids) =>
      claimTask(db, ids, { pending: newId(), waiting: newId() }, { ownerBudgetUsd, now: now() }),
    renew: (task) => renewLease(db, task, now()),
    settle: (task, settlement) => settleTask(db, task, settlement, now()),
    fail: (ids, failure) => failTask(db, ids, failure, now()),
    projectsToSweep: (idleSeconds, limit) => projectsToSweep(db, now(), idleSeconds, limit),
    createProject: (project) => projects.createProject(db, project, now()),
    findProject: (whose) => projects.findProject(db, whose),
    editProject: (whose, edit) => projects.editProject(db, whose, edit, now()),
    attachAudio: (whose, song) => songs.attachAudio(db, whose, song, now()),
    chooseMotif: (whose, motif) => songs.chooseMotif(db, whose, motif, now()),
    requestRun: (whose, target) => runs.requestRun(db, whose, target, now()),
    cancel: (whose, stages, target) => runs.cancel(db, whose, stages, target, now()),
    retry: (whose, what) => runs.retry(db, whose, what, now()),
    recordApprovals: (whose, inputs) => approvals.recordApprovals(db, whose, inputs, now()),
    removeProject: (whose) => projects.removeProject(db, whose),
  };
}
