/** The port to Postgres. */

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

export interface TaskIds {
  projectId: string;
  taskId: string;
}

export interface ClaimRequest extends TaskIds {
  /** From a verified webhook: this attempt became this prediction. */
  attempt?: number;
  predictionId?: string;
  /** Do not begin heavy work: the worker does not hold the heavy gate. */
  lightOnly?: boolean;
}

/** Identifies a claim that a worker holds. */
export type HeldClaim = Pick<Task, "id" | "attempt" | "claimId">;

export type Claim =
  /** `was`: `pending` for a new attempt, `waiting` for a poll of one under way. */
  | { kind: "claimed"; was: "pending" | "waiting"; task: Task; record: ProjectRecord }
  /** Ready to run, but it is heavy work, and only light work was asked for. */
  | { kind: "heavy"; task: Task }
  /** Ready to run, but its cost does not fit into a budget. */
  | { kind: "over_budget"; task: Task }
  /** Another worker has it, or it has ended, is canceled or not due. */
  | { kind: "not_now"; task: Task }
  /** The project or the task does not exist any more. */
  | { kind: "gone" };

/** A project of this owner: scopes everything that a person asks for. */
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
  /** Applies each change only while its row is as it was when it was planned. Safe to repeat. */
  apply(projectId: string, changes: Change[]): Promise<void>;
  claim(what: ClaimRequest): Promise<Claim>;
  /** False where the claim does not hold any more. */
  renew(task: HeldClaim): Promise<boolean>;
  /** False where the claim does not hold any more: then nothing is written. */
  settle(task: Task, settlement: Settlement): Promise<boolean>;
  /** Fails a pending task. */
  fail(ids: TaskIds, failure: Failure): Promise<void>;
  /** Ids of projects with a target stage that did not change for `idleSeconds`. */
  projectsToSweep(idleSeconds: number, limit: number): Promise<string[]>;

  /** Repeating it with the same id and owner returns the same project. */
  createProject(project: Pick<Project, "id" | "ownerId" | "name" | "settings">): Promise<Project>;
  findProject(whose: OwnedProject): Promise<Project | null>;
  /** Saves if the version is expected and the settings can be delivered; else `current` shows why not. */
  editProject(
    whose: OwnedProject,
    edit: ProjectChange & { expected: number[] | null },
  ): Promise<{ saved: Project | null; current: Project | null }>;
  /**
   * What was found in the song is kept where the bytes are the same. `keepScenes`: the current scenes will
   * follow this recording (see `Retiming`). Null for no such project.
   */
  attachAudio(whose: OwnedProject, song: { audio: Audio; keepScenes: boolean }): Promise<Project | null>;
  /** Null for no such scene of this owner. */
  chooseMotif(
    whose: OwnedProject & { sceneId: string },
    motif: MotifWay | null,
  ): Promise<{ scene: Scene; fps: number } | null>;
  /** Null for no such project; unchanged where it has no song. */
  requestRun(whose: OwnedProject, target: Stage): Promise<Project | null>;
  /** Cancels open jobs of these stages and lowers the target stage to `target`; null for no such project. */
  cancel(whose: OwnedProject, stages: readonly Stage[], target: Stage | null): Promise<Project | null>;
  /** Frees failed or canceled tasks to be made again; `retried` is empty where there are none. */
  retry(
    whose: OwnedProject,
    what: { taskId: string } | { jobId: string; includeUnknown: boolean },
  ): Promise<{ project: Project | null; retried: Pick<Task, "id" | "type">[] }>;
  /** Records all or none; null for no such project. `subjectHash` is null for no such completed asset. */
  recordApprovals(whose: OwnedProject, inputs: ApprovalInput[]): Promise<RecordedApproval[] | null>;
  /** False where the owner has no such project. */
  removeProject(whose: OwnedProject): Promise<boolean>;
}

export type RecordedApproval = Pick<Approval, "id" | "createdAt"> & {
  sceneId: string | null;
  subjectHash: string | null;
};
