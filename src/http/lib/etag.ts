/**
 * A project's tag is `"v<version>-<hash>"`: the version says which edit it is, for If-Match;
 * the hash says what the representation holds, which the pipeline changes between edits.
 */
import { inputHash } from "../../domain/record/hash.ts";
import type { ProjectView } from "../../domain/views/views.ts";

export const etagOf = (project: ProjectView): string =>
  `"v${project.version}-${inputHash(project).slice(0, 12)}"`;

/**
 * The versions that an If-Match allows; null where it allows any. Weak tags count as well:
 * a proxy that compresses a response weakens its tag.
 */
export function versionsOf(ifMatch: string | undefined): number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === "*") return null;
  return [...ifMatch.matchAll(/"v(\d{1,9})(?:-[0-9a-f]+)?"/g)].map((match) => Number(match[1]));
}

/** Whether the client's copy, by its If-None-Match, is this one. */
export function isFresh(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}
