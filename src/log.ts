import type { LogFields } from "./deps.ts";

/** One JSON object a line; fields are ids and codes, never contents or secrets. */
export function log(level: "info" | "warn" | "error", event: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ level, event, ...fields }));
}
