/** Draws images and makes clips in child processes, a few at a time, in the order of the requests. */
import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DrawInput } from "./draw.ts";
import type { FilmInput } from "./film.ts";
import type { StudioAnswer, StudioJob } from "./process.ts";

export interface Studio {
  draw(input: DrawInput, signal: AbortSignal): Promise<Uint8Array>;
  film(input: FilmInput, signal: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

type Work = { kind: "draw"; input: DrawInput } | { kind: "film"; input: FilmInput };
interface Order {
  job: Work & { id: number };
  settle(answer: StudioAnswer): void;
}

/** `atOnce` jobs at a time; a child process starts when it is first needed and ends with `close`. */
export function openStudio(atOnce = Math.min(2, availableParallelism())): Studio {
  const waiting: Order[] = [];
  const idle: ChildProcess[] = [];
  const busy = new Map<ChildProcess, Order>();
  let last = 0;
  let closed = false;

  function startChild(): ChildProcess {
    const child = fork(join(import.meta.dirname, "process.ts"), [], {
      serialization: "advanced",
      execArgv: [],
    });
    child.on("message", (answer: StudioAnswer) => {
      const order = busy.get(child);
      if (order?.job.id !== answer.id) return;
      busy.delete(child);
      idle.push(child);
      order.settle(answer);
      next();
    });
    child.on("exit", () => {
      const order = busy.get(child);
      busy.delete(child);
      const at = idle.indexOf(child);
      if (at >= 0) idle.splice(at, 1);
      order?.settle({ id: order.job.id, error: "the drawing process ended" });
      if (!closed) next();
    });
    return child;
  }

  function next(): void {
    while (waiting.length > 0 && (idle.length > 0 || busy.size < atOnce)) {
      const order = waiting.shift();
      if (!order) return;
      const child = idle.pop() ?? startChild();
      busy.set(child, order);
      child.send(order.job);
    }
  }

  function order(work: Work, signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (closed || signal.aborted) return reject(new Error("the work was cancelled"));
      const id = ++last;
      const placed: Order = {
        job: { ...work, id },
        settle(answer) {
          if ("bytes" in answer) resolve(answer.bytes);
          else reject(new Error(answer.error));
        },
      };
      waiting.push(placed);
      signal.addEventListener(
        "abort",
        () => {
          const at = waiting.indexOf(placed);
          if (at >= 0) waiting.splice(at, 1);
          for (const [child, { job }] of busy) {
            if (job.id === id) child.send({ id, kind: "cancel" } satisfies StudioJob);
          }
          reject(new Error("the work was cancelled"));
        },
        { once: true },
      );
      next();
    });
  }

  return {
    draw: (input, signal) => order({ kind: "draw", input }, signal),
    film: (input, signal) => order({ kind: "film", input }, signal),
    close() {
      closed = true;
      for (const placed of waiting.splice(0))
        placed.settle({ id: placed.job.id, error: "the sandbox closed" });
      for (const child of [...idle, ...busy.keys()]) child.kill();
    },
  };
}
