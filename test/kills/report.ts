import { MODES, timesUsed } from "./faults.ts";
import type { Outcome } from "./killed-run.ts";
import { describeDisruption } from "./scenario.ts";

const count = (outcomes: readonly Outcome[], kind: "kill" | "restart") =>
  outcomes.flatMap((o) => o.injected).filter(({ disruption }) => disruption.kind === kind).length;
const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
const usd = (amount: number) => `$${amount.toFixed(4)}`;
/** Calls for each claim that made one. */
const ratio = (calls: number, callingClaims: number) =>
  (callingClaims === 0 ? 1 : calls / callingClaims).toFixed(3);

/** One line for a run. */
export function line(outcome: Outcome): string {
  const { scenario, injected, purchases: p, status, reruns, reasons } = outcome;
  const again = p.again.unusable + p.again.decided;
  return [
    `seed ${scenario.seed}`,
    `${scenario.song.file}${scenario.byHand ? " by hand" : ""}`,
    injected
      .toSorted((a, b) => a.from - b.from)
      .map(({ disruption }) => describeDisruption(disruption))
      .join("; ") || "no disruptions",
    `kills ${count([outcome], "kill")} restarts ${count([outcome], "restart")}`,
    `${outcome.seconds.toFixed(1)} s`,
    `${status}${reruns > 0 ? ` (asked again ${reruns} times)` : ""}${reasons.size > 0 ? ` because of ${[...reasons.keys()].join(", ")}` : ""}`,
    `scenes ${outcome.scenes} orders ${outcome.orders}`,
    `calls ${p.calls} by ${p.callingClaims} of ${p.claims} claims${again > 0 ? `, ${p.again.unusable} unusable and ${p.again.decided} by decision bought again` : ""}`,
    `bill ${usd(p.billUsd)} counted ${usd(p.spentUsd)}${p.unknownUsd > 0 ? ` with ${usd(p.unknownUsd)} of unknown outcome` : ""}`,
    outcome.violations.length === 0 ? "ok" : `${outcome.violations.length} VIOLATIONS`,
  ].join(" | ");
}

/** Sums over all runs. */
export function summary(outcomes: readonly Outcome[]): string {
  const all = outcomes.map((o) => o.purchases);
  const of = (pick: (o: Outcome["purchases"]) => number) => sum(all.map(pick));
  const ended = (status: Outcome["status"]) => outcomes.filter((o) => o.status === status).length;
  const faults = MODES.map((mode) => {
    const counts = outcomes.flatMap(({ injected, chaos }) =>
      injected.flatMap(({ disruption: b }) =>
        b.kind === "fault" && b.fault.mode === mode ? [timesUsed(b.fault, chaos)] : [],
      ),
    );
    return `${mode} ${sum(counts)} in ${counts.length} runs`;
  });
  return [
    `${outcomes.length} runs in ${(sum(outcomes.map((o) => o.seconds)) / 60).toFixed(1)} minutes: ${ended("completed")} films, ${ended("failed")} ended with a reason, ${ended("stuck")} stuck`,
    `kills ${count(outcomes, "kill")}, restarts of Postgres ${count(outcomes, "restart")}`,
    `faults: ${faults.join(", ")}`,
    `paid calls ${of((p) => p.calls)} by ${of((p) => p.callingClaims)} claims, of ${of((p) => p.claims)} claims in all`,
    `bought again: ${of((p) => p.again.unusable)} that came unusable, ${of((p) => p.again.decided)} by the person's decision`,
    `providers charged ${usd(of((p) => p.billUsd))}; the record counts ${usd(of((p) => p.spentUsd))}, of which ${usd(of((p) => p.unknownUsd))} of unknown outcome`,
    `paid ratio ${ratio(
      of((p) => p.calls),
      of((p) => p.callingClaims),
    )}`,
  ].join("\n");
}
