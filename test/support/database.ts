/** Creates a new project for a test in workerd, by writing rows into Postgres directly. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { connect } from "../../src/db/client.ts";
import { owners, projects } from "../../src/db/schema.ts";
import { fromEnv } from "../../src/deps.ts";
import { Settings, STAGES, type Stage } from "../../src/domain/record/record.ts";

export async function newProject(values: Partial<typeof projects.$inferInsert> = {}) {
  const deps = fromEnv(env);
  const { url, fetchEndpoint } = deps.config.database;
  const db = connect(url, fetchEndpoint);
  const id = deps.newId();
  const ownerId = `owner-${id}`;
  await db.insert(owners).values({ id: ownerId });
  await db
    .insert(projects)
    .values({ id, ownerId, name: "Night Drive", settings: Settings.parse({}), ...values });
  return {
    id,
    ownerId,
    db,
    deps,
    record: async () => {
      const record = await deps.store.load(id);
      if (!record) throw new Error("The project is gone");
      return record;
    },
    rename: (name: string) => db.update(projects).set({ name }).where(eq(projects.id, id)),
    cancel: () => deps.store.cancel({ ownerId, projectId: id }, STAGES, null),
    want: (targetStage: Stage) => deps.store.requestRun({ ownerId, projectId: id }, targetStage),
  };
}
