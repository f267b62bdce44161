/**
 * A Postgres for one test file, behind Neon's protocol, which counts round trips. When it is closed, all statements
 * that src/db sent must be in the list of test/corpus; not with `anyStatement`, for files whose requests are random.
 */
import { connect } from "../../src/db/client.ts";
import { openDatabase } from "../../src/sandbox/neon/neon.ts";
import { openEndpoint } from "./endpoint.ts";
import { SentStatements, TESTS_OWN } from "./statements.ts";

export async function openPostgres({ anyStatement = false } = {}) {
  const database = await openDatabase();
  await database.migrate();
  let count = 0;
  const statements = new SentStatements();
  const http = await openEndpoint(async (request) => {
    count++;
    await statements.add(request);
    return database.handler(request);
  });
  return {
    /** For DATABASE_FETCH_ENDPOINT. */
    url: http.url,
    /** For what a test itself reads and writes. */
    db: connect(TESTS_OWN, http.url),
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
      if (!anyStatement) statements.checkListed();
    },
  };
}
