/** Every fact of the product. Column names are the contract with Postgres; the API's names live in http/. */
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  numeric,
  type PgColumn,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type {
  Attempt,
  Audio,
  BeatGrid,
  CoverCertificate,
  Edit,
  Failure,
  Hearing,
  Lyrics,
  ModelNotice,
  Pin,
  Proposal,
  ProvenanceMark,
  Retiming,
  RunRequest,
  Settings,
  Sidecars,
} from "../domain/record.ts";
import {
  ASSET_STATUSES,
  CHARGED,
  JOB_STATUSES,
  MOTIF_WAYS,
  PROJECT_STATUSES,
  RUNGS,
  STAGES,
  TASK_STATUSES,
} from "../domain/record.ts";

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });
const createdAt = () => at("created_at").notNull().defaultNow();
const usd = (name: string) => numeric(name, { precision: 12, scale: 6, mode: "number" });

/** `column in ('a', 'b')`, from a closed list of ours. */
const oneOf = (column: PgColumn, values: readonly string[]) =>
  sql`${column} in (${sql.raw(values.map((v) => `'${v}'`).join(", "))})`;

/** Who pays: the sums over all projects, which outlive them. */
export const owners = pgTable(
  "owners",
  {
    id: text("id").primaryKey(),
    /** The most that may be spent, or null for the operator's default. */
    budgetUsd: usd("budget_usd"),
    reservedUsd: usd("reserved_usd").notNull().default(0),
    spentUsd: usd("spent_usd").notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [
    check(
      "owners_money",
      sql`${t.reservedUsd} >= 0 and ${t.spentUsd} >= 0 and coalesce(${t.budgetUsd}, 0) >= 0`,
    ),
  ],
);

/** Answers to POSTs that carried an Idempotency-Key, for as long as they may be repeated. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    ownerId: text("owner_id").notNull(),
    key: text("key").notNull(),
    requestHash: text("request_hash").notNull(),
    lockedUntil: at("locked_until").notNull(),
    status: integer("status"),
    headers: jsonb("headers").$type<Record<string, string>>(),
    body: text("body"),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.ownerId, t.key] }), index("idempotency_by_age").on(t.createdAt)],
);

export const projects = pgTable(
  "projects",
  {
    id: uuid("id").primaryKey(),
    ownerId: text("owner_id")
      .notNull()
      .references(() => owners.id),
    name: text("name").notNull(),
    status: text("status", { enum: PROJECT_STATUSES }).notNull().default("draft"),
    settings: jsonb("settings").$type<Settings>().notNull(),
    targetStage: text("target_stage", { enum: STAGES }),
    runNumber: integer("run_number").notNull().default(0),
    request: jsonb("request").$type<RunRequest>(),
    modelNotices: jsonb("model_notices").$type<ModelNotice[]>().notNull().default([]),
    audio: jsonb("audio").$type<Audio>(),
    lyrics: jsonb("lyrics").$type<Lyrics>(),
    lyricsHash: text("lyrics_hash"),
    transcriptText: text("transcript_text"),
    hearing: jsonb("hearing").$type<Hearing>(),
    beat: jsonb("beat").$type<BeatGrid>(),
    pins: jsonb("pins").$type<Pin[]>().notNull().default([]),
    proposal: jsonb("proposal").$type<Proposal>(),
    cover: jsonb("cover").$type<CoverCertificate>(),
    retiming: jsonb("retiming").$type<Retiming>(),
    /** Claimed and not settled, and settled: claims take from what the budget leaves of both. */
    reservedUsd: usd("reserved_usd").notNull().default(0),
    spentUsd: usd("spent_usd").notNull().default(0),
    version: integer("version").notNull().default(1),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    index("projects_by_owner").on(t.ownerId, t.id.desc()),
    index("projects_to_sweep").on(t.updatedAt).where(sql`${t.targetStage} is not null`),
    check("projects_status", oneOf(t.status, PROJECT_STATUSES)),
    check("projects_target", oneOf(t.targetStage, STAGES)),
    check("projects_name", sql`length(${t.name}) between 1 and 200`),
    check("projects_version", sql`${t.version} > 0`),
    check("projects_money", sql`${t.reservedUsd} >= 0 and ${t.spentUsd} >= 0`),
  ],
);

const projectId = () =>
  uuid("project_id")
    .notNull()
    .references(() => projects.id, { onDelete: "cascade" });

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

