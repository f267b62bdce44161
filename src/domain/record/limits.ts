/** What one owner may have at once, and why objects of theirs are deleted. */
import { partOf } from "./public-names.ts";

/** How long a presigned URL takes its one PUT. */
export const UPLOAD_SECONDS = 15 * 60;

/** Why the sweep deletes an object, or all under a prefix. */
export const DELETION_REASONS = [
  /** Presigned, and not confirmed: an open upload. */
  "upload",
  /** Confirmed, and refused. */
  "refused",
  /** Another song was confirmed. */
  "replaced",
  /** The project was removed. */
  "project",
] as const;
export type DeletionReason = (typeof DELETION_REASONS)[number];

/** From which moment on an object is deleted, in seconds after the row was written. */
export const DELETED_AFTER_SECONDS = {
  upload: 2 * 3_600,
  /** A confirmation measures the file: meanwhile, it stays for at least this long. */
  confirmed: 3_600,
  replaced: 3_600,
  /** A URL that was presigned right before the removal takes a PUT until it expires. */
  project: UPLOAD_SECONDS + 3_600,
} as const;

interface OwnerLimit {
  /** Of what there may be so many. */
  unit: string;
  most: number;
  /** What is counted. Markdown. */
  counts: string;
  /** What a person who has reached it can do, as a sentence. */
  action: string;
}

/** The most that one owner may have, over all their projects, by the API's names. Money: the owner's budget. */
export const OWNER_LIMITS = {
  projects: {
    unit: "projects",
    most: 1_000,
    counts: "Your projects.",
    action: "Delete a project that you do not need.",
  },
  stored_bytes: {
    unit: "bytes",
    most: 200_000_000_000,
    counts:
      "The bytes of your songs, images, clips and films, of uploads as they were announced, and of replaced songs until they are deleted. Looked at when an upload is presigned.",
    action: "Delete a project that you do not need.",
  },
  open_uploads: {
    unit: "uploads",
    most: 50,
    counts: "Uploads that were presigned and neither confirmed nor refused; each counts for about two hours.",
    action: "Confirm an upload, or wait: one that is not confirmed is deleted after two hours.",
  },
  open_tasks: {
    unit: "tasks",
    most: 5_000,
    counts:
      "Tasks of your projects that are pending, running or waiting. Looked at when a run is requested: a run that has begun is not stopped by it.",
    action: "Wait until some of them have ended, or cancel the work of a project.",
  },
} as const satisfies Record<string, OwnerLimit>;

export type OwnerLimitName = keyof typeof OWNER_LIMITS;
/** The most of each. */
export type OwnerLimits = Record<OwnerLimitName, number>;
export const MAX_OF_OWNER: OwnerLimits = partOf(OWNER_LIMITS, "most");

/** An owner has as many as they may have. */
export interface LimitReached {
  limit: OwnerLimitName;
  most: number;
}

export const isLimitReached = <T extends object>(answer: T | LimitReached): answer is LimitReached =>
  "limit" in answer && "most" in answer;
