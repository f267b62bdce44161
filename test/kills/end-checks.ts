import type { State } from "./audit.ts";
import { canPrevent } from "./faults.ts";
import type { Injected } from "./inject.ts";
import type { Watched } from "./person.ts";

/**
 * A run must end with a film. It may fail, with reasons, only if a fault could prevent the film for the whole
 * run.
 */
export function endViolations(
  { status, reasons }: Watched,
  injected: readonly Injected[],
  limitMs: number,
): string[] {
  if (status === "completed") return [];
  if (status === "stuck")
    return [`Stuck: it did not end within ${limitMs / 60_000} minutes after the last disruption.`];
  const why = [...reasons].map(([stage, reason]) => `${stage}: ${reason || "no reason"}`);
  const excused = injected.some(
    ({ disruption }) => disruption.kind === "fault" && canPrevent(disruption.fault),
  );
  const hasReasons = reasons.size > 0 && ![...reasons.values()].includes("");
  return excused && hasReasons ? [] : [`It failed although no fault prevented the film. ${why.join("; ")}`];
}

/** What is wrong with the record of a project that rests. Its owner must have no other project. */
export function restViolations(state: State): string[] {
  if (state.open_tasks > 0 || state.open_jobs > 0)
    return [`${state.open_tasks} tasks and ${state.open_jobs} jobs are open after the project rests.`];
  const { spent_usd: spent, reserved_usd: reserved } = state;
  const matches = state.owner_spent_usd === spent && state.owner_reserved_usd === reserved;
  return [
    ...(reserved === 0 ? [] : [`$${reserved} are still reserved with no task open.`]),
    ...(matches
      ? []
      : [`The owner's sums ($${state.owner_spent_usd} spent) are not the project's ($${spent}).`]),
  ];
}
