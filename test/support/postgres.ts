/** Postgres of a test file's own, behind Neon's protocol, with its round trips counted. */
import { openDatabase } from "../../src/sandbox/neon/neon.ts";
import { openEndpoint } from "./endpoint.ts";

export async function openPostgres() {
  const database = await openDatabase();
  await database.migrate();
  let count = 0;
  const http = await openEndpoint((request) => {
    count++;
    return database.handler(request);
  });
  return {
    /** For DATABASE_FETCH_ENDPOINT. */
    url: http.url,
    /** What the next requests meet on their way. */
    meets: http.meets,
    /** Runs `work` and says how many times it went to Postgres. */
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
