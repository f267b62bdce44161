ALTER TABLE "final_videos" ADD COLUMN "warnings" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "generated_images" ADD COLUMN "provenance" jsonb;--> statement-breakpoint
ALTER TABLE "video_clips" ADD COLUMN "provenance" jsonb;--> statement-breakpoint
-- A film that is there has its song's own sound, and stays what it is.
UPDATE "projects" SET "settings" = jsonb_build_object('filmSound', CASE WHEN EXISTS (
  SELECT 1 FROM "final_videos" WHERE "final_videos"."project_id" = "projects"."id" AND "final_videos"."status" = 'completed'
) THEN 'original' ELSE 'aac' END) || "settings";--> statement-breakpoint
UPDATE "projects" SET "request" = jsonb_set("request", '{settings,filmSound}', "settings"->'filmSound')
WHERE "request" IS NOT NULL;
