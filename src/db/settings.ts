/**
 * The settings of a project's row in SQL, for the statements that decide by them. As in `Settings`, which
 * reads them elsewhere, a setting that the row lacks has its default.
 */
import { type SQL, sql } from "drizzle-orm";
import { SETTINGS } from "../domain/record/record.ts";
import { DEFAULT_SETTINGS } from "../domain/settings.ts";
import { projects } from "./schema.ts";

const stored = projects.settings;

/** Has both lengths, whatever the row has of them. */
const storedScenes = sql`(${JSON.stringify(DEFAULT_SETTINGS.scenes)}::jsonb
  || case jsonb_typeof(${stored} -> 'scenes') when 'object' then ${stored} -> 'scenes' else '{}' end)`;

/**
 * The whole settings, as jsonb. Values that `Settings` would not accept are as they are stored, which only a
 * later version can have done: `editProject` in operations/ replaces them when the project is edited.
 */
export const storedSettings: SQL = sql`(${JSON.stringify(DEFAULT_SETTINGS)}::jsonb || ${stored}
  || jsonb_build_object('scenes', ${storedScenes}))`;

const { minValue, maxValue } = SETTINGS.budgetUsd.shown.unwrap();
const isBudget = `strict $.budgetUsd == null || ($.budgetUsd >= ${minValue} && $.budgetUsd <= ${maxValue})`;

/** The project's budget in US dollars; null for none. Any value reads as `Settings` reads it. */
export const projectBudgetUsd: SQL = sql`(case when ${stored} @@ ${isBudget}::jsonpath
  then (${stored} ->> 'budgetUsd')::numeric else ${DEFAULT_SETTINGS.budgetUsd}::numeric end)`;
