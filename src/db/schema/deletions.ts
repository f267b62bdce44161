/** What the sweep deletes from the bucket. */
import { bigint, boolean, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { DELETION_REASONS } from "../../domain/record/limits.ts";
import { at } from "./columns.ts";

/**
 * Objects that nobody needs from `due_at` on, unless their row is removed before. No foreign keys: the rows
 * outlive projects and owners.
 */
export const objectsToDelete = pgTable(
  "objects_to_delete",
  {
    /** A key; with a slash at its end, a prefix. */
    path: text("path").primaryKey(),
    ownerId: text("owner_id").notNull(),
    projectId: uuid("project_id").notNull(),
    /** As announced for an upload; null where it is not known. */
    bytes: bigint("bytes", { mode: "number" }),
    reason: text("reason", { enum: DELETION_REASONS }).notNull(),
    dueAt: at("due_at").notNull(),
    /** A sweep has taken it: the object may be gone already. */
    deleting: boolean("deleting").notNull().default(false),
  },
  (t) => [
    index("objects_to_delete_due").on(t.dueAt),
    index("objects_to_delete_by_owner").on(t.ownerId, t.reason),
  ],
);
