CREATE TABLE "final_videos" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"task_id" uuid,
	"status" text NOT NULL,
	"object_key" text,
	"etag" text,
	"bytes" double precision,
	"duration_seconds" double precision,
	"frames" integer,
	"width" integer,
	"height" integer,
	"edit_list" jsonb NOT NULL,
	"certificate" jsonb,
	"warnings" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"sidecars" jsonb,
	"input_hash" text NOT NULL,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "films_status" CHECK ("final_videos"."status" in ('pending', 'completed', 'failed')),
	CONSTRAINT "films_pinned" CHECK ("final_videos"."status" <> 'completed' or ("final_videos"."object_key" is not null and "final_videos"."etag" is not null and "final_videos"."frames" > 0))
);
--> statement-breakpoint
CREATE TABLE "generated_images" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"scene_id" uuid NOT NULL,
	"task_id" uuid,
	"status" text NOT NULL,
	"object_key" text,
	"etag" text,
	"bytes" integer,
	"content_type" text,
	"width" integer,
	"height" integer,
	"model" text,
	"input_hash" text NOT NULL,
	"replicate_prediction_id" text,
	"provenance" jsonb,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"prompt_id" uuid,
	"origin" text NOT NULL,
	CONSTRAINT "images_status" CHECK ("generated_images"."status" in ('pending', 'completed', 'failed')),
	CONSTRAINT "images_origin" CHECK ("generated_images"."origin" in ('generated', 'uploaded')),
	CONSTRAINT "images_pinned" CHECK ("generated_images"."status" <> 'completed' or ("generated_images"."object_key" is not null and "generated_images"."etag" is not null and "generated_images"."bytes" > 0))
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"owner_id" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"locked_until" timestamp (3) with time zone NOT NULL,
	"status" integer,
	"headers" jsonb,
	"body" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_owner_id_key_pk" PRIMARY KEY("owner_id","key")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"type" text NOT NULL,
	"status" text NOT NULL,
	"progress" integer DEFAULT 0 NOT NULL,
	"payload" jsonb NOT NULL,
	"result" jsonb,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "jobs_status" CHECK ("jobs"."status" in ('pending', 'running', 'completed', 'failed', 'canceled')),
	CONSTRAINT "jobs_progress" CHECK ("jobs"."progress" between 0 and 100),
	CONSTRAINT "jobs_finished" CHECK (("jobs"."finished_at" is null) = ("jobs"."status" in ('pending', 'running')))
);
--> statement-breakpoint
CREATE TABLE "owners" (
	"id" text PRIMARY KEY NOT NULL,
	"budget_usd" numeric(12, 6),
	"reserved_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"spent_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "owners_money" CHECK ("owners"."reserved_usd" >= 0 and "owners"."spent_usd" >= 0 and coalesce("owners"."budget_usd", 0) >= 0)
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"settings" jsonb NOT NULL,
	"target_stage" text,
	"run_number" integer DEFAULT 0 NOT NULL,
	"run_request" jsonb,
	"model_notices" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"audio" jsonb,
	"lyrics" jsonb,
	"lyrics_hash" text,
	"transcript_text" text,
	"partial_transcription" jsonb,
	"beat" jsonb,
	"pins" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"proposal" jsonb,
	"cover_certificate" jsonb,
	"retiming" jsonb,
	"reserved_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"spent_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "projects_status" CHECK ("projects"."status" in ('draft', 'ready', 'running', 'awaiting_approval', 'completed', 'failed')),
	CONSTRAINT "projects_name" CHECK (length("projects"."name") between 1 and 200),
	CONSTRAINT "projects_version" CHECK ("projects"."version" > 0),
	CONSTRAINT "projects_money" CHECK ("projects"."reserved_usd" >= 0 and "projects"."spent_usd" >= 0)
);
--> statement-breakpoint
CREATE TABLE "scene_prompts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"scene_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"image_prompt" text NOT NULL,
	"motion_prompt" text NOT NULL,
	"negative_prompt" text NOT NULL,
	"style_notes" text NOT NULL,
	"setting" text NOT NULL,
	"shot_type" text NOT NULL,
	"mood" text NOT NULL,
	"palette" jsonb NOT NULL,
	"generated_by_model" text,
	"edited" boolean DEFAULT false NOT NULL,
	"softening_level" text DEFAULT 'literal' NOT NULL,
	"input_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "prompts_version" UNIQUE("scene_id","version"),
	CONSTRAINT "prompts_version_positive" CHECK ("scene_prompts"."version" > 0),
	CONSTRAINT "prompts_softening_level" CHECK ("scene_prompts"."softening_level" in ('literal', 'implied', 'symbolic'))
);
--> statement-breakpoint
CREATE TABLE "selected_scenes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"order_idx" integer NOT NULL,
	"start_frame" integer NOT NULL,
	"end_frame" integer NOT NULL,
	"lyric_excerpt" text NOT NULL,
	"theme" text NOT NULL,
	"ai_reasoning" text NOT NULL,
	"energy" double precision NOT NULL,
	"origin" text NOT NULL,
	"motif" text,
	"input_hash" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "scenes_order" UNIQUE("project_id","order_idx"),
	CONSTRAINT "scenes_span" CHECK ("selected_scenes"."start_frame" >= 0 and "selected_scenes"."end_frame" > "selected_scenes"."start_frame"),
	CONSTRAINT "scenes_energy" CHECK ("selected_scenes"."energy" between 0 and 1),
	CONSTRAINT "scenes_origin" CHECK ("selected_scenes"."origin" in ('planned', 'manual')),
	CONSTRAINT "scenes_motif" CHECK ("selected_scenes"."motif" in ('new', 'vary', 'reuse'))
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"project_id" uuid NOT NULL,
	"type" text NOT NULL,
	"subject" uuid NOT NULL,
	"image_id" uuid,
	"output_form" text DEFAULT '' NOT NULL,
	"status" text NOT NULL,
	"attempt" integer DEFAULT 1 NOT NULL,
	"supplier_failures" integer DEFAULT 0 NOT NULL,
	"supplier_index" integer DEFAULT 0 NOT NULL,
	"claim_id" uuid,
	"run_number" integer DEFAULT 0 NOT NULL,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"failed_attempts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"retried_at" timestamp (3) with time zone,
	"run_after" timestamp (3) with time zone NOT NULL,
	"dispatched_at" timestamp (3) with time zone,
	"lease_until" timestamp (3) with time zone,
	"claimed_at" timestamp (3) with time zone,
	"provider" text,
	"model" text,
	"provider_request_id" text,
	"input_hash" text NOT NULL,
	"cost_estimated_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"cost_charged_usd" numeric(12, 6),
	"charged" text DEFAULT 'no' NOT NULL,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tasks_status" CHECK ("tasks"."status" in ('pending', 'running', 'waiting', 'succeeded', 'failed', 'canceled')),
	CONSTRAINT "tasks_charged" CHECK ("tasks"."charged" in ('no', 'yes', 'unknown')),
	CONSTRAINT "tasks_attempt" CHECK ("tasks"."attempt" > 0 and "tasks"."supplier_failures" >= 0 and "tasks"."supplier_index" >= 0),
	CONSTRAINT "tasks_costs" CHECK ("tasks"."cost_estimated_usd" >= 0 and coalesce("tasks"."cost_charged_usd", 0) >= 0),
	CONSTRAINT "tasks_lease" CHECK (("tasks"."lease_until" is null) = ("tasks"."status" <> 'running'))
);
--> statement-breakpoint
CREATE TABLE "user_approvals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"scene_id" uuid NOT NULL,
	"image_id" uuid,
	"clip_id" uuid,
	"approved" boolean NOT NULL,
	"notes" text,
	"subject_hash" text NOT NULL,
	"voided_at" timestamp (3) with time zone,
	"voided_reason" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "approvals_subject" CHECK (num_nonnulls("user_approvals"."image_id", "user_approvals"."clip_id") = 1)
);
--> statement-breakpoint
CREATE TABLE "video_clips" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"scene_id" uuid NOT NULL,
	"task_id" uuid,
	"status" text NOT NULL,
	"object_key" text,
	"etag" text,
	"bytes" integer,
	"content_type" text,
	"width" integer,
	"height" integer,
	"model" text,
	"input_hash" text NOT NULL,
	"replicate_prediction_id" text,
	"provenance" jsonb,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"image_id" uuid NOT NULL,
	"frames" integer,
	"fps" double precision,
	"codec" text,
	"decoder_config" text,
	CONSTRAINT "clips_status" CHECK ("video_clips"."status" in ('pending', 'completed', 'failed')),
	CONSTRAINT "clips_pinned" CHECK ("video_clips"."status" <> 'completed' or ("video_clips"."object_key" is not null and "video_clips"."etag" is not null and "video_clips"."frames" > 0))
);
--> statement-breakpoint
ALTER TABLE "final_videos" ADD CONSTRAINT "final_videos_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generated_images" ADD CONSTRAINT "generated_images_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generated_images" ADD CONSTRAINT "generated_images_scene_id_selected_scenes_id_fk" FOREIGN KEY ("scene_id") REFERENCES "public"."selected_scenes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generated_images" ADD CONSTRAINT "generated_images_prompt_id_scene_prompts_id_fk" FOREIGN KEY ("prompt_id") REFERENCES "public"."scene_prompts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_owner_id_owners_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."owners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scene_prompts" ADD CONSTRAINT "scene_prompts_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scene_prompts" ADD CONSTRAINT "scene_prompts_scene_id_selected_scenes_id_fk" FOREIGN KEY ("scene_id") REFERENCES "public"."selected_scenes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "selected_scenes" ADD CONSTRAINT "selected_scenes_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_approvals" ADD CONSTRAINT "user_approvals_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_approvals" ADD CONSTRAINT "user_approvals_scene_id_selected_scenes_id_fk" FOREIGN KEY ("scene_id") REFERENCES "public"."selected_scenes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_approvals" ADD CONSTRAINT "user_approvals_image_id_generated_images_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."generated_images"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_approvals" ADD CONSTRAINT "user_approvals_clip_id_video_clips_id_fk" FOREIGN KEY ("clip_id") REFERENCES "public"."video_clips"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "video_clips" ADD CONSTRAINT "video_clips_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "video_clips" ADD CONSTRAINT "video_clips_scene_id_selected_scenes_id_fk" FOREIGN KEY ("scene_id") REFERENCES "public"."selected_scenes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "video_clips" ADD CONSTRAINT "video_clips_image_id_generated_images_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."generated_images"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "films_by_project" ON "final_videos" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "images_by_project" ON "generated_images" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "images_by_scene" ON "generated_images" USING btree ("scene_id");--> statement-breakpoint
CREATE INDEX "images_by_prompt" ON "generated_images" USING btree ("prompt_id");--> statement-breakpoint
CREATE INDEX "idempotency_by_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "jobs_by_project" ON "jobs" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_one_open" ON "jobs" USING btree ("project_id","type") WHERE "jobs"."status" in ('pending', 'running');--> statement-breakpoint
CREATE INDEX "projects_by_owner" ON "projects" USING btree ("owner_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "projects_to_sweep" ON "projects" USING btree ("updated_at") WHERE "projects"."target_stage" is not null;--> statement-breakpoint
CREATE INDEX "prompts_by_project" ON "scene_prompts" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_once_per_job" ON "tasks" USING btree ("job_id","subject","input_hash") WHERE "tasks"."status" <> 'canceled';--> statement-breakpoint
CREATE INDEX "tasks_by_job" ON "tasks" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "tasks_by_project" ON "tasks" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "tasks_by_run" ON "tasks" USING btree ("project_id","run_number");--> statement-breakpoint
CREATE INDEX "approvals_by_project" ON "user_approvals" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "approvals_by_scene" ON "user_approvals" USING btree ("scene_id");--> statement-breakpoint
CREATE INDEX "approvals_by_image" ON "user_approvals" USING btree ("image_id");--> statement-breakpoint
CREATE INDEX "approvals_by_clip" ON "user_approvals" USING btree ("clip_id");--> statement-breakpoint
CREATE INDEX "clips_by_project" ON "video_clips" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "clips_by_scene" ON "video_clips" USING btree ("scene_id");--> statement-breakpoint
CREATE INDEX "clips_by_image" ON "video_clips" USING btree ("image_id");