/**
 * The project's record: every fact that decisions are made from, as Postgres holds it.
 * Song time is in whole frames at the project's frame rate; money in US dollars.
 */
import { z } from "zod";
import type { Audio, BeatGrid, Hearing, Lyrics, Retiming } from "./song-record.ts";

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

/** A scene over lyrics that were sung before: made anew, another clip of the same picture, or the same clip. */
export const MOTIF_WAYS = ["new", "vary", "reuse"] as const;
export type MotifWay = (typeof MOTIF_WAYS)[number];

/** How a clip that is shorter than its scene lasts as long: slowed down, its last picture held, or played again. */
export const FILLS = ["stretch", "hold", "loop"] as const;
export type Fill = (typeof FILLS)[number];

export const ASPECT_RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"] as const;
export const AspectRatio = z.enum(ASPECT_RATIOS);
export type AspectRatio = z.infer<typeof AspectRatio>;

export const Settings = z.object({
  /** Frames per second of the film; song time is counted in these. */
  fps: z.literal(24).default(24),
  aspectRatio: AspectRatio.default("16:9"),
  style: z.string().max(500).default(""),
  mood: z.string().max(200).default(""),
  scenes: z
    .object({ minSeconds: z.number().min(2).max(30), maxSeconds: z.number().min(2).max(30) })
    .refine((s) => s.minSeconds <= s.maxSeconds, "min_seconds must not exceed max_seconds")
    .default({ minSeconds: 4, maxSeconds: 9 }),
  imageModel: z.string().max(100).default("black-forest-labs/flux-schnell"),
  /** Tried in this order where the model before can't deliver. */
  imageFallbacks: z.array(z.string().max(100)).max(5).default(["black-forest-labs/flux-dev"]),
  clipModel: z.string().max(100).default("bytedance/seedance-1-lite"),
  clipFallbacks: z
    .array(z.string().max(100))
    .max(5)
    .default(["bytedance/seedance-1-pro-fast", "bytedance/seedance-1-pro"]),
  clipResolution: z.enum(["480p", "720p", "1080p"]).default("720p"),
  /** The most the project may spend, or null for no limit of its own. */
  budgetUsd: z.number().min(0).max(100_000).nullable().default(20),
  autoApprove: z.boolean().default(false),
  /** Whether a prompt that moderation refuses is rewritten, one rung softer each time. */
  softenRefused: z.boolean().default(true),
  /** Calls of unknown outcome up to this price, which may have been paid for, are made again without asking. */
  repeatUnknownUpToUsd: z.number().min(0).max(100).default(0),
  /** Whether timed lyrics that the file carries are taken instead of paying for a transcription. */
  embeddedLyrics: z.boolean().default(false),
  /** What scenes over lyrics that come again are made of, unless one says otherwise for itself. */
  motifs: z.enum(MOTIF_WAYS).default("new"),
  /** What happens to a clip that is shorter than its scene. */
  clipFill: z.enum(["refuse", ...FILLS]).default("refuse"),
  /** The clips' own sound: left out, or kept as a second track under the song. */
  clipAudio: z.enum(["drop", "track"]).default("drop"),
});
export type Settings = z.infer<typeof Settings>;

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

export interface Project {
  id: string;
  ownerId: string;
  name: string;
  status: ProjectStatus;
  settings: Settings;
  targetStage: Stage | null;
  /** Counts what the person asked for; failures of an earlier run may be tried again. */
  runNumber: number;
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
  /** The newest version for each scene. */
  prompts: Prompt[];
  images: Image[];
  clips: Clip[];
  approvals: Approval[];
  films: Film[];
  jobs: Job[];
  /** Of jobs that are not terminal, and the newest for each stage and subject. */
  tasks: Task[];
}
