import type { SQL } from "drizzle-orm";
import { rootCause } from "../db/errors.ts";
import { ownedProject } from "../db/projects.ts";
import type { Deps } from "../deps.ts";
import type { OperationError, Result } from "../domain/record/errors.ts";

/** Who asks. Every statement of an operation is scoped by it. */
export interface Actor {
  ownerId: string;
}

/** The project, if it is this person's. */
export const owned = ({ ownerId }: Actor, projectId: string): SQL | undefined =>
  ownedProject({ ownerId, projectId });

/** One answer for an id that does not exist, is somebody else's, or is no id at all. */
export const NOTHING_HERE: OperationError = {
  code: "not_found",
  detail: "You have no resource with this id.",
};
export const notFound = (): Result<never> => ({ ok: false, error: NOTHING_HERE });

/**
 * Tells the coordinator to look, after the commit. The request has already succeeded:
 * a wake-up that gets lost here is found by the sweep.
 */
export async function wake(deps: Deps, projectId: string): Promise<void> {
  try {
    await deps.coordinator(projectId).wake();
  } catch (error) {
    deps.log("warn", "wake_lost", { project: projectId, error: rootCause(error) });
  }
}