const sceneId = () =>
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
    rung: text("rung", { enum: RUNGS }).notNull().default("literal"),
    inputHash: text("input_hash").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("prompts_version").on(t.sceneId, t.version),
    index("prompts_by_project").on(t.projectId, t.id.desc()),
    check("prompts_version_positive", sql`${t.version} > 0`),
    check("prompts_rung", oneOf(t.rung, RUNGS)),
  ],
);

const asset = () => ({
  id: uuid("id").primaryKey(),
  projectId: projectId(),
  sceneId: sceneId(),
  taskId: uuid("task_id"),
  status: text("status", { enum: ASSET_STATUSES }).notNull(),
  objectKey: text("object_key"),
  etag: text("etag"),
  bytes: integer("bytes"),
  contentType: text("content_type"),
  width: integer("width"),
  height: integer("height"),
  model: text("model"),
  inputHash: text("input_hash").notNull(),
  replicatePredictionId: text("replicate_prediction_id"),
  provenance: jsonb("provenance").$type<ProvenanceMark[]>(),
  error: jsonb("error").$type<Failure>(),
  createdAt: createdAt(),
});

export const generatedImages = pgTable(
  "generated_images",
  {
    ...asset(),
    promptId: uuid("prompt_id").references(() => scenePrompts.id, { onDelete: "set null" }),
    origin: text("origin", { enum: ["generated", "uploaded"] }).notNull(),
  },
  (t) => [
    index("images_by_project").on(t.projectId, t.id.desc()),
    index("images_by_scene").on(t.sceneId),
    index("images_by_prompt").on(t.promptId),
    check("images_status", oneOf(t.status, ASSET_STATUSES)),
    check("images_origin", oneOf(t.origin, ["generated", "uploaded"])),
    check(
      "images_pinned",
      sql`${t.status} <> 'completed' or (${t.objectKey} is not null and ${t.etag} is not null and ${t.bytes} > 0)`,
    ),
  ],
);

export const videoClips = pgTable(
  "video_clips",
  {
    ...asset(),
    imageId: uuid("image_id")
      .notNull()
      .references(() => generatedImages.id, { onDelete: "cascade" }),
    frames: integer("frames"),
    fps: doublePrecision("fps"),
    codec: text("codec"),
    decoderConfig: text("decoder_config"),
  },
  (t) => [
    index("clips_by_project").on(t.projectId, t.id.desc()),
    index("clips_by_scene").on(t.sceneId),
    index("clips_by_image").on(t.imageId),
    check("clips_status", oneOf(t.status, ASSET_STATUSES)),
    check(
      "clips_pinned",
      sql`${t.status} <> 'completed' or (${t.objectKey} is not null and ${t.etag} is not null and ${t.frames} > 0)`,
    ),
  ],
);

export const userApprovals = pgTable(
  "user_approvals",
  {
    id: uuid("id").primaryKey(),
    projectId: projectId(),
    sceneId: sceneId(),
    imageId: uuid("image_id").references(() => generatedImages.id, { onDelete: "cascade" }),
    clipId: uuid("clip_id").references(() => videoClips.id, { onDelete: "cascade" }),
    approved: boolean("approved").notNull(),
    notes: text("notes"),
    /** The exact bytes and inputs that the person saw. */
    subjectHash: text("subject_hash").notNull(),
    voidedAt: at("voided_at"),
    voidedReason: text("voided_reason"),
    createdAt: createdAt(),
  },
  (t) => [
    index("approvals_by_project").on(t.projectId, t.id.desc()),
    index("approvals_by_scene").on(t.sceneId),
    index("approvals_by_image").on(t.imageId),
    index("approvals_by_clip").on(t.clipId),
    check("approvals_subject", sql`num_nonnulls(${t.imageId}, ${t.clipId}) = 1`),
  ],
);

