import type { EventAt, Level } from "./log-events.ts";

/** Ids, codes and counts; never a person's contents, and never secrets. */
type Fields = Record<string, string | number | boolean | null | undefined>;
/** Takes the events of the catalogue `LOG_EVENTS`, each at its level. */
export type Log = <L extends Level>(level: L, event: EventAt<L>, fields?: Fields) => void;

/** Writes one line to the console: a JSON object with `level`, `event` and the fields. */
export const log: Log = (level, event, fields = {}) =>
  console[level](JSON.stringify({ level, event, ...fields }));
