import { MODES, strikes } from "./faults.ts";
import type { Outcome } from "./one.ts";
import { tellBlow } from "./scenario.ts";

const count = (outcomes: readonly Outcome[], kind: "kill" | "restart") =>
  outcomes.flatMap((o) => o.dealt).filter(({ blow }) => blow.kind === kind).length;
const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
const usd = (amount: number) => `$${amount.toFixed(4)}`;
/** Calls for each claim that made one. */
const ratio = (posts: number, posting: number) => (posting === 0 ? 1 : posts / posting).toFixed(3);

export function line(outcome: Outcome): string {
  const { scenario, dealt, purchases: p, status, asked, reasons } = outcome;
  const again = p.again.spoiled + p.again.decided;
  return [
    `seed ${scenario.seed}`,
    `${scenario.song.file}${scenario.byHand ? " by hand" : ""}`,
    dealt
      .toSorted((a, b) => a.from - b.from)
      .map(({ blow }) => tellBlow(blow))
      .join("; ") || "nothing befell it",
    `kills ${count([outcome], "kill")} restarts ${count([outcome], "restart")}`,
    `${outcome.seconds.toFixed(1)} s`,
    `${status}${asked > 0 ? ` (asked again ${asked} times)` : ""}${reasons.size > 0 ? ` because of ${[...reasons.keys()].join(", ")}` : ""}`,
    `scenes ${outcome.scenes} orders ${outcome.orders}`,
    `calls ${p.posts} by ${p.posting} of ${p.claims} claims${again > 0 ? `, ${p.again.spoiled} spoiled and ${p.again.decided} by decision bought again` : ""}`,
    `bill ${usd(p.billUsd)} counted ${usd(p.spentUsd)}${p.unknownUsd > 0 ? ` with ${usd(p.unknownUsd)} of unknown outcome` : ""}`,
    outcome.violations.length === 0 ? "ok" : `${outcome.violations.length} VIOLATIONS`,
  ].join(" | ");
}

export function summary(outcomes: readonly Outcome[]): string {
  const all = outcomes.map((o) => o.purchases);
  const of = (pick: (o: Outcome["purchases"]) => number) => sum(all.map(pick));
  const ended = (status: Outcome["status"]) => outcomes.filter((o) => o.status === status).length;
  const faults = MODES.map((mode) => {
    const struck = outcomes.flatMap(({ dealt, chaos }) =>
      dealt.flatMap(({ blow: b }) =>
        b.kind === "fault" && b.fault.mode === mode ? [strikes(b.fault, chaos)] : [],
      ),
    );
    return `${mode} ${sum(struck)} in ${struck.length} runs`;
  });
  return [
    `${outcomes.length} runs in ${(sum(outcomes.map((o) => o.seconds)) / 60).toFixed(1)} minutes: ${ended("completed")} films, ${ended("failed")} ended with a reason, ${ended("stuck")} stuck`,
    `kills ${count(outcomes, "kill")}, restarts of Postgres ${count(outcomes, "restart")}`,
    `faults: ${faults.join(", ")}`,
    `paid calls ${of((p) => p.posts)} by ${of((p) => p.posting)} claims, of ${of((p) => p.claims)} claims in all`,
    `bought again: ${of((p) => p.again.spoiled)} that came spoiled, ${of((p) => p.again.decided)} by the person's decision`,
    `providers charged ${usd(of((p) => p.billUsd))}; the record counts ${usd(of((p) => p.spentUsd))}, of which ${usd(of((p) => p.unknownUsd))} of unknown outcome`,
    `paid ratio ${ratio(
      of((p) => p.posts),
      of((p) => p.posting),
    )}`,
  ].join("\n");
}
