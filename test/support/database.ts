/** A project of its own for each test that runs in workerd, written straight into the record. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { loadRecord } from "../../src/db/record.ts";
import { projects } from "../../src/db/schema.ts";
import { fromEnv } from "../../src/deps.ts";
import { Settings, type Stage } from "../../src/domain/record.ts";

export async function newProject(values: Partial<typeof projects.$inferInsert> = {}) {
  const deps = fromEnv(env);
  const id = deps.newId();
  const ownerId = `owner-${id}`;
  await deps.db
    .insert(projects)
    .values({ id, ownerId, name: "Night Drive", settings: Settings.parse({}), ...values });
  return {
    id,
    ownerId,
    deps,
    record: async () => {
      const record = await loadRecord(deps.db, id);
      if (!record) throw new Error("The project is gone");
      return record;
    },
    rename: (name: string) => deps.db.update(projects).set({ name }).where(eq(projects.id, id)),
    want: (targetStage: Stage) =>
      deps.db.update(projects).set({ targetStage, runRequestedAt: deps.now() }).where(eq(projects.id, id)),
  };
}
