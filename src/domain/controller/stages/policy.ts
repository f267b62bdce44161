/** What the controller has to know about a stage. */

import type { Clip, EditListEntry, Failure, ProjectRecord, Settings, Stage } from "../../record/record.ts";
import type { SceneState } from "../scene-state.ts";

/** An artifact that a stage could make now: its inputs exist and it is not current. */
export interface Unit {
  stage: Stage;
  /** The scene's id, or the project's for an artifact of the whole song. */
  subject: string;
  inputHash: string;
  /** For a clip: the image that it is made from. */
  imageId?: string;
}

/** The artifacts of a record that are current. */
export interface CurrentArtifacts {
  /** Whether there are current lyrics. */
  lyrics: boolean;
  /** In song order; empty until there are current scenes. */
  scenes: SceneState[];
  /** The cuts of the film; null until every scene has an approved clip. */
  cuts: (EditListEntry & Pick<Clip, "etag">)[] | null;
  /** Input hash of the film of these cuts; null while there are none. */
  filmHash: string | null;
  /** Whether there is a film of exactly these cuts. */
  film: boolean;
}

/** A provider and a model that can make a unit, and the estimated cost. */
export interface Offer {
  /** Null, like the model, for work that is not bought. */
  provider: string | null;
  model: string | null;
  /** US dollars, reserved when the task is claimed. */
  estimateUsd: number;
}

/** Work of our own, which is not bought. */
export const OWN_WORK: Offer = { provider: null, model: null, estimateUsd: 0 };

export interface StagePolicy {
  /** What it makes or does, in a few words, for the API's description of the stages. */
  summary: string;
  /**
   * Whether its attempts hold a large part of an isolate's memory: an isolate runs one at a time (see the
   * heavy gate).
   */
  heavy: boolean;
  /**
   * `Cancel-After` of its predictions in seconds, which bounds the cost of an order whose answer was lost;
   * null for a stage that is never ordered as a prediction.
   */
  cancelAfterSeconds: number | null;
  /** Whether a model that has not delivered in this run gets only a few trial orders at first. */
  trialLimited: boolean;
  /** The output form of its tasks: see `outputFormOf`. */
  outputForm(settings: Pick<Settings, "aspectRatio" | "clipResolution">): string;
  /** What it could make now. */
  units(current: CurrentArtifacts, record: ProjectRecord): Omit<Unit, "stage">[];
  /** Whether all that it makes is current. */
  isDone(current: CurrentArtifacts, record: ProjectRecord): boolean;
  /**
   * Whether the artifact of a scene is still to be bought, for the estimate of what the scenes lack; null for
   * a stage that makes nothing for single scenes.
   */
  isMissing: ((scene: SceneState) => boolean) | null;
  /**
   * Whether its work on a scene waits until a person approves what it is made from; null for a stage whose
   * work never does.
   */
  awaitsApproval: ((scene: SceneState) => boolean) | null;
  /** Whether what one supplier refused is offered to the next; else its prompt is softened instead. */
  offersRefused: boolean;
  /**
   * Who can make one unit, in the order in which they are tried; none at all means work of our own. `scene`
   * finds the unit's scene: undefined if there is none.
   */
  offers(record: ProjectRecord, scene: () => SceneState | undefined): Offer[];
  /**
   * Why the stage must not use a model for this project now, besides what model health says; null if it may.
   * `scenes` finds the state of all scenes.
   */
  skipReason?(record: ProjectRecord, model: string, scenes: () => readonly SceneState[]): Failure | null;
}

/** Forgetting a stage is a type error. */
export type StagePolicies = Record<Stage, StagePolicy>;

/** For stages whose models deliver the same form whatever the settings are. */
export const noOutputForm = (): string => "";
