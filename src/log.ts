/** Ids, codes and counts; never a person's contents, and never secrets. */
type Fields = Record<string, string | number | boolean | null | undefined>;
/** `event` is a fixed name in snake_case, to search for. */
export type Log = (level: "info" | "warn" | "error", event: string, fields?: Fields) => void;

/** Writes one line to the console: a JSON object with `level`, `event` and the fields. */
export const log: Log = (level, event, fields = {}) =>
  console[level](JSON.stringify({ level, event, ...fields }));
