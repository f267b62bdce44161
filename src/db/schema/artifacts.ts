/** Images, clips, their approvals, and films. */
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
  uuid,
} from "drizzle-orm/pg-core";
import {
  ASSET_STATUSES,
  type CoverCertificate,
  type EditListEntry,
  type Failure,
  type ProvenanceMark,
  type Sidecars,
} from "../../domain/record/record.ts";
import { at, createdAt, oneOf } from "./columns.ts";
import { projectId } from "./projects.ts";
import { sceneId, scenePrompts } from "./scenes.ts";

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
    /** Etag and input hash of what the person saw. */
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
    editList: jsonb("edit_list").$type<EditListEntry[]>().notNull(),
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
