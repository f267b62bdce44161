import { createHash } from "node:crypto";

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** JSON with sorted keys and without undefined members, so that equal values give equal text. */
function canonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`);
  return `{${members.join(",")}}`;
}

/**
 * Hash of what an artifact is made from, as 32 hex digits. An artifact is current while the hash stored with
 * it equals the hash of its inputs as they are now.
 */
export function inputHash(inputs: Json): string {
  return createHash("sha256").update(canonical(inputs)).digest("hex").slice(0, 32);
}
