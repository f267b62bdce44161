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
CREATE TABLE "owners" (
	"id" text PRIMARY KEY NOT NULL,
	"budget_usd" numeric(12, 6),
	"reserved_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"spent_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "owners_money" CHECK ("owners"."reserved_usd" >= 0 and "owners"."spent_usd" >= 0 and coalesce("owners"."budget_usd", 0) >= 0)
);
--> statement-breakpoint
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_once_per_job";--> statement-breakpoint
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_attempt";--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "run_number" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "scene_prompts" ADD COLUMN "rung" text DEFAULT 'literal' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "choice" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "claim_id" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "run_number" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "recalled" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "trail" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "retried_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "idempotency_by_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
INSERT INTO "owners" ("id", "reserved_usd", "spent_usd")
	SELECT "owner_id", sum("reserved_usd"), sum("spent_usd") FROM "projects" GROUP BY "owner_id";--> statement-breakpoint
UPDATE "projects" SET "settings" = '{"imageFallbacks": ["black-forest-labs/flux-dev"], "clipFallbacks": ["bytedance/seedance-1-pro-fast", "bytedance/seedance-1-pro"], "softenRefused": true, "repeatUnknownUpToUsd": 0}'::jsonb || "settings";--> statement-breakpoint
ALTER TABLE "projects" DROP COLUMN "run_requested_at";--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_owner_id_owners_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."owners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_once_per_job" UNIQUE("job_id","subject","input_hash");--> statement-breakpoint
ALTER TABLE "scene_prompts" ADD CONSTRAINT "prompts_rung" CHECK ("scene_prompts"."rung" in ('literal', 'implied', 'symbolic'));--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_attempt" CHECK ("tasks"."attempt" > 0 and "tasks"."tries" >= 0 and "tasks"."choice" >= 0);