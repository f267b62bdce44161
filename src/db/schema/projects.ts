/** Projects: what the person asked for, and what is known of the song. */
import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import {
  type Audio,
  type BeatGrid,
  type CoverCertificate,
  type Lyrics,
  type ModelNotice,
  type PartialTranscription,
  type Pin,
  PROJECT_STATUSES,
  type Proposal,
  type Retiming,
  type RunRequest,
  Settings,
  STAGES,
} from "../../domain/record/record.ts";
import { owners } from "./accounts.ts";
import { at, createdAt, oneOf, parsedJson, usd } from "./columns.ts";

const readSettings = (stored: unknown): Settings => Settings.parse(stored);

/** Its settings are read as those of the project are: a setting that is new is no edit since the request. */
const readRunRequest = (stored: Omit<RunRequest, "settings"> & { settings: unknown }): RunRequest => ({
  ...stored,
  settings: readSettings(stored.settings),
});

export const projects = pgTable(
  "projects",
  {
    id: uuid("id").primaryKey(),
    ownerId: text("owner_id")
      .notNull()
      .references(() => owners.id),
    name: text("name").notNull(),
    status: text("status", { enum: PROJECT_STATUSES }).notNull().default("draft"),
    settings: parsedJson("settings", readSettings).notNull(),
    targetStage: text("target_stage", { enum: STAGES }),
    runNumber: integer("run_number").notNull().default(0),
    runRequest: parsedJson("run_request", readRunRequest),
    modelNotices: jsonb("model_notices").$type<ModelNotice[]>().notNull().default([]),
    audio: jsonb("audio").$type<Audio>(),
    lyrics: jsonb("lyrics").$type<Lyrics>(),
    lyricsHash: text("lyrics_hash"),
    transcriptText: text("transcript_text"),
    partialTranscription: jsonb("partial_transcription").$type<PartialTranscription>(),
    beat: jsonb("beat").$type<BeatGrid>(),
    pins: jsonb("pins").$type<Pin[]>().notNull().default([]),
    proposal: jsonb("proposal").$type<Proposal>(),
    coverCertificate: jsonb("cover_certificate").$type<CoverCertificate>(),
    retiming: jsonb("retiming").$type<Retiming>(),
    /** Set aside by claims, and settled; a claim needs its cost to fit into the budget less both. */
    reservedUsd: usd("reserved_usd").notNull().default(0),
    spentUsd: usd("spent_usd").notNull().default(0),
    version: integer("version").notNull().default(1),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    index("projects_by_owner").on(t.ownerId, t.id.desc()),
    index("projects_running")
      .on(t.updatedAt, t.id)
      .where(sql`${t.targetStage} is not null and ${t.status} = 'running'`),
    index("projects_to_sweep").on(t.updatedAt).where(sql`${t.targetStage} is not null`),
    check("projects_status", oneOf(t.status, PROJECT_STATUSES)),
    check("projects_name", sql`length(${t.name}) between 1 and 200`),
    check("projects_version", sql`${t.version} > 0`),
    check("projects_money", sql`${t.reservedUsd} >= 0 and ${t.spentUsd} >= 0`),
  ],
);

export const projectId = () =>
  uuid("project_id")
    .notNull()
    .references(() => projects.id, { onDelete: "cascade" });

/** How far the sweep has come in each of its lists; null where it begins again. */
export const sweeps = pgTable("sweeps", {
  list: text("list").primaryKey(),
  updatedAt: at("updated_at"),
  projectId: uuid("project_id"),
});
