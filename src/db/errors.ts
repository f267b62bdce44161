import { NeonDbError } from "@neondatabase/serverless";

/** The SQLSTATE of a failed statement, or null where the database did not answer with one. */
export function postgresCode(error: unknown): string | null {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof NeonDbError) return e.code ?? null;
  return null;
}
