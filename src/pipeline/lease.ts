/** Our hold on a task while a step works on it: renewed, and asked before anything is paid for. */
import { rootCause } from "../db/errors.ts";
import type { Deps } from "../deps.ts";
import { LEASE_MS, RENEW_MS } from "../domain/controller/tasks.ts";
import type { Task } from "../domain/record/record.ts";
import type { Providers } from "../providers/ports.ts";

/** The lease ran out under a worker that was held up: the task may be somebody else's by now. */
export class LeaseLost extends Error {
  override name = "LeaseLost";
}

export interface Lease {
  /** The providers, whose paid calls throw `LeaseLost` once the lease is not sure any more. */
  guard(providers: Providers): Providers;
  stop(): void;
}

/** Renews the lease until stopped, so that only the dead are taken for dead. */
export function holdLease(deps: Deps, task: Task): Lease {
  let sureUntil = deps.now().getTime() + LEASE_MS;
  const { stop } = deps.every(RENEW_MS, async () => {
    const asked = deps.now().getTime();
    try {
      sureUntil = (await deps.store.renew(task)) ? asked + LEASE_MS : 0;
    } catch (error) {
      deps.log("warn", "lease_not_renewed", { task: task.id, error: rootCause(error) });
    }
  });
  const sure = () => {
    if (deps.now().getTime() >= sureUntil) throw new LeaseLost("The lease ran out before the order was sent");
  };
  const guarded =
    <Input, Answer>(call: (input: Input) => Promise<Answer>) =>
    async (input: Input): Promise<Answer> => {
      sure();
      return call(input);
    };
  return {
    stop,
    guard: ({ transcriber, director, predictions }) => ({
      transcriber: { transcribe: guarded(transcriber.transcribe) },
      director: {
        proposeScenes: guarded(director.proposeScenes),
        writePrompt: guarded(director.writePrompt),
        softenPrompt: guarded(director.softenPrompt),
      },
      predictions: { ...predictions, create: guarded(predictions.create) },
    }),
  };
}
