/** Scenes and their prompts. */
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { MOTIF_WAYS, SOFTENING_LEVELS } from "../../domain/record/record.ts";
import { createdAt, oneOf } from "./columns.ts";
import { projectId } from "./projects.ts";

export const selectedScenes = pgTable(
  "selected_scenes",
  {
    id: uuid("id").primaryKey(),
    projectId: projectId(),
    orderIdx: integer("order_idx").notNull(),
    startFrame: integer("start_frame").notNull(),
    endFrame: integer("end_frame").notNull(),
    lyricExcerpt: text("lyric_excerpt").notNull(),
    theme: text("theme").notNull(),
    aiReasoning: text("ai_reasoning").notNull(),
    energy: doublePrecision("energy").notNull(),
    origin: text("origin", { enum: ["planned", "manual"] }).notNull(),
    motif: text("motif", { enum: MOTIF_WAYS }),
    inputHash: text("input_hash").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: createdAt(),
  },
  (t) => [
    unique("scenes_order").on(t.projectId, t.orderIdx),
    check("scenes_span", sql`${t.startFrame} >= 0 and ${t.endFrame} > ${t.startFrame}`),
    check("scenes_energy", sql`${t.energy} between 0 and 1`),
    check("scenes_origin", oneOf(t.origin, ["planned", "manual"])),
    check("scenes_motif", oneOf(t.motif, MOTIF_WAYS)),
  ],
);

export const sceneId = () =>
  uuid("scene_id")
    .notNull()
    .references(() => selectedScenes.id, { onDelete: "cascade" });

export const scenePrompts = pgTable(
  "scene_prompts",
  {
    id: uuid("id").primaryKey(),
    projectId: projectId(),
    sceneId: sceneId(),
    version: integer("version").notNull(),
    imagePrompt: text("image_prompt").notNull(),
    motionPrompt: text("motion_prompt").notNull(),
    negativePrompt: text("negative_prompt").notNull(),
    styleNotes: text("style_notes").notNull(),
    setting: text("setting").notNull(),
    shotType: text("shot_type").notNull(),
    mood: text("mood").notNull(),
    palette: jsonb("palette").$type<string[]>().notNull(),
    generatedByModel: text("generated_by_model"),
    edited: boolean("edited").notNull().default(false),
    softeningLevel: text("softening_level", { enum: SOFTENING_LEVELS }).notNull().default("literal"),
    inputHash: text("input_hash").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("prompts_version").on(t.sceneId, t.version),
    index("prompts_by_project").on(t.projectId, t.id.desc()),
    check("prompts_version_positive", sql`${t.version} > 0`),
    check("prompts_softening_level", oneOf(t.softeningLevel, SOFTENING_LEVELS)),
  ],
);
