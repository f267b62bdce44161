/** A project: what the person asked for, and what is known of its song. */

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

/** What the person holds fast in the cover: a cut, or a whole scene, in frames of song time. */
export type Pin = { kind: "cut"; frame: number } | { kind: "scene"; startFrame: number; endFrame: number };

/** What the director proposed, kept so that the same lyrics can be covered anew without asking again. */
export interface Proposal {
  inputHash: string;
  scenes: {
    firstLine: number | null;
    lastLine: number | null;
    theme: string;
    reasoning: string;
    energy: number;
  }[];
}

/**
 * The project as it was when a run was last asked for. Work is bought while its inputs are still those:
 * what an edit touched since waits for the next run.
 */
export interface RunRequest {
  /** When it was asked for, as ISO 8601. */
  at: string;
  /** Up to where; calling off from a stage on lowers it, to null where nothing is left of it. */
  target: Stage | null;
  name: string;
  settings: Settings;
  pins: Pin[];
  /** What the person tapped; null where an estimate may take its place. */
  beat: BeatGrid | null;
  audioEtag: string | null;
  /** By scene id: what the person chose for it. */
  motifs: Record<string, MotifWay>;
}

export const MODEL_NOTICES = ["replaced", "unusable", "measured"] as const;

/** What was found out about a model while it worked for this project, for the person to see and for the plan to go by. */
export type ModelNotice =
  /** The project's clip model is not offered any more: a run took another one. */
  | { kind: "replaced"; stage: Stage; model: string; by: string; message: string; at: string }
  /** Nothing that it makes under these terms (see `termsOf`) can be used. */
  | { kind: "unusable"; stage: Stage; model: string; outputForm: string; message: string; at: string }
  /** What size it really makes under these terms, in pixels. */
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
  /** Counts what the person asked for; failures of an earlier run may be tried again. */
  runNumber: number;
  /** Null where no run was asked for yet. */
  runRequest: RunRequest | null;
  modelNotices: ModelNotice[];
  audio: Audio | null;
  lyrics: Lyrics | null;
  /** Hash of the audio that the lyrics were made from; null where a person wrote them. */
  lyricsHash: string | null;
  transcriptText: string | null;
  partialTranscription: PartialTranscription | null;
  /** Null where none was found, or nobody has listened yet. */
  beat: BeatGrid | null;
  pins: Pin[];
  proposal: Proposal | null;
  /** Of the scenes as they were last planned. */
  coverCertificate: CoverCertificate | null;
  retiming: Retiming | null;
  reservedUsd: number;
  spentUsd: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
