/** A project's settings as JSON: made from the table in domain/record/settings.ts. */
import { z } from "@hono/zod-openapi";
import { partOf, toPublic, toStored } from "../domain/record/public-names.ts";
import { SETTINGS } from "../domain/record/record.ts";
import { DEFAULT_SETTINGS, type SettingsPatch } from "../domain/settings.ts";

export const Settings = z.object(toPublic(partOf(SETTINGS, "shown"))).openapi("Settings", {
  description: "What the person chose for the project.",
  example: toPublic(DEFAULT_SETTINGS),
});

export const SettingsInput = z
  .strictObject(toPublic(partOf(SETTINGS, "accepted")))
  .partial()
  .openapi("SettingsInput", {
    description: "Settings to set; all are optional.",
    example: { aspect_ratio: "9:16", scenes: { max_seconds: 8 } },
  });

/** The settings that the body has; absent ones are left out. */
export const toPatch = (wire: z.infer<typeof SettingsInput>): SettingsPatch => toStored(wire);
