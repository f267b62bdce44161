import type { PaidCall } from "../../src/sandbox/chaos/calls.ts";
import type { TaskMove } from "./audit.ts";
import type { Dealt } from "./blows.ts";
import { tellBlow } from "./scenario.ts";

/** All that happened in a run, in its order, with seconds since it began. */
export function trace(
  began: number,
  {
    moves,
    calls,
    dealt,
  }: { moves: readonly TaskMove[]; calls: readonly PaidCall[]; dealt: readonly Dealt[] },
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
    ...dealt.flatMap(({ blow, from, to }) => [
      { at: from, what: `    ${tellBlow(blow)}` },
      { at: to, what: `    ${blow.kind} is over` },
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
