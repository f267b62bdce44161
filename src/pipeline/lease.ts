/** The lease of a claimed task while its step runs: renewed regularly, and checked before each paid call. */

import { LEASE_MS, RENEW_MS } from "../domain/controller/tasks.ts";
import type { Task } from "../domain/record/record.ts";
import { rootCause } from "../errors.ts";
import type { Deps } from "../ports/deps.ts";
import type { Providers } from "../ports/providers.ts";

/** The worker was stopped for longer than its lease: another worker may have claimed the task. */
export class LeaseLost extends Error {
  override name = "LeaseLost";
}

export interface Lease {
  /** The same providers; their paid calls reject with `LeaseLost` once the lease may have expired. */
  guard(providers: Providers): Providers;
  /** Ends the renewal. */
  stop(): void;
}

/** Renews the lease of a task that was just claimed, until stopped. */
export function holdLease(deps: Deps, task: Task): Lease {
  let validUntil = deps.now().getTime() + LEASE_MS;
  const { stop } = deps.every(RENEW_MS, async () => {
    const askedAt = deps.now().getTime();
    try {
      validUntil = (await deps.store.renew(task)) ? askedAt + LEASE_MS : 0;
    } catch (error) {
      deps.log("warn", "lease_not_renewed", { task: task.id, error: rootCause(error) });
    }
  });
  const assertValid = () => {
    if (deps.now().getTime() >= validUntil)
      throw new LeaseLost("The lease ran out before the order was sent");
  };
  const guarded =
    <Input, Answer>(call: (input: Input) => Promise<Answer>) =>
    async (input: Input): Promise<Answer> => {
      assertValid();
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
