/** What is made for a project: scenes, prompts, images, clips and films, and the approvals of them. */
import type { Fill, MotifWay } from "./settings.ts";
import type { Failure } from "./work.ts";

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
  /** What the person chose for this scene; null: as the project's settings say. */
  motif: MotifWay | null;
  inputHash: string;
  version: number;
  createdAt: Date;
}

/** How plainly a prompt says what the scene shows: each refusal by moderation leads one level down. */
export const SOFTENING_LEVELS = ["literal", "implied", "symbolic"] as const;

export type SofteningLevel = (typeof SOFTENING_LEVELS)[number];

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
  softeningLevel: SofteningLevel;
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
export interface EditListEntry {
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
  editList: EditListEntry[];
  certificate: CoverCertificate | null;
  /** What a person should know of it: sound that is left out, or that some players don't play. */
  warnings: string[];
  /** Keys of the files beside it; null where it was made before there were any. */
  sidecars: Sidecars | null;
  inputHash: string;
  error: Failure | null;
  createdAt: Date;
}
