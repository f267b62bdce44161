/** A Postgres for one test file, behind Neon's protocol, which counts round trips. */
import { openDatabase } from "../../src/sandbox/neon/neon.ts";
import { openEndpoint } from "./endpoint.ts";
import { recordStatements } from "./statements.ts";

export async function openPostgres() {
  const database = await openDatabase();
  await database.migrate();
  let count = 0;
  const http = await openEndpoint(async (request) => {
    count++;
    await recordStatements(request);
    return database.handler(request);
  });
  return {
    /** For DATABASE_FETCH_ENDPOINT. */
    url: http.url,
    /** Sets the network faults of the next requests. */
    meets: http.meets,
    /** Runs `work`, and counts its round trips to Postgres. */
    async trips<T>(work: () => Promise<T>): Promise<{ result: T; trips: number }> {
      const before = count;
      const result = await work();
      return { result, trips: count - before };
    },
    async close() {
      await http.close();
      await database.close();
    },
  };
}
