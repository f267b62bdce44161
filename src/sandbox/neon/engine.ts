import { join } from "node:path";

/** A parameterised statement; values are in Postgres' text format. */
export interface Statement {
  query: string;
  params: (string | null)[];
}

interface Column {
  name: string;
  tableID: number;
  columnID: number;
  dataTypeID: number;
  dataTypeSize: number;
  dataTypeModifier: number;
  format: "text";
}

/** `rows` holds each value in Postgres' text format, in the order of `fields`. */
export interface Answer {
  command: string;
  rowCount: number;
  fields: Column[];
  rows: (string | null)[][];
}

export type Run = (statement: Statement) => Promise<Answer>;

/** A Postgres, embedded or a server. Failing statements throw errors with Postgres' fields (code, detail, …). */
export interface Engine {
  /**
   * Runs `work` on a connection that no other session uses meanwhile; a transaction that it leaves open is
   * rolled back.
   */
  session<T>(work: (run: Run) => Promise<T>): Promise<T>;
  /** Applies those of the project's migrations that are missing. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

export const migrationsFolder = join(import.meta.dirname, "../../../drizzle");
