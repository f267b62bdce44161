/** What one owner may have at once, and why objects of theirs are deleted. */

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
