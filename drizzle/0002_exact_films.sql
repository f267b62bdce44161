ALTER TABLE "final_videos" ADD COLUMN "sidecars" jsonb;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "hearing" jsonb;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "beat" jsonb;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "pins" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "proposal" jsonb;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "cover" jsonb;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "retiming" jsonb;--> statement-breakpoint
ALTER TABLE "selected_scenes" ADD COLUMN "motif" text;--> statement-breakpoint
ALTER TABLE "selected_scenes" ADD CONSTRAINT "scenes_motif" CHECK ("selected_scenes"."motif" in ('new', 'vary', 'reuse'));--> statement-breakpoint
UPDATE "projects" SET "settings" = '{"embeddedLyrics": false, "motifs": "new", "clipFill": "refuse", "clipAudio": "drop"}'::jsonb || "settings";
