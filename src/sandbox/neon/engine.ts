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

/** A Postgres to speak to. Failing statements throw errors that carry Postgres' own fields (code, detail, ...). */
export interface Engine {
  /** Gives `work` one connection that nobody else uses meanwhile; an open transaction is rolled back after it. */
  session<T>(work: (run: Run) => Promise<T>): Promise<T>;
  /** Applies what is new of the project's migrations. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

export const migrationsFolder = join(import.meta.dirname, "../../../drizzle");
