import { fail, type OperationError, type Result } from "../domain/record/errors.ts";
import { type LimitReached, OWNER_LIMITS } from "../domain/record/limits.ts";
import { rootCause } from "../errors.ts";
import type { Deps } from "../ports/deps.ts";

/** The person who sends the request. Every statement of an operation is scoped by it. */
export interface Actor {
  ownerId: string;
  /** Of the request, for the log of what follows from it. */
  requestId?: string;
}

/** The same answer for an id that does not exist, belongs to another person, or is malformed. */
export const NOT_FOUND: OperationError = {
  code: "not_found",
  detail: "You have no resource with this id.",
};
export const notFound = (): Result<never> => ({ ok: false, error: NOT_FOUND });

export function limitReached({ limit, most }: LimitReached): Result<never> {
  const { unit, action } = OWNER_LIMITS[limit];
  const number = most.toLocaleString("en-US");
  return fail(
    "limit_reached",
    `This would exceed the limit \`${limit}\`: at most ${number} ${unit}. ${action}`,
  );
}

/**
 * Wakes the project's controller, after the commit. The request has already succeeded: if the wake-up is lost
 * here, the cron sweep finds the project.
 */
export async function wake(deps: Deps, { requestId }: Actor, projectId: string): Promise<void> {
  try {
    await deps.coordinator(projectId).wake(requestId);
  } catch (error) {
    deps.log("warn", "wake_lost", { project: projectId, request: requestId, error: rootCause(error) });
  }
}
