/** Versions of a Durable Object's tables. */

/**
 * Runs the steps that this object has not run yet, all or none, and notes how many it has. An object that has run more
 * than there are was written by a later version: its tables are left alone, since steps only add.
 */
export function migrate(storage: DurableObjectStorage, steps: readonly string[]): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec(
      "create table if not exists steps (one integer primary key check (one = 1), run integer not null)",
    );
    sql.exec("insert or ignore into steps values (1, 0)");
    const { run } = sql.exec<{ run: number }>("select run from steps").one();
    if (run >= steps.length) return;
    for (const step of steps.slice(run)) sql.exec(step);
    sql.exec("update steps set run = ?", steps.length);
  });
}
