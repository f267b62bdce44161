ALTER TABLE "generated_images" ADD COLUMN "provenance" jsonb;--> statement-breakpoint
ALTER TABLE "video_clips" ADD COLUMN "provenance" jsonb;