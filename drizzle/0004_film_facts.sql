ALTER TABLE "final_videos" ADD COLUMN "warnings" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "generated_images" ADD COLUMN "provenance" jsonb;--> statement-breakpoint
ALTER TABLE "video_clips" ADD COLUMN "provenance" jsonb;