/** A project: what the person chose and asked for, what is known of its song, and what it has cost. */

import type { CoverCertificate } from "./artifacts.ts";
import type { MotifWay, Settings } from "./settings.ts";
import type { Audio, BeatGrid, Lyrics, PartialTranscription, Retiming } from "./song.ts";
import type { Stage } from "./work.ts";

export const PROJECT_STATUSES = [
  "draft",
  "ready",
  "running",
  "awaiting_approval",
  "completed",
  "failed",
] as const;

export type ProjectStatus = (typeof PROJECT_STATUSES)[number];

/** A cut or a whole scene that the person fixed in the cover, in frames of song time. */
export type Pin = { kind: "cut"; frame: number } | { kind: "scene"; startFrame: number; endFrame: number };

/** Scenes in song order. */
export interface SceneProposal {
  scenes: {
    /** Index of the scene's first line in the lyrics; null for a scene without lyrics. */
    firstLine: number | null;
    /** Index of its last line, inclusive; null as for `firstLine`. */
    lastLine: number | null;
    theme: string;
    /** Why the scene was chosen; may be empty. */
    reasoning: string;
    /** 0 to 1. */
    energy: number;
  }[];
}

/**
 * The director's proposal of scenes, kept so that the same lyrics can be cut again without asking it again.
 */
export interface Proposal extends SceneProposal {
  /** See `proposalInputs`. */
  inputHash: string;
}

/**
 * The project as it was when a run was last requested. Only work whose inputs are still the same is bought;
 * work that an edit has changed since waits for the next run.
 */
export interface RunRequest {
  /** When the run was requested, as ISO 8601. */
  at: string;
  /** The last stage to make. Canceling from a stage on lowers it, to null if no stage is left. */
  target: Stage | null;
  name: string;
  settings: Settings;
  pins: Pin[];
  /** The beat grid that the person tapped; null if there was none, so that an estimate may be used. */
  beat: BeatGrid | null;
  audioEtag: string | null;
  /** By scene id, for the scenes for which the person chose one. */
  motifs: Record<string, MotifWay>;
}

export const MODEL_NOTICES = ["replaced", "unusable", "measured"] as const;

/**
 * What was found out about a model while it worked for this project. People see it, and plans take it into
 * account.
 */
export type ModelNotice =
  /** The project's clip model was retired, and a run replaced it by another. */
  | { kind: "replaced"; stage: Stage; model: string; by: string; message: string; at: string }
  /** The model's results in this output form (see `outputFormOf`) can't be used. */
  | { kind: "unusable"; stage: Stage; model: string; outputForm: string; message: string; at: string }
  /** The size, in pixels, that the model really makes in this output form. */
  | {
      kind: "measured";
      stage: Stage;
      model: string;
      outputForm: string;
      width: number;
      height: number;
      message: string;
      at: string;
    };

export interface Project {
  id: string;
  ownerId: string;
  name: string;
  status: ProjectStatus;
  settings: Settings;
  targetStage: Stage | null;
  /**
   * The number of runs requested so far; a failed task blocks its work only in the run that it belongs to.
   */
  runNumber: number;
  /** Null until a run is requested. */
  runRequest: RunRequest | null;
  modelNotices: ModelNotice[];
  audio: Audio | null;
  lyrics: Lyrics | null;
  /**
   * The `lyricsInputs` that the lyrics were made from; null if there are no lyrics. Edited lyrics are current
   * without it.
   */
  lyricsHash: string | null;
  transcriptText: string | null;
  partialTranscription: PartialTranscription | null;
  /** Null if none was found, or none was looked for yet. */
  beat: BeatGrid | null;
  pins: Pin[];
  proposal: Proposal | null;
  /** Of the scenes as last planned; null before that. */
  coverCertificate: CoverCertificate | null;
  /** Set from when a new recording replaces the song until the scenes follow it; else null. */
  retiming: Retiming | null;
  /** US dollars that claims have set aside. */
  reservedUsd: number;
  spentUsd: number;
  /** Counts changes of the project's content, for If-Match. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
