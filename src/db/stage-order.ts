/** The order of the stages, as SQL. */
import { type SQL, sql } from "drizzle-orm";
import { STAGES } from "../domain/record/record.ts";
import type { projects } from "./schema.ts";

export const stagesInOrder: SQL = sql`array[${sql.join(
  STAGES.map((stage) => sql`${stage}`),
  sql`, `,
)}]::text[]`;

/** A stage's place in the order, from 1; 0 for null. */
export const stageRank = (stage: SQL | typeof projects.targetStage): SQL =>
  sql`coalesce(array_position(${stagesInOrder}, ${stage}), 0)`;
