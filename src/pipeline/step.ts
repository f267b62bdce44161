import type { BatchItem } from "drizzle-orm/batch";
import type { Deps } from "../deps.ts";
import type { Failure, ProjectRecord, Task } from "../domain/record.ts";

export interface StepContext {
  deps: Deps;
  task: Task;
  record: ProjectRecord;
  /** 0 to 1; shown to whoever watches, never stored. */
  progress: (fraction: number) => void;
}

/** What a step came to; `settle` in consumer.ts writes it, fenced by the attempt. */
export type StepResult =
  /** Made: its rows, and what it cost in US dollars (null where the provider does not say: the estimate). */
  | { kind: "made"; writes: BatchItem<"pg">[]; costUsd: number | null }
  /** The provider works on it; `requestId` null where its answer to the create was lost. */
  | { kind: "waiting"; requestId: string | null; lookAfterMs: number; writes: BatchItem<"pg">[] }
  /** Not bought; worth another attempt after the wait. */
  | {
      kind: "again";
      failure: Failure;
      afterSeconds: number | null;
      throttled: boolean;
      writes: BatchItem<"pg">[];
    }
  /** May have been bought and can't be found out: counts as spent, and is attempted anew. */
  | { kind: "lost"; failure: Failure }
  /** Over; `spent` where the provider charged all the same. */
  | { kind: "failed"; failure: Failure; spent: boolean; writes: BatchItem<"pg">[] };

export const failed = (failure: Failure, writes: BatchItem<"pg">[] = []): StepResult => ({
  kind: "failed",
  failure,
  spent: false,
  writes,
});
