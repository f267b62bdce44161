/**
 * ETags of projects, `"v<version>-<hash>"`. If-Match compares the version, which rises with edits.
 * If-None-Match compares the whole tag: the hash changes with everything that the response shows, which
 * the pipeline changes between edits.
 */
import { inputHash } from "../../domain/record/hash.ts";
import type { ProjectView } from "../../domain/views/views.ts";

export const etagOf = (project: ProjectView): string =>
  `"v${project.version}-${inputHash(project).slice(0, 12)}"`;

/**
 * The versions that an If-Match allows; null where it is absent or `*` and allows any. Weak tags count too,
 * because a proxy that compresses a response makes its tag weak.
 */
export function versionsOf(ifMatch: string | undefined): number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === "*") return null;
  return [...ifMatch.matchAll(/"v(\d{1,9})(?:-[0-9a-f]+)?"/g)].map((match) => Number(match[1]));
}

/** Whether an If-None-Match names this tag, so that the client's copy is current. */
export function isFresh(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}
