/**
 * Steps to undo, in reverse order. `run` does each step once, also after another one has failed; in the end
 * it throws all failures together.
 */
export function cleanups() {
  const pending: (() => Promise<void>)[] = [];
  return {
    add(undo: () => Promise<void>): void {
      pending.push(undo);
    },
    async run(): Promise<void> {
      const errors: unknown[] = [];
      for (let undo = pending.pop(); undo; undo = pending.pop()) {
        await undo().catch((error: unknown) => errors.push(error));
      }
      if (errors.length > 0) throw new AggregateError(errors, "The local world did not stop cleanly");
    },
  };
}
