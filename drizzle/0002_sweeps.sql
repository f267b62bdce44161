CREATE TABLE "sweeps" (
	"list" text PRIMARY KEY NOT NULL,
	"updated_at" timestamp (3) with time zone,
	"project_id" uuid
);
--> statement-breakpoint
CREATE INDEX "projects_running" ON "projects" USING btree ("updated_at","id") WHERE "projects"."target_stage" is not null and "projects"."status" = 'running';