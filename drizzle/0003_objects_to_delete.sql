CREATE TABLE "objects_to_delete" (
	"path" text PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"project_id" uuid NOT NULL,
	"bytes" bigint,
	"reason" text NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"deleting" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX "objects_to_delete_due" ON "objects_to_delete" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "objects_to_delete_by_owner" ON "objects_to_delete" USING btree ("owner_id","reason");