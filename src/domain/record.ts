/**
 * The project's record: every fact that decisions are made from, as Postgres holds it.
 * Song time is in whole frames at the project's frame rate; money in US dollars.
 */
import { z } from "zod";
import type { Fill, MotifWay, Settings } from "./settings-record.ts";
import type { Audio, BeatGrid, Hearing, Lyrics, Retiming } from "./song-record.ts";

export * from "./settings-record.ts";
export * from "./song-record.ts";

export const STAGES = [
  "transcribe",
  "analyze_scenes",
  "generate_prompts",
  "generate_images",
  "generate_clips",
  "assemble_video",
] as const;
export const Stage = z.enum(STAGES);
export type Stage = z.infer<typeof Stage>;

/** Stages whose attempts hold a large part of an isolate's memory at once: an isolate runs one at a time. */
export const HEAVY_STAGES: readonly Stage[] = ["transcribe", "assemble_video"];

export const PROJECT_STATUSES = [
  "draft",
  "ready",
  "running",
  "awaiting_approval",
  "completed",
  "failed",
] as const;
export type ProjectStatus = (typeof PROJECT_STATUSES)[number];

export const JOB_STATUSES = ["pending", "running", "completed", "failed", "canceled"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const TASK_STATUSES = ["pending", "running", "waiting", "succeeded", "failed", "canceled"] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const ASSET_STATUSES = ["pending", "completed", "failed"] as const;
type AssetStatus = (typeof ASSET_STATUSES)[number];

export const CHARGED = ["no", "yes", "unknown"] as const;
export type Charged = (typeof CHARGED)[number];

/** What went wrong, for the person who reads it: what, whether trying again can help, what to do. */
export const Failure = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  nextAction: z.string().nullable(),
});
export type Failure = z.infer<typeof Failure>;

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
  | { kind: "unusable"; stage: Stage; model: string; terms: string; message: string; at: string }
  /** What size it really makes under these terms, in pixels. */
  | {
      kind: "measured";
      stage: Stage;
      model: string;
      terms: string;
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
  request: RunRequest | null;
  modelNotices: ModelNotice[];
  audio: Audio | null;
  lyrics: Lyrics | null;
  /** Hash of the audio that the lyrics were made from; null where a person wrote them. */
  lyricsHash: string | null;
  transcriptText: string | null;
  hearing: Hearing | null;
  /** Null where none was found, or nobody has listened yet. */
  beat: BeatGrid | null;
  pins: Pin[];
  proposal: Proposal | null;
  /** Of the scenes as they were last planned. */
  cover: CoverCertificate | null;
  retiming: Retiming | null;
  reservedUsd: number;
  spentUsd: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface Scene {
  id: string;
  projectId: string;
  orderIdx: number;
  startFrame: number;
  endFrame: number;
  lyricExcerpt: string;
  theme: string;
  aiReasoning: string;
  /** 0 (still) to 1 (peak). */
  energy: number;
  origin: "planned" | "manual";
  /** What the person chose for this scene; null: as the project's settings say. */
  motif: MotifWay | null;
  inputHash: string;
  version: number;
  createdAt: Date;
}

/** How plainly a prompt says what the scene shows: each refusal by moderation leads one rung down. */
export const RUNGS = ["literal", "implied", "symbolic"] as const;
export type Rung = (typeof RUNGS)[number];

export interface Prompt {
  id: string;
  projectId: string;
  sceneId: string;
  version: number;
  imagePrompt: string;
  motionPrompt: string;
  negativePrompt: string;
  styleNotes: string;
  setting: string;
  shotType: string;
  mood: string;
  /** Colours as #rrggbb. */
  palette: string[];
  generatedByModel: string | null;
  edited: boolean;
  rung: Rung;
  inputHash: string;
  createdAt: Date;
}

/** Something in a provider's file that says how it was made. Nobody has checked a signature in it. */
export interface ProvenanceMark {
  /** C2PA's manifest store, an XMP packet, China's label AIGC, or a PNG's own note. */
  kind: "c2pa" | "xmp" | "aigc" | "text";
  /** How many bytes of the file it is. */
  bytes: number;
  /** The keyword of a note. */
  name: string | null;
  /** The terms of IPTC's vocabulary for digital sources that it states, such as trainedAlgorithmicMedia. */
  sources: string[];
  /** That it speaks of a watermark in the pictures. */
  watermark: "SynthID" | null;
}

interface Asset {
  id: string;
  projectId: string;
  sceneId: string;
  taskId: string | null;
  status: AssetStatus;
  objectKey: string | null;
  etag: string | null;
  bytes: number | null;
  contentType: string | null;
  width: number | null;
  height: number | null;
  model: string | null;
  inputHash: string;
  replicatePredictionId: string | null;
  /** Null where nobody has looked; empty where the file says nothing. */
  provenance: ProvenanceMark[] | null;
  error: Failure | null;
  createdAt: Date;
}
export interface Image extends Asset {
  promptId: string | null;
  origin: "generated" | "uploaded";
}
export interface Clip extends Asset {
  imageId: string;
  frames: number | null;
  fps: number | null;
  /** RFC 6381 string, such as avc1.640020. */
  codec: string | null;
  /** The decoder configuration (avcC), in base64: clips join bit-exactly while these agree. */
  decoderConfig: string | null;
}

export interface Approval {
  id: string;
  projectId: string;
  sceneId: string;
  imageId: string | null;
  clipId: string | null;
  approved: boolean;
  notes: string | null;
  subjectHash: string;
  voidedAt: Date | null;
  voidedReason: string | null;
  createdAt: Date;
}

/** One cut of the film: frames `from` (inclusive) to `to` (exclusive) of song time are this clip. */
export interface Edit {
  sceneId: string;
  clipId: string;
  startFrame: number;
  endFrame: number;
  /** Absent where the clip is as long as its scene. */
  fill?: Fill;
}

export interface CoverCertificate {
  frames: number;
  scenes: number;
  gaps: number;
  overlaps: number;
  /** Changes the solver made to the proposal, in words. */
  repairs: string[];
}
export interface Sidecars {
  poster: string | null;
  captions: string | null;
  releaseSheet: string;
  /** What makes the same film without edit lists; null where that can't be, absent where it was made before there was one. */
  withoutEdits?: WithoutEdits | null;
}
/**
 * The other film is the first `headBytes` of the object `key`, zeros up to `from`, the film's own bytes up to `to`, and
 * the rest of the object, `bytes` in all.
 */
export interface WithoutEdits {
  key: string;
  bytes: number;
  headBytes: number;
  from: number;
  to: number;
}
export interface Film {
  id: string;
  projectId: string;
  taskId: string | null;
  status: AssetStatus;
  objectKey: string | null;
  etag: string | null;
  bytes: number | null;
  durationSeconds: number | null;
  frames: number | null;
  width: number | null;
  height: number | null;
  editList: Edit[];
  certificate: CoverCertificate | null;
  /** What a person should know of it: sound that is left out, or that some players don't play. */
  warnings: string[];
  /** Keys of the files beside it; null where it was made before there were any. */
  sidecars: Sidecars | null;
  inputHash: string;
  error: Failure | null;
  createdAt: Date;
}

export interface Job {
  id: string;
  projectId: string;
  type: Stage;
  status: JobStatus;
  /** 0 to 100. */
  progress: number;
  payload: Record<string, unknown>;
  result: Record<string, unknown> | null;
  error: Failure | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** How one attempt of a task ended, where it did not bring the artifact. */
export interface Attempt {
  attempt: number;
  at: string;
  provider: string | null;
  model: string | null;
  code: string;
  message: string;
  charged: Charged;
}

/** One unit of a job: the claim, the retry counter and the purchase record in one row. */
export interface Task {
  id: string;
  jobId: string;
  projectId: string;
  type: Stage;
  /** A scene's id, or the project's id for work on the whole song. */
  subject: string;
  /** The picture that a clip is made from. */
  imageId: string | null;
  /** The settings that decide the form of what is made: see `termsOf`. */
  terms: string;
  status: TaskStatus;
  /** Counts every claim: the fence of whoever works on it. */
  attempt: number;
  /** Attempts that the present supplier has spoiled: waits for our turn do not count. */
  tries: number;
  /** Which of the stage's suppliers it is with, from 0. */
  choice: number;
  /** Of the claim under way or the last one: tells a lost answer's outcome. */
  claimId: string | null;
  /** The project's run that it was made for. */
  runNumber: number;
  /** The provider was, or is to be, asked to stop. */
  recalled: boolean;
  /** The newest attempts that failed, oldest first. */
  trail: Attempt[];
  /** When the person asked for it again: it blocks nothing any more. */
  retriedAt: Date | null;
  /** Pending: not before this. Waiting: when to look at the provider next. */
  runAfter: Date;
  dispatchedAt: Date | null;
  leaseUntil: Date | null;
  claimedAt: Date | null;
  provider: string | null;
  model: string | null;
  providerRequestId: string | null;
  inputHash: string;
  costEstimatedUsd: number;
  costChargedUsd: number | null;
  charged: Charged;
  error: Failure | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface ProjectRecord {
  /** The database's clock when it was read: the one time that decisions are made by. */
  readAt: Date;
  project: Project;
  scenes: Scene[];
  /** Every version: one that was written for other settings counts again when they return. */
  prompts: Prompt[];
  images: Image[];
  clips: Clip[];
  approvals: Approval[];
  films: Film[];
  jobs: Job[];
  /** Those that decisions are made from: see `tasksRead`. */
  tasks: Task[];
}