export const finalVideos = pgTable(
  "final_videos",
  {
    id: uuid("id").primaryKey(),
    projectId: projectId(),
    taskId: uuid("task_id"),
    status: text("status", { enum: ASSET_STATUSES }).notNull(),
    objectKey: text("object_key"),
    etag: text("etag"),
    bytes: doublePrecision("bytes"),
    durationSeconds: doublePrecision("duration_seconds"),
    frames: integer("frames"),
    width: integer("width"),
    height: integer("height"),
    editList: jsonb("edit_list").$type<Edit[]>().notNull(),
    certificate: jsonb("certificate").$type<CoverCertificate>(),
    warnings: jsonb("warnings").$type<string[]>().notNull().default([]),
    sidecars: jsonb("sidecars").$type<Sidecars>(),
    inputHash: text("input_hash").notNull(),
    error: jsonb("error").$type<Failure>(),
    createdAt: createdAt(),
  },
  (t) => [
    index("films_by_project").on(t.projectId, t.id.desc()),
    check("films_status", oneOf(t.status, ASSET_STATUSES)),
    check(
      "films_pinned",
      sql`${t.status} <> 'completed' or (${t.objectKey} is not null and ${t.etag} is not null and ${t.frames} > 0)`,
    ),
  ],
);

export const jobs = pgTable(
  "jobs",
  {
    id: uuid("id").primaryKey(),
    projectId: projectId(),
    type: text("type", { enum: STAGES }).notNull(),
    status: text("status", { enum: JOB_STATUSES }).notNull(),
    progress: integer("progress").notNull().default(0),
    payload: jsonb("payload").$type<Record<string, unknown>>().notNull(),
    result: jsonb("result").$type<Record<string, unknown>>(),
    error: jsonb("error").$type<Failure>(),
    createdAt: createdAt(),
    startedAt: at("started_at"),
    finishedAt: at("finished_at"),
  },
  (t) => [
    index("jobs_by_project").on(t.projectId, t.id.desc()),
    /** One open run of a stage at a time, whoever plans it. */
    uniqueIndex("jobs_one_open").on(t.projectId, t.type).where(sql`${t.status} in ('pending', 'running')`),
    check("jobs_type", oneOf(t.type, STAGES)),
    check("jobs_status", oneOf(t.status, JOB_STATUSES)),
    check("jobs_progress", sql`${t.progress} between 0 and 100`),
    check("jobs_finished", sql`(${t.finishedAt} is null) = (${t.status} in ('pending', 'running'))`),
  ],
);

export const tasks = pgTable(
  "tasks",
  {
    id: uuid("id").primaryKey(),
    jobId: uuid("job_id")
      .notNull()
      .references(() => jobs.id, { onDelete: "cascade" }),
    projectId: projectId(),
    type: text("type", { enum: STAGES }).notNull(),
    subject: uuid("subject").notNull(),
    /** No foreign key: what was ordered stays known when its picture is gone. */
    imageId: uuid("image_id"),
    terms: text("terms").notNull().default(""),
    status: text("status", { enum: TASK_STATUSES }).notNull(),
    attempt: integer("attempt").notNull().default(1),
    tries: integer("tries").notNull().default(0),
    choice: integer("choice").notNull().default(0),
    claimId: uuid("claim_id"),
    runNumber: integer("run_number").notNull().default(0),
    recalled: boolean("recalled").notNull().default(false),
    trail: jsonb("trail").$type<Attempt[]>().notNull().default([]),
    retriedAt: at("retried_at"),
    runAfter: at("run_after").notNull(),
    dispatchedAt: at("dispatched_at"),
    leaseUntil: at("lease_until"),
    claimedAt: at("claimed_at"),
    provider: text("provider"),
    model: text("model"),
    providerRequestId: text("provider_request_id"),
    inputHash: text("input_hash").notNull(),
    costEstimatedUsd: usd("cost_estimated_usd").notNull().default(0),
    costChargedUsd: usd("cost_charged_usd"),
    charged: text("charged", { enum: CHARGED }).notNull().default("no"),
    error: jsonb("error").$type<Failure>(),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("tasks_once_per_job")
      .on(t.jobId, t.subject, t.inputHash)
      .where(sql`${t.status} <> 'canceled'`),
    index("tasks_by_job").on(t.jobId),
    index("tasks_by_project").on(t.projectId, t.id.desc()),
    index("tasks_by_run").on(t.projectId, t.runNumber),
    check("tasks_type", oneOf(t.type, STAGES)),
    check("tasks_status", oneOf(t.status, TASK_STATUSES)),
    check("tasks_charged", oneOf(t.charged, CHARGED)),
    check("tasks_attempt", sql`${t.attempt} > 0 and ${t.tries} >= 0 and ${t.choice} >= 0`),
    check("tasks_costs", sql`${t.costEstimatedUsd} >= 0 and coalesce(${t.costChargedUsd}, 0) >= 0`),
    check("tasks_lease", sql`(${t.leaseUntil} is null) = (${t.status} <> 'running')`),
  ],
);
