import type { State } from "./audit.ts";
import type { Dealt } from "./blows.ts";
import { canPrevent } from "./faults.ts";
import type { Watched } from "./person.ts";

/** A run ends with a film, or with a reason that the providers gave for as long as it went on. */
export function unexcused({ status, reasons }: Watched, dealt: readonly Dealt[], limitMs: number): string[] {
  if (status === "completed") return [];
  if (status === "stuck")
    return [`Stuck: it did not end within ${limitMs / 60_000} minutes after the last blow.`];
  const why = [...reasons].map(([stage, reason]) => `${stage}: ${reason || "no reason"}`);
  const excused = dealt.some(({ blow }) => blow.kind === "fault" && canPrevent(blow.fault));
  const told = reasons.size > 0 && ![...reasons.values()].includes("");
  return excused && told ? [] : [`It failed although nothing kept it from success. ${why.join("; ")}`];
}

/** What must not be where nothing is under way. The owner has this project alone. */
export function unrest(state: State): string[] {
  if (state.open_tasks > 0 || state.open_jobs > 0)
    return [`${state.open_tasks} tasks and ${state.open_jobs} jobs are open after the project rests.`];
  const { spent_usd: spent, reserved_usd: reserved } = state;
  const sound = state.owner_spent_usd === spent && state.owner_reserved_usd === reserved;
  return [
    ...(reserved === 0 ? [] : [`$${reserved} are still reserved with no task open.`]),
    ...(sound
      ? []
      : [`The owner's reservation ($${state.owner_spent_usd} spent) is not the project's ($${spent}).`]),
  ];
}
