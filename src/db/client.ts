import { neon, neonConfig } from "@neondatabase/serverless";
import { drizzle } from "drizzle-orm/neon-http";
import * as schema from "./schema.ts";

export type Db = ReturnType<typeof connect>;

/**
 * Postgres over Neon's HTTP protocol: every query and every `batch` is one round trip,
 * and a batch is one transaction. `fetchEndpoint` replaces Neon's own address; null for that.
 */
export function connect(url: string, fetchEndpoint: string | null) {
  // The driver reads this option from its module when a query runs: it holds for the whole isolate.
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint;
  return drizzle(neon(url), { schema });
}
