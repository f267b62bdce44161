/**
 * ETags. If-None-Match compares the whole tag, of which the hash changes with everything that the response shows.
 * Those of projects are `"v<version>-<hash>"`: If-Match compares the version, which rises with edits, while the
 * pipeline changes what is shown between edits, too.
 */
import { z } from "@hono/zod-openapi";
import { inputHash } from "../../domain/record/hash.ts";
import type { ProjectView } from "../../domain/views/views.ts";

type Shown = Parameters<typeof inputHash>[0];

const hashOf = (shown: Shown): string => inputHash(shown).slice(0, 12);

export const etagOf = (project: ProjectView): string => `"v${project.version}-${hashOf(project)}"`;

/** The ETag of what can't be edited: the hash alone. */
export const contentEtagOf = (shown: Shown): string => `"${hashOf(shown)}"`;

/** The headers of a response that a client may keep, but must ask about each time. */
export const revalidated = (etag: string) => ({ ETag: etag, "Cache-Control": "private, no-cache" });

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

/** The request header of a route whose response has an ETag. */
export const IfNoneMatch = z.object({
  "if-none-match": z
    .string()
    .optional()
    .openapi({ description: "The ETag of your copy: 304 if the copy is still current." }),
});

/** The documented ETag of a response. `use`: the request headers that it is for. */
export const etagHeader = (use: "If-None-Match" | "If-Match and If-None-Match") => ({
  ETag: {
    description: `Tag of this representation, for ${use}.`,
    schema: { type: "string" as const },
  },
});

/** The documented 304. */
export const notModified = (headers: ReturnType<typeof etagHeader>) => ({
  description: "Your copy is current; no body.",
  headers,
});
