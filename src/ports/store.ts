/** The port to Postgres. */

import type { Change } from "../domain/controller/change.ts";
import type { Settlement } from "../domain/controller/settlement.ts";
import type { LimitReached, OwnerLimitName } from "../domain/record/limits.ts";
import type {
  Approval,
  Audio,
  Failure,
  Film,
  MotifWay,
  Project,
  ProjectRecord,
  Scene,
  Stage,
  Task,
} from "../domain/record/record.ts";
import type { ProjectChange } from "../domain/settings.ts";
import type { ProjectWithoutText } from "../domain/views/views.ts";

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
  /**
   * Ids of projects with a target stage that did not change for `idleSeconds`: at most `limit` that run, and as
   * many of the others. Each call goes on behind the one before, and begins again at the end.
   */
  projectsToSweep(idleSeconds: number, limit: number): Promise<string[]>;

  /** Repeating it with the same id and owner returns the same project, also where the owner has the most. */
  createProject(
    project: Pick<Project, "id" | "ownerId" | "name" | "settings">,
  ): Promise<Project | LimitReached>;
  findProject(whose: OwnedProject): Promise<Project | null>;
  /** Saves if the version is expected and the settings can be delivered; else `current` shows why not. */
  editProject(
    whose: OwnedProject,
    edit: ProjectChange & { expected: number[] | null },
  ): Promise<{ saved: Project | null; current: Project | null }>;
  /**
   * What was found in the song is kept where the bytes are the same. `keepScenes`: the current scenes will
   * follow this recording (see `Retiming`). The file that it replaces is deleted an hour later. Null for no such
   * project.
   */
  attachAudio(whose: OwnedProject, song: { audio: Audio; keepScenes: boolean }): Promise<Project | null>;
  /** Null for no such scene of this owner. */
  chooseMotif(
    whose: OwnedProject & { sceneId: string },
    motif: MotifWay | null,
  ): Promise<{ scene: Scene; fps: number } | null>;
  /** Null for no such project; unchanged where it has no song, or where the owner has the most open tasks. */
  requestRun(whose: OwnedProject, target: Stage): Promise<Project | LimitReached | null>;
  /** Cancels open jobs of these stages and lowers the target stage to `target`; null for no such project. */
  cancel(whose: OwnedProject, stages: readonly Stage[], target: Stage | null): Promise<Project | null>;
  /**
   * Frees failed or canceled tasks to be made again; `retried` is empty where there are none. Null for no such
   * project, or no such task or job of it.
   */
  retry(
    whose: OwnedProject,
    what: { taskId: string } | { jobId: string; includeUnknown: boolean },
  ): Promise<{ project: Project; retried: Pick<Task, "id" | "type">[] } | null>;
  /** Records all or none; null for no such project. `subjectHash` is null for no such completed asset. */
  recordApprovals(whose: OwnedProject, inputs: ApprovalInput[]): Promise<RecordedApproval[] | null>;
  /**
   * False where the owner has no such project. Its files are due to be deleted once no upload to it can be under
   * way.
   */
  removeProject(whose: OwnedProject): Promise<boolean>;

  /**
   * Records an upload that is about to be presigned: it is deleted after two hours unless it is confirmed. Null
   * for no such project. Safe to repeat.
   */
  announceUpload(
    whose: OwnedProject,
    upload: { key: string; bytes: number },
  ): Promise<{ key: string } | LimitReached | null>;
  /**
   * The project, and whether the object is being deleted; if it is not, it is kept for another hour at least. Null
   * for no such project.
   */
  holdUpload(whose: OwnedProject, key: string): Promise<{ project: Project; deleting: boolean } | null>;
  /** The upload was refused and is not open any more. Its object, if there is one, is deleted when it is due. */
  refuseUpload(whose: OwnedProject, key: string): Promise<void>;
  /**
   * Keys, and prefixes with a slash at the end, that are to be deleted now, at most so many of each. What is not
   * forgotten is given again after ten minutes.
   */
  takeObjectsToDelete(most: { keys: number; prefixes: number }): Promise<string[]>;
  /** They were deleted. */
  forgetObjects(paths: string[]): Promise<void>;
}

