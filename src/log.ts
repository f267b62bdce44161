/** Ids, codes and counts; never contents or secrets. */
type Fields = Record<string, string | number | boolean | null | undefined>;
export type Log = (level: "info" | "warn" | "error", event: string, fields?: Fields) => void;

/** One JSON object a line. */
export const log: Log = (level, event, fields = {}) =>
  console[level](JSON.stringify({ level, event, ...fields }));
