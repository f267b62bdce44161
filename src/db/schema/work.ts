/** Jobs and their tasks. */
import { sql } from "drizzle-orm";
import { boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import {
  CHARGED,
  type FailedAttempt,
  type Failure,
  JOB_STATUSES,
  OPEN_JOB_STATUSES,
  OPEN_TASK_STATUSES,
  STAGES,
  TASK_STATUSES,
} from "../../domain/record/record.ts";
import { at, createdAt, oneOf, usd } from "./columns.ts";
import { projectId } from "./projects.ts";

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
    /** One open job of a stage at a time, even where two plans are applied at once. */
    uniqueIndex("jobs_one_open").on(t.projectId, t.type).where(oneOf(t.status, OPEN_JOB_STATUSES)),
    check("jobs_status", oneOf(t.status, JOB_STATUSES)),
    check("jobs_progress", sql`${t.progress} between 0 and 100`),
    check("jobs_finished", sql`(${t.finishedAt} is null) = (${oneOf(t.status, OPEN_JOB_STATUSES)})`),
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
    /** The image that a clip is ordered from. No foreign key: the id stays when the image is deleted. */
    imageId: uuid("image_id"),
    outputForm: text("output_form").notNull().default(""),
    status: text("status", { enum: TASK_STATUSES }).notNull(),
    attempt: integer("attempt").notNull().default(1),
    supplierFailures: integer("supplier_failures").notNull().default(0),
    supplierIndex: integer("supplier_index").notNull().default(0),
    claimId: uuid("claim_id"),
    runNumber: integer("run_number").notNull().default(0),
    cancelRequested: boolean("cancel_requested").notNull().default(false),
    failedAttempts: jsonb("failed_attempts").$type<FailedAttempt[]>().notNull().default([]),
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
    index("tasks_open").on(t.projectId).where(oneOf(t.status, OPEN_TASK_STATUSES)),
    index("tasks_by_run").on(t.projectId, t.runNumber),
    check("tasks_status", oneOf(t.status, TASK_STATUSES)),
    check("tasks_charged", oneOf(t.charged, CHARGED)),
    check("tasks_attempt", sql`${t.attempt} > 0 and ${t.supplierFailures} >= 0 and ${t.supplierIndex} >= 0`),
    check("tasks_costs", sql`${t.costEstimatedUsd} >= 0 and coalesce(${t.costChargedUsd}, 0) >= 0`),
    check("tasks_lease", sql`(${t.leaseUntil} is null) = (${t.status} <> 'running')`),
  ],
);
