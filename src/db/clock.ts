import { type SQL, sql } from "drizzle-orm";

export const secondsAfter = (now: SQL, seconds: number): SQL =>
  sql`(${now} + ${seconds} * interval '1 second')`;
