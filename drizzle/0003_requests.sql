ALTER TABLE "tasks" DROP CONSTRAINT "tasks_once_per_job";--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "request" jsonb;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "model_notices" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "image_id" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "terms" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "images_by_prompt" ON "generated_images" USING btree ("prompt_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_once_per_job" ON "tasks" USING btree ("job_id","subject","input_hash") WHERE "tasks"."status" <> 'canceled';--> statement-breakpoint
CREATE INDEX "tasks_by_job" ON "tasks" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "tasks_by_run" ON "tasks" USING btree ("project_id","run_number");--> statement-breakpoint
UPDATE "projects" SET "request" = jsonb_build_object(
  'at', to_char("updated_at" at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'target', "target_stage",
  'name', "name", 'settings', "settings", 'pins', "pins",
  'beat', case when "beat" ->> 'source' = 'tapped' then "beat" end,
  'audioEtag', "audio" -> 'etag',
  'motifs', coalesce((select jsonb_object_agg(s."id", s."motif") from "selected_scenes" s
    where s."project_id" = "projects"."id" and s."motif" is not null), '{}'::jsonb))
WHERE "target_stage" IS NOT NULL;
