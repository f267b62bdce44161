import type { PaidCall } from "../../src/sandbox/chaos/calls.ts";
import type { TaskMove } from "./audit.ts";
import type { Injected } from "./inject.ts";
import { describeDisruption } from "./scenario.ts";

/** All events of a run in order, one a line, with the seconds since it began. */
export function trace(
  began: number,
  {
    moves,
    calls,
    injected,
  }: { moves: readonly TaskMove[]; calls: readonly PaidCall[]; injected: readonly Injected[] },
): string {
  const events = [
    ...moves.map((m) => ({
      at: m.at,
      what: `${m.stage} ${m.task_id.slice(-4)} attempt ${m.attempt} ${m.was} → ${m.status}${m.code ? ` (${m.code}, charged: ${m.charged})` : ""}`,
    })),
    ...calls.map((c) => ({
      at: c.at,
      what: `  ${c.provider} is called${about(c)}: ${c.status ?? "cut off"}`,
    })),
    ...injected.flatMap(({ disruption, from, to }) => [
      { at: from, what: `    ${describeDisruption(disruption)}` },
      { at: to, what: `    ${disruption.kind} is over` },
    ]),
  ];
  return events
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, what }) => `${((at - began) / 1000).toFixed(3).padStart(9)} ${what}`)
    .join("\n");
}

function about({ about }: PaidCall): string {
  const [, task, attempt] = /\/([^/]+)\/(\d+)\?/.exec(about) ?? [];
  return task ? ` for ${task.slice(-4)} attempt ${attempt}` : "";
}
