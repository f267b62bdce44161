import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  finalVideos,
  generatedImages,
  jobs,
  scenePrompts,
  userApprovals,
  videoClips,
} from "../../../src/db/schema.ts";
import { historiesInRecord, RECORD_BOUNDS } from "../../../src/domain/controller/record-bounds.ts";
import { type Api, openApi, type Person } from "../../support/api.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const TABLES = {
  prompts: scenePrompts,
  images: generatedImages,
  clips: videoClips,
  approvals: userApprovals,
  films: finalVideos,
  jobs,
} as const;

/** All rows of a project's histories. */
async function allRows(projectId: string) {
  const of = <Row>(rows: Promise<Row[]>) => rows;
  const { db } = api;
  return {
    prompts: await of(db.select().from(scenePrompts).where(eq(scenePrompts.projectId, projectId))),
    images: await of(db.select().from(generatedImages).where(eq(generatedImages.projectId, projectId))),
    clips: await of(db.select().from(videoClips).where(eq(videoClips.projectId, projectId))),
    approvals: await of(db.select().from(userApprovals).where(eq(userApprovals.projectId, projectId))),
    films: await of(db.select().from(finalVideos).where(eq(finalVideos.projectId, projectId))),
    jobs: await of(db.select().from(jobs).where(eq(jobs.projectId, projectId))),
  };
}

/** Copies each row of a table of the project so many times, with new ids. */
async function multiply(name: keyof typeof TABLES, projectId: string, times: number) {
  const table = TABLES[name];
  const version = name === "prompts" ? sql`, 'version', row.version + n` : sql``;
  await api.db.execute(sql`
    insert into ${table}
    select (jsonb_populate_record(row, jsonb_build_object('id', gen_random_uuid() ${version}))).*
    from ${table} row, generate_series(1, ${times}) n where row.project_id = ${projectId}`);
}

async function story(): Promise<{ ada: Person; id: string }> {
  const ada = await api.person();
  const { id } = await insertStory(api.db, ada.sub);
  return { ada, id };
}

describe("a record", () => {
  test("holds what counts of each history, whatever else there is", async () => {
    const { id } = await story();
    for (const name of Object.keys(TABLES) as (keyof typeof TABLES)[]) await multiply(name, id, 210);
    const [all, record] = [await allRows(id), await api.deps.store.load(id)];
    if (!record) throw new Error("no record");
    const expected = historiesInRecord(all);
    for (const name of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
      const ids = (rows: readonly { id: string }[]) => rows.map((row) => row.id).sort();
      expect(all[name].length, name).toBeGreaterThan(record[name].length);
      expect(ids(record[name]), name).toEqual(ids(expected[name]));
    }
    expect(record.jobs.length).toBeLessThanOrEqual(RECORD_BOUNDS.jobs + 6);
  });
});

describe("decisions about an image", () => {
  const decide = async (
    person: Person,
    id: string,
    imageId: string,
    notes: string | undefined,
    approved = true,
  ) =>
    person.call("PUT", `/api/projects/${id}/approvals`, {
      approvals: [{ image_id: imageId, approved, ...(notes === undefined ? {} : { notes }) }],
    });
  const rowsOf = (imageId: string) =>
    api.db.select().from(userApprovals).where(eq(userApprovals.imageId, imageId));
  async function decided() {
    const { ada, id } = await story();
    const [image] = await api.db
      .select()
      .from(generatedImages)
      .where(sql`${generatedImages.projectId} = ${id} and ${generatedImages.status} = 'completed'`);
    if (!image) throw new Error("no image");
    await api.db.delete(userApprovals).where(eq(userApprovals.imageId, image.id));
    return { ada, id, imageId: image.id };
  }

  test("that say the same as the newest are not recorded again, and answer with it", async () => {
    const { ada, id, imageId } = await decided();
    const first = await decide(ada, id, imageId, "Lovely");
    const same = await decide(ada, id, imageId, "Lovely");
    expect(same.json).toEqual(first.json);
    await decide(ada, id, imageId, "Lovely", false);
    await decide(ada, id, imageId, "Lovely");
    await decide(ada, id, imageId, undefined);
    expect(await rowsOf(imageId)).toHaveLength(4);
  });

  test("are kept up to a stated number, the newest", async () => {
    const { ada, id, imageId } = await decided();
    const most = RECORD_BOUNDS.decisionsKept;
    for (let n = 0; n < most + 5; n++) await decide(ada, id, imageId, `note ${n}`);
    const notes = (await rowsOf(imageId)).map((row) => row.notes);
    expect(notes).toHaveLength(most);
    expect(notes).toContain(`note ${most + 4}`);
    expect(notes).not.toContain("note 4");
  });
});
