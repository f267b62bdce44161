import type { SQL } from "drizzle-orm";
import { rootCause } from "../db/errors.ts";
import { ownedProject } from "../db/projects.ts";
import type { OperationError, Result } from "../domain/record/errors.ts";
import type { Deps } from "../ports/deps.ts";

/** The person who sends the request. Every statement of an operation is scoped by it. */
export interface Actor {
  ownerId: string;
}

/** The condition that a project has this id and belongs to this person. */
export const owned = ({ ownerId }: Actor, projectId: string): SQL | undefined =>
  ownedProject({ ownerId, projectId });

/** The same answer for an id that does not exist, belongs to another person, or is malformed. */
export const NOT_FOUND: OperationError = {
  code: "not_found",
  detail: "You have no resource with this id.",
};
export const notFound = (): Result<never> => ({ ok: false, error: NOT_FOUND });

/**
 * Wakes the project's controller, after the commit. The request has already succeeded: if the wake-up is lost
 * here, the cron sweep finds the project.
 */
export async function wake(deps: Deps, projectId: string): Promise<void> {
  try {
    await deps.coordinator(projectId).wake();
  } catch (error) {
    deps.log("warn", "wake_lost", { project: projectId, error: rootCause(error) });
  }
}