/** `id` is not `askedId` where the newest decision about the image or clip already said the same. */
export type RecordedApproval = Pick<Approval, "id" | "createdAt" | "voidedAt" | "voidedReason"> & {
  /** The id of the input. */
  askedId: string;
  sceneId: string | null;
  subjectHash: string | null;
};

/** A page of rows: after a key (null: from the start), and one more than asked for where another page follows. */
interface PageRequest {
  after: string | null;
  limit: number;
}

/** What a film is named by. */
export interface FilmTitle {
  name: string;
  title: string | null;
  artist: string | null;
}

/** Rows of one project, with what their views need of it. */
interface ProjectRows<Row> {
  rows: Row[];
  fps: number;
  filmTitle: FilmTitle;
}

/** The lists of a project: the record has them, too, with the rows that decisions need. */
export type ListName = {
  [Name in keyof ProjectRecord]: ProjectRecord[Name] extends unknown[] ? Name : never;
}[keyof ProjectRecord];
export type RowOf<Name extends ListName> = ProjectRecord[Name][number];

/** What the API reads. Every statement is scoped by the owner, except those by a signed address. */
export interface Reader {
  /** Resolves where Postgres answers. */
  ping(): Promise<void>;
  /** Newest first, without what can be long; `total` counts all of the owner's projects, where it is asked for. */
  projects(
    ownerId: string,
    page: PageRequest & { total: boolean },
  ): Promise<{ rows: ProjectWithoutText[]; total: number | null }>;
  ownsProject(whose: OwnedProject): Promise<boolean>;
  record(whose: OwnedProject): Promise<ProjectRecord | null>;
  /**
   * A page of a list; null where the owner has no such project. Scenes come in the order of the film, and
   * their key is `order_idx`; all others come newest first, by id.
   */
  list<Name extends ListName>(
    name: Name,
    whose: OwnedProject,
    page: PageRequest,
  ): Promise<ProjectRows<RowOf<Name>> | null>;
  film(whose: OwnedProject & { filmId: string }): Promise<{ film: Film; filmTitle: FilmTitle } | null>;
  /** What was spent today (UTC) for all owners, in US dollars; without what is reserved. */
  spentToday(): Promise<number>;
  /** What an owner has of everything that is limited; zeros for an owner who never had anything. */
  usage(ownerId: string): Promise<Usage>;
  /** A completed film by its id alone: for an address that carries a signature instead of a token. */
  signedFilm(filmId: string): Promise<{ film: Film; filmTitle: FilmTitle } | null>;
}

/** Money is in US dollars. */
export interface Usage {
  used: Record<OwnerLimitName, number>;
  /** The owner's own budget; null for the operator's default. */
  budgetUsd: number | null;
  reservedUsd: number;
  spentUsd: number;
  /** Of what was spent, the part of this day (UTC). */
  spentTodayUsd: number;
}

/** A request with an Idempotency-Key of this owner; `hash` identifies its content. */
export interface KeyedRequest {
  ownerId: string;
  key: string;
  hash: string;
}

/** The right to work on a request until `lockedUntil`, which also fences off the holder before. */
export interface KeyHold {
  ownerId: string;
  key: string;
  lockedUntil: Date;
  /** When the key was first seen: the same for every attempt at the request. */
  since: Date;
}

export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type KeyClaim =
  | { kind: "held"; hold: KeyHold }
  | { kind: "answered"; answer: KeptAnswer }
  | { kind: "in_progress" }
  /** The key was used for another request. */
  | { kind: "reused" };

export interface IdempotencyKeys {
  /** Takes a key that is new or free, or whose lock has expired; else returns its state. */
  claim(request: KeyedRequest): Promise<KeyClaim>;
  /** Keeps the answer for repetitions of the request; no effect where another attempt has taken over. */
  keep(hold: KeyHold, answer: KeptAnswer): Promise<void>;
  /** Lets a repetition run at once, with the same `since`. */
  release(hold: KeyHold): Promise<void>;
  /** Deletes the keys that were first seen 48 hours ago or earlier; returns how many. */
  prune(): Promise<number>;
}
