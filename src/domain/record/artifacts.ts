/** Scenes and the artifacts that are made of them: prompts, images, clips and films, and their approvals. */

import type { Failure } from "./failures.ts";
import type { Fill, MotifWay } from "./settings.ts";

export const ASSET_STATUSES = ["pending", "completed", "failed"] as const;

type AssetStatus = (typeof ASSET_STATUSES)[number];

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
  /** The person's choice for this scene; null: as in the project's settings. */
  motif: MotifWay | null;
  inputHash: string;
  version: number;
  createdAt: Date;
}

/** How plainly a prompt shows its scene; each refusal by moderation leads one level further. */
export const SOFTENING_LEVELS = ["literal", "implied", "symbolic"] as const;

export type SofteningLevel = (typeof SOFTENING_LEVELS)[number];

/**
 * What an image model and a clip model are asked for. Texts other than `imagePrompt` and `motionPrompt` may
 * be empty.
 */
export interface PromptDraft {
  imagePrompt: string;
  motionPrompt: string;
  negativePrompt: string;
  styleNotes: string;
  setting: string;
  shotType: string;
  mood: string;
  /** `#rrggbb`, at most eight. */
  palette: string[];
}

export interface Prompt extends PromptDraft {
  id: string;
  projectId: string;
  sceneId: string;
  version: number;
  generatedByModel: string | null;
  edited: boolean;
  softeningLevel: SofteningLevel;
  inputHash: string;
  createdAt: Date;
}

/** A mark in a provider's file that says how the file was made. Its signature, if any, was not verified. */
export interface ProvenanceMark {
  /** A C2PA manifest store, an XMP packet, China's AIGC label, or a text chunk of a PNG. */
  kind: "c2pa" | "xmp" | "aigc" | "text";
  /** Its size in the file. */
  bytes: number;
  /** The keyword of a `text`; null for other kinds. */
  name: string | null;
  /** The terms of IPTC's vocabulary of digital sources that it names, such as trainedAlgorithmicMedia. */
  sources: string[];
  /** The watermark that it says is in the image or the clip; null if it names none. */
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
  /** Null if the file was not examined; empty if it has no mark. */
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
  /** The decoder configuration (avcC), in base64: clips join bit-exactly if these are equal. */
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
  /** The bytes and inputs that were judged: see `subjectHash` in `controller/inputs.ts`. */
  subjectHash: string;
  voidedAt: Date | null;
  voidedReason: string | null;
  createdAt: Date;
}

/** One cut of the film: this clip from `startFrame` (inclusive) to `endFrame` (exclusive) of song time. */
export interface EditListEntry {
  sceneId: string;
  clipId: string;
  startFrame: number;
  endFrame: number;
  /** Absent if the clip is long enough by itself. */
  fill?: Fill;
}

export interface CoverCertificate {
  frames: number;
  scenes: number;
  gaps: number;
  overlaps: number;
  /** What the solver changed in the proposal, in words. */
  repairs: string[];
}

/** Storage keys of a film's other files; null for one that was not made. */
export interface Sidecars {
  poster: string | null;
  captions: string | null;
  releaseSheet: string;
  /**
   * How to serve the same film without edit lists; null if that is impossible, absent for films of older
   * versions.
   */
  withoutEdits?: WithoutEdits | null;
}

/**
 * The film without edit lists consists of: the first `headBytes` of the object `key`; zeros up to byte
 * `from`; the film's own bytes up to `to`; the rest of the object. The object has `bytes` bytes.
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
  editList: EditListEntry[];
  certificate: CoverCertificate | null;
  /** What a person should know about the film: sound that is missing, or that some players can't play. */
  warnings: string[];
  /** Null for films of versions that made no such files. */
  sidecars: Sidecars | null;
  inputHash: string;
  error: Failure | null;
  createdAt: Date;
}
