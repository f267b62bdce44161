/**
 * npm run simulate -- --seeds 100000 [--from 1] [--seed 42]
 * Many seeds on all cores, or one with its history.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { z } from "zod";
import type { Counts } from "./faults.ts";
import { type Outcome, simulate } from "./simulate.ts";

const Range = z.object({ from: z.int(), until: z.int(), step: z.int() });
type Report = Pick<Outcome, "seed" | "violations" | "faults" | "calls" | "events" | "posts">;

async function work({ from, until, step }: z.infer<typeof Range>): Promise<void> {
  for (let seed = from; seed < until; seed += step) {
    const { history: _, ...report } = await simulate({ seed });
    parentPort?.postMessage(report satisfies Report);
  }
}

async function replay(seed: number): Promise<number> {
  const { history, violations } = await simulate({ seed, kept: 1_000_000 });
  console.log(history.join("\n"));
  console.log(
    violations.length > 0 ? `\nSeed ${seed} breaks:\n${violations.join("\n")}` : `\nSeed ${seed} holds.`,
  );
  return violations.length > 0 ? 1 : 0;
}

async function many(from: number, seeds: number): Promise<number> {
  const step = availableParallelism();
  const started = performance.now();
  const faults: Counts = {};
  const sum = { done: 0, broken: 0, calls: 0, events: 0, posts: 0 };
  const perMinute = () => Math.round((60_000 * sum.done) / (performance.now() - started));
  const told = setInterval(
    () => console.error(`${sum.done} of ${seeds} seeds, ${perMinute()} a minute, ${sum.broken} broken`),
    30_000,
  );
  await Promise.all(
    Array.from({ length: step }, (_, i) => {
      const worker = new Worker(import.meta.filename, {
        workerData: { from: from + i, until: from + seeds, step },
      });
      worker.on("message", (report: Report) => {
        sum.done++;
        sum.calls += report.calls;
        sum.events += report.events;
        sum.posts += report.posts;
        for (const [fault, n] of Object.entries(report.faults)) faults[fault] = (faults[fault] ?? 0) + n;
        if (report.violations.length === 0) return;
        sum.broken++;
        console.log(`Seed ${report.seed} breaks: ${report.violations.join("; ")}`);
      });
      return new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    }),
  );
  clearInterval(told);
  const kinds = Object.entries(faults).reduce<Counts>((kinds, [name, n]) => {
    const kind = name.split(" ")[0] ?? name;
    kinds[kind] = (kinds[kind] ?? 0) + n;
    return kinds;
  }, {});
  for (const [kind, n] of Object.entries(kinds).sort(([, a], [, b]) => b - a))
    console.log(`${String(n).padStart(12)}  ${kind}`);
  console.log(
    `${sum.done} seeds, ${sum.broken} broken; ${sum.calls} port calls under fire, ${sum.posts} paid calls, ${sum.events} events; ${perMinute()} seeds a minute`,
  );
  return sum.broken > 0 ? 1 : 0;
}

if (isMainThread) {
  const { values } = parseArgs({
    options: { seeds: { type: "string" }, from: { type: "string" }, seed: { type: "string" } },
  });
  const whole = (text: string | undefined, otherwise: number) =>
    z.coerce
      .number()
      .int()
      .parse(text ?? otherwise);
  process.exitCode =
    values.seed === undefined
      ? await many(whole(values.from, 1), whole(values.seeds, 1_000))
      : await replay(whole(values.seed, 1));
} else await work(Range.parse(workerData));
